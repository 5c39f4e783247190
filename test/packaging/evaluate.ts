/** Evaluates a NixOS configuration with services.dockgate, by Debian's nix and the stand-ins of packaging/nixos/tests/evaluate. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll } from 'vitest'
import * as z from 'zod'

const project = fileURLToPath(new URL('../../', import.meta.url))
export const packaging = join(project, 'packaging/nixos')

/** Files that an evaluation makes are real ones, in a store of this test's own. */
export const directory = mkdtempSync(join(tmpdir(), 'dockgate-nix-'))
mkdirSync(join(directory, 'home'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const report = z.object({
  standIn: z.string(),
  assertions: z.array(z.string()),
  warnings: z.array(z.string()),
  units: z.record(z.string(), z.string()),
  sshd: z.string(),
  users: z.record(
    z.string(),
    z.looseObject({ group: z.string(), extraGroups: z.array(z.string()), shell: z.string() }),
  ),
  groups: z.array(z.string()),
  etc: z.record(z.string(), z.string()),
  checks: z.array(z.object({ name: z.string(), buildCommand: z.string() })),
  packages: z.array(z.string()),
})
export type Report = z.infer<typeof report>

/** What nix makes of an expression, as JSON; or what it says is wrong. */
export function nix(args: readonly string[]): { readonly value: unknown } | { readonly wrong: string } {
  const words = ['--option', 'build-users-group', '', '--read-write-mode', '--eval', '--strict', '--json']
  const { status, stdout, stderr, error } = spawnSync('/usr/bin/nix-instantiate', [...words, ...args], {
    cwd: packaging,
    encoding: 'utf8',
    env: {
      PATH: '/usr/bin:/bin',
      HOME: join(directory, 'home'),
      NIX_STORE_DIR: join(directory, 'store'),
      NIX_STATE_DIR: join(directory, 'var'),
      NIX_LOG_DIR: join(directory, 'log'),
    },
  })
  if (error !== undefined) throw error
  return status === 0 ? { value: JSON.parse(stdout) } : { wrong: stderr }
}

/** @param configuration a NixOS module; paths in it begin in packaging/nixos @returns the report, or the error */
export function tryConfiguration(configuration: string): Report | string {
  const told = nix(['tests/evaluate/evaluate.nix', '--arg', 'configuration', configuration])
  return 'wrong' in told ? told.wrong : report.parse(told.value)
}

/** @throws {Error} where it is an error to NixOS */
export function evaluate(configuration: string): Report {
  const told = tryConfiguration(configuration)
  if (typeof told === 'string') throw new Error(told)
  return told
}

export const KEY = `ssh-ed25519 ${'A'.repeat(68)} agent`

/** A host with a worker `a` that comes in by SSH, the package of this checkout, and something more. */
export function host(more = '{ }'): string {
  return `{
    imports = [ (${more}) ];
    virtualisation.docker.enable = true;
    services.openssh.enable = true;
    services.dockgate = {
      enable = true;
      package = { type = "derivation"; name = "dockgate"; outPath = "${project.replace(/\/$/, '')}"; meta.mainProgram = "dockgate"; };
      workers.a.openssh.authorizedKeys.keys = [ "${KEY}" ];
      settings.workers.a.docker.allow = [ "ps" "run" ];
    };
  }`
}
