# npm's packages for the build, without a hash to keep by hand: package-lock.json has each one's, and npm fetches what it names. Of what
# development needs there is the compiler alone; Node is nixpkgs'.
{
  lib,
  stdenv,
  stdenvNoCC,
  runCommand,
  nodejs_24,
  cacert,
}:
let
  lock = lib.importJSON ../../package-lock.json;
  package = lib.importJSON ../../package.json;

  # The compiler is a program of the machine that builds; this one is linked statically, so it runs in the sandbox of a build too.
  compiler = "@typescript/typescript-linux-${if stdenv.buildPlatform.isAarch64 then "arm64" else "x64"}";
  forBuild = [
    "typescript"
    compiler
    "@types/node"
    "undici-types"
  ];

  isKept =
    path: entry:
    let
      isOwn = path == "";
      isAtRunTime = !(entry.dev or false) && !(entry.optional or false);
    in
    !isOwn && (isAtRunTime || lib.elem (nameOf path) forBuild);
  nameOf = lib.removePrefix "node_modules/";
  kept = lib.filterAttrs isKept lock.packages;

  # The archive as the registry has it, byte for byte: so it has the hash that the lock says.
  fetch =
    path: entry:
    stdenvNoCC.mkDerivation {
      name = "${lib.replaceStrings [ "@" "/" ] [ "" "-" ] (nameOf path)}-${entry.version}.tgz";
      nativeBuildInputs = [
        nodejs_24
        cacert
      ];
      outputHashMode = "flat";
      outputHashAlgo = null;
      outputHash = entry.integrity;
      impureEnvVars = lib.fetchers.proxyImpureEnvVars;
      buildCommand = ''
        export HOME=$PWD NODE_EXTRA_CA_CERTS=${cacert}/etc/ssl/certs/ca-bundle.crt
        npm pack --ignore-scripts --silent ${nameOf path}@${entry.version}
        mv ./*.tgz $out
      '';
    };

  local = lib.mapAttrs (
    path: entry:
    entry
    // { resolved = "file:${fetch path entry}"; }
    // lib.optionalAttrs (path == "node_modules/typescript") {
      optionalDependencies.${compiler} = entry.version;
    }
  ) kept;

  archives = lib.mapAttrs (name: _: local."node_modules/${name}".resolved);
  devDependencies = {
    inherit (package.devDependencies) typescript "@types/node";
  };
  own = {
    inherit (package)
      name
      version
      type
      bin
      ;
    dependencies = archives package.dependencies;
    devDependencies = archives devDependencies;
  };
in
# What nixpkgs' hook for such locks reads: a package.json and its lock, whose packages are files.
runCommand "dockgate-npm-dependencies"
  {
    package = builtins.toJSON (own // { scripts = { inherit (package.scripts) build; }; });
    packageLock = builtins.toJSON {
      inherit (lock) name version lockfileVersion;
      requires = true;
      packages = local // { "" = own; };
    };
    passAsFile = [
      "package"
      "packageLock"
    ];
  }
  ''
    mkdir $out
    cp "$packagePath" $out/package.json
    cp "$packageLockPath" $out/package-lock.json
  ''
