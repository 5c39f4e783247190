/** The flake of packaging/nixos, as far as it can be looked at without nixpkgs. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { nix, packaging } from './evaluate.ts'

describe('the flake', () => {
  test('has the package for both processors, the module, and tests for those who have nixpkgs', () => {
    const told = nix([
      '-E',
      `
      let
        lib = import ./tests/evaluate/lib.nix;
        pkgs = import ./tests/evaluate/packages.nix { inherit lib; } // { testers.runNixOSTest = toString; };
        flake = import ./flake.nix;
        outputs = flake.outputs { self = { }; nixpkgs = { inherit lib; legacyPackages = { x86_64-linux = pkgs; aarch64-linux = pkgs; }; }; };
      in {
        inputs = builtins.attrNames flake.inputs;
        packages = lib.mapAttrs (_: builtins.attrNames) outputs.packages;
        module = toString outputs.nixosModules.default;
        checks = outputs.checks.aarch64-linux.vm;
      }`,
    ])
    expect(told).toEqual({
      value: {
        inputs: ['nixpkgs'],
        packages: { 'x86_64-linux': ['default', 'dockgate'], 'aarch64-linux': ['default', 'dockgate'] },
        module: join(packaging, 'module.nix'),
        checks: join(packaging, 'tests/vm.nix'),
      },
    })
  })

  test('has files that nix can read', () => {
    for (const file of [
      'package.nix',
      'dependencies.nix',
      'tests/vm.nix',
      'tests/container.nix',
      'tests/worker.nix',
    ])
      expect(spawnSync('/usr/bin/nix-instantiate', ['--parse', join(packaging, file)]).status).toBe(0)
  })
})

test('docs/nixos.md has every option, and no other', () => {
  const page =
    readFileSync(join(packaging, '../../docs/nixos.md'), 'utf8').split('## Options')[1]?.split('\n## ')[0] ??
    ''
  const told = nix(['tests/evaluate/options.nix'])
  const options = z.object({ value: z.array(z.string()) }).parse(told).value
  expect([...page.matchAll(/^\| `([^`]+)`/gm)].flatMap(([, option = '']) => option).toSorted()).toEqual(
    options.toSorted(),
  )
})
