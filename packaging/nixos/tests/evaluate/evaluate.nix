# Evaluates a configuration with services.dockgate, without nixpkgs, and reports what came of it. By hand:
#
#   nix-instantiate --eval --strict --json --read-write-mode evaluate.nix --arg configuration ../../example/after.nix
#
# The library, the packages and NixOS's options are stand-ins (lib.nix, packages.nix, nixos.nix): what they don't know is an error, what NixOS
# makes of the values is not seen here, and nothing is built. tests/vm.nix is for those who have nixpkgs.
{
  configuration,
  lib ? import ./lib.nix,
  module ? ../../module.nix,
}:
let
  pkgs = import ./packages.nix { inherit lib; };
  evaluated = lib.evalModules {
    arguments = { inherit pkgs; };
    modules = [
      ./nixos.nix
      module
      configuration
    ];
  };
  inherit (evaluated) config;
  fired = lib.filter (one: !one.assertion) config.assertions;
in
assert evaluated.checked;
{
  standIn = "evaluated by Dockgate's own stand-ins for nixpkgs and NixOS: options, assertions and texts as they are here; nothing was built";
  assertions = map (one: one.message) fired;
  inherit (config) warnings;
  units = lib.mapAttrs (import ./units.nix { inherit lib; }) config.systemd.services;
  sshd = config.services.openssh.extraConfig;
  users = config.users.users;
  groups = lib.attrNames config.users.groups;
  etc = lib.mapAttrs (_: one: one.source) config.environment.etc;
  checks = map (one: { inherit (one) name buildCommand; }) config.system.checks;
  packages = map (one: one.name) config.environment.systemPackages;
}
