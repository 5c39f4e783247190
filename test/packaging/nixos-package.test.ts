/** The package of packaging/nixos without nixpkgs: what is fetched for its build, and that the build and its result need no more. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { directory, nix, packaging } from './evaluate.ts'

const project = join(packaging, '../..')
const BUNDLER = ['@oxc-project/types', '@rolldown/pluginutils', 'rolldown']

const names = z.record(z.string(), z.string())
const lockOf = z.looseObject({
  packages: z.record(
    z.string(),
    z.looseObject({
      version: z.string(),
      integrity: z.string().optional(),
      resolved: z.string().optional(),
      devDependencies: names.optional(),
      optionalDependencies: names.optional(),
    }),
  ),
})
type Packages = z.infer<typeof lockOf>['packages']

const lock = lockOf.parse(JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8'))).packages

/** What the build gets of npm's packages, on a machine of either processor. */
function dependencies(isAarch64: boolean): Packages {
  const told = nix([
    '-E',
    `
    let
      lib = import ./tests/evaluate/lib.nix;
      made = import ./dependencies.nix {
        inherit lib;
        stdenv.buildPlatform.isAarch64 = ${isAarch64};
        stdenvNoCC.mkDerivation = one: "/store/" + one.name + " " + one.outputHash + " " + one.buildCommand;
        runCommand = _: attributes: _: attributes;
        nodejs_24 = "node";
        cacert = "cacert";
      };
    in builtins.fromJSON made.packageLock`,
  ])
  return z.object({ value: lockOf }).parse(told).value.packages
}

/** What the built program of this checkout has in it, by the headings of its licences. */
function bundled(): readonly string[] {
  const text = readFileSync(join(project, 'dist/licenses.txt'), 'utf8')
  return [...text.matchAll(/^(\S+)\n(=+)\n\n/gm)]
    .filter(([, name = '', line = '']) => name.length === line.length && name !== 'Dockgate')
    .map(([, name = '']) => name)
}

const nameOf = (path: string): string => path.replace(/^.*node_modules\//, '')

describe('what the build fetches', () => {
  test.each([
    ['x64', false],
    ['arm64', true],
  ] as const)('is on %s the bundler for it and what is bundled, and nothing else', (processor, isAarch64) => {
    const { '': own, ...packages } = dependencies(isAarch64)
    const program = `@rolldown/binding-linux-${processor}-gnu`
    expect(Object.keys(packages).map(nameOf).toSorted()).toEqual(
      [...BUNDLER, program, ...bundled()].toSorted(),
    )
    expect(Object.keys(packages['node_modules/rolldown']?.optionalDependencies ?? {})).toEqual([program])
    for (const [name, archive] of Object.entries(own?.devDependencies ?? {}))
      expect(archive).toBe(packages[`node_modules/${name}`]?.resolved)
  })

  test('is what the lock names, at its version and by its hash', () => {
    const { '': _own, ...packages } = dependencies(false)
    for (const [path, { version, integrity = 'none', resolved = '' }] of Object.entries(packages)) {
      expect({ version, integrity }).toEqual({
        version: lock[path]?.version,
        integrity: lock[path]?.integrity,
      })
      const [, hash, ...command] = resolved.split(/ +/)
      expect(hash).toBe(integrity)
      expect(command.join(' ')).toContain(` ${nameOf(path)}@${version}\n`)
    }
  })

  test('is the version that stands in the folder of the package that needs it, where there are two', () => {
    const types = Object.keys(dependencies(false)).filter((path) => path.endsWith('/@oxc-project/types'))
    const nested = 'node_modules/rolldown/node_modules/@oxc-project/types'
    expect(types).toEqual([nested in lock ? nested : 'node_modules/@oxc-project/types'])
  })
})

describe('the package', () => {
  const told = nix([
    '-E',
    `
    let
      lib = import ./tests/evaluate/lib.nix // { fileset = { toSource = one: one; unions = map toString; }; };
    in import ./package.nix {
      inherit lib;
      buildNpmPackage = { src, installPhase, installCheckPhase, ... }: { inherit installPhase installCheckPhase; files = src.fileset; };
      callPackage = _: _: "dependencies";
      importNpmLock.npmConfigHook = "hook";
      nodejs_24 = { outPath = "${dirname(dirname(process.execPath))}"; meta.mainProgram = "node"; };
    }`,
  ])
  const { files, installPhase, installCheckPhase } = z
    .object({
      value: z.object({
        files: z.array(z.string()),
        installPhase: z.string(),
        installCheckPhase: z.string(),
      }),
    })
    .parse(told).value
  const source = join(directory, 'source')
  const out = join(directory, 'out')

  /** Runs a phase as Nix does. */
  function run(phase: string): { readonly code: number | null; readonly said: string } {
    const { status, stdout, stderr } = spawnSync('bash', ['--norc', '-euo', 'pipefail', '-c', phase], {
      cwd: source,
      encoding: 'utf8',
      env: { PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, out },
    })
    return { code: status, said: stdout + stderr }
  }

  test('is built from the files that it names, and passes its own check', { timeout: 120_000 }, () => {
    mkdirSync(source)
    for (const file of files) cpSync(file, join(source, relative(project, file)), { recursive: true })
    symlinkSync(join(project, 'node_modules'), join(source, 'node_modules'))
    expect(run('node scripts/build.ts')).toEqual({ code: 0, said: '' })
    const hooks = 'runHook() { :; };'
    expect(run(hooks + installPhase)).toEqual({ code: 0, said: '' })
    expect(run(hooks + installCheckPhase)).toMatchObject({
      code: 0,
      said: expect.stringContaining(': ok, 1 worker'),
    })
  })

  test('has no node_modules but the link to Node', () => {
    const installed = join(out, 'lib/dockgate')
    expect(readdirSync(installed).toSorted()).toEqual([
      'LICENSE',
      'bin',
      'dist',
      'node_modules',
      'package.json',
      'schema',
    ])
    expect(readdirSync(join(installed, 'node_modules'))).toEqual(['.bin'])
    expect(readdirSync(join(installed, 'node_modules/.bin'))).toEqual(['node'])
    expect(readlinkSync(join(installed, 'node_modules/.bin/node'))).toBe(process.execPath)
    expect(readFileSync(join(installed, 'package.json'), 'utf8')).toBe(
      readFileSync(join(project, 'package.json'), 'utf8'),
    )
  })
})
