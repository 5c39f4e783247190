# npm's packages for the build, without a hash to keep by hand: package-lock.json has each one's, and npm fetches what it names. Of what
# development needs there is the bundler alone, with its program for the machine that builds; Node is nixpkgs'.
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

  # What scripts/build.ts runs, and what src/ imports, which it puts into dist/. Where one is missing, the build fails and says which.
  forBuild = [
    "rolldown"
    "@modelcontextprotocol/server"
    "commander"
    "re2js"
    "yaml"
    "zod"
  ];

  # A library that Node loads, with no search path of its own. What it needs, by readelf, a build's sandbox has: libraries of glibc (2.17 is
  # enough), where nixpkgs' loader looks by itself, and libgcc_s.so.1, which Node has loaded by then. Tried in a root whose /lib had
  # glibc alone, with libgcc_s.so.1 where only Node was told to look (docs/nixos.md); not tried with nixpkgs' own.
  binding = "@rolldown/binding-linux-${
    if stdenv.buildPlatform.isAarch64 then "arm64" else "x64"
  }-gnu";

  nameOf = path: lib.last (lib.splitString "node_modules/" path);

  # Where Node finds a package for another: in that one's own folder, or in the next one up that has it.
  placeOf =
    from: name:
    let
      here = "${lib.optionalString (from != "") "${from}/"}node_modules/${name}";
      outer = builtins.match "(.*)/node_modules/.*" from;
    in
    if lock.packages ? ${here} then
      here
    else if from == "" then
      throw "package-lock.json has no ${name}"
    else
      placeOf (if outer == null then "" else lib.head outer) name;

  optionalOf = lib.filterAttrs (name: _: name == binding);
  neededBy =
    path:
    let
      entry = lock.packages.${path};
    in
    lib.attrNames ((entry.dependencies or { }) // optionalOf (entry.optionalDependencies or { }));
  at = from: map (name: { key = placeOf from name; });
  kept = builtins.genericClosure {
    startSet = at "" forBuild;
    operator = { key }: at key (neededBy key);
  };

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

  localOf =
    path:
    let
      entry = lock.packages.${path};
    in
    entry
    // {
      resolved = "file:${fetch path entry}";
    }
    // lib.optionalAttrs (entry ? optionalDependencies) {
      optionalDependencies = optionalOf entry.optionalDependencies;
    };
  local = lib.genAttrs (map (one: one.key) kept) localOf;

  own = {
    inherit (package)
      name
      version
      type
      bin
      ;
    devDependencies = lib.genAttrs forBuild (name: local."node_modules/${name}".resolved);
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
