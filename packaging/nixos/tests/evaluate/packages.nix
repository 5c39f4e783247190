# A stand-in for nixpkgs' packages: nothing is built. A package is a name in a store that isn't there; a text is a real file.
{ lib }:
let
  package = name: {
    type = "derivation";
    inherit name;
    pname = name;
    outPath = "/nix/store/00000000000000000000000000000000-${name}";
    meta.mainProgram = name;
  };
  textFile = name: text: package name // { outPath = builtins.toFile name text; inherit text; };
  packages = lib.genAttrs [
    "bubblewrap"
    "busybox"
    "cacert"
    "coreutils"
    "curl"
    "docker"
    "docker-client"
    "docker-compose"
    "nodejs_24"
    "openssh"
  ] package;
in
packages
// rec {
  coreutils = packages.coreutils // { meta.mainProgram = "coreutils"; };
  stdenv = {
    buildPlatform = platform // { canExecute = _: true; };
    hostPlatform = platform;
  };
  platform = {
    isx86_64 = true;
    isAarch64 = false;
    system = "x86_64-linux";
  };
  buildPackages = { inherit callPackage; };
  writeText = textFile;
  # Under its own name, so that nothing asks for the directory's content here.
  writeTextDir = file: text: package "directory-of-${file}" // { files.${file} = text; };
  runCommand = name: attributes: buildCommand: package name // { inherit attributes buildCommand; };
  runtimeShell = "/bin/sh";
  formats.json = _: {
    type = lib.types.json;
    generate = name: value: textFile name (builtins.toJSON value);
  };
  # Of the package alone that stands beside the module; its own build is looked at in package.nix.
  callPackage = _: _: package "dockgate";
}
