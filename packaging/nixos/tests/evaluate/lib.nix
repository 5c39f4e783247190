# The stand-in for nixpkgs' library: own text, no part of nixpkgs, and no more than the module and its cases use.
let
  functions = import ./functions.nix;
  modules = import ./modules.nix { inherit functions lib; };
  types = import ./types.nix { inherit functions modules; };
  lib = functions // modules.properties // {
    inherit types;
    inherit (modules) evalModules;
  };
in
lib
