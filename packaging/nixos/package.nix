# Dockgate from source, on nixpkgs' Node 24.
#
# Not built where this was written, for want of nixpkgs: the derivation as such. Tried there by hand with npm, from what dependencies.nix
# evaluates to: the archives have the lock's hashes, and npm installs from them, builds, and prunes without a network.
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
      ../../src
      ../../tsconfig.build.json
      ../../tsconfig.json
    ];
  };

  nodejs = nodejs_24;
  npmDeps = callPackage ./dependencies.nix { };
  npmConfigHook = importNpmLock.npmConfigHook;

  # bin/dockgate runs the Node that lies beside it.
  installPhase = ''
    runHook preInstall
    npm prune --omit=dev --offline --ignore-scripts --no-save
    mkdir -p $out/bin $out/lib/dockgate/node_modules/.bin
    cp -r bin dist node_modules package.json LICENSE $out/lib/dockgate
    ln -sf ${lib.getExe nodejs_24} $out/lib/dockgate/node_modules/.bin/node
    ln -s ../lib/dockgate/bin/dockgate $out/bin/dockgate
    runHook postInstall
  '';

  doInstallCheck = true;
  installCheckPhase = ''
    $out/bin/dockgate policy check ${../../policies/ai-worker.yaml}
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
