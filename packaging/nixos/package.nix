# Dockgate from source, on nixpkgs' Node 24.
#
# Not built where this was written, for want of nixpkgs: the derivation as such. docs/nixos.md says what was tried there by hand.
{
  lib,
  buildNpmPackage,
  callPackage,
  importNpmLock,
  nodejs_24,
}:
buildNpmPackage {
  pname = "dockgate";
  inherit (lib.importJSON ../../package.json) version;

  src = lib.fileset.toSource {
    root = ../..;
    fileset = lib.fileset.unions [
      ../../LICENSE
      ../../bin
      ../../package-lock.json
      ../../package.json
      ../../schema
      ../../scripts/build.ts
      ../../scripts/bundle.ts
      ../../scripts/licenses.ts
      ../../src
      ../../tsconfig.json
    ];
  };

  nodejs = nodejs_24;
  npmDeps = callPackage ./dependencies.nix { };
  npmConfigHook = importNpmLock.npmConfigHook;

  # bin/dockgate runs the Node that lies beside it; the packages of npm are in dist/. The package.json is the source's: nixpkgs' hook has
  # put that of dependencies.nix in its place, whose archives the result would keep.
  installPhase = ''
    runHook preInstall
    mkdir -p $out/bin $out/lib/dockgate/node_modules/.bin
    cp -r bin dist schema LICENSE $out/lib/dockgate
    cp ${../../package.json} $out/lib/dockgate/package.json
    ln -s ${lib.getExe nodejs_24} $out/lib/dockgate/node_modules/.bin/node
    ln -s ../lib/dockgate/bin/dockgate $out/bin/dockgate
    runHook postInstall
  '';

  doInstallCheck = true;
  installCheckPhase = ''
    runHook preInstallCheck
    $out/bin/dockgate policy check ${../../policies/ai-worker.yaml}
    $out/bin/dockgate licenses | grep -x zod
    runHook postInstallCheck
  '';

  meta = {
    description = "Docker for AI workers: what the operator wrote in Docker's own words, and no more";
    license = lib.licenses.asl20;
    mainProgram = "dockgate";
    platforms = [
      "x86_64-linux"
      "aarch64-linux"
    ];
  };
}
