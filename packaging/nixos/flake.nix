{
  description = "Dockgate, Docker for AI workers: the package and services.dockgate";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      systems = [
        "x86_64-linux"
        "aarch64-linux"
      ];
      forEach = make: nixpkgs.lib.genAttrs systems (system: make nixpkgs.legacyPackages.${system});
    in
    {
      packages = forEach (pkgs: rec {
        dockgate = pkgs.callPackage ./package.nix { };
        default = dockgate;
      });

      nixosModules = rec {
        dockgate = ./module.nix;
        default = dockgate;
      };

      checks = forEach (pkgs: {
        package = pkgs.callPackage ./package.nix { };
        vm = pkgs.testers.runNixOSTest ./tests/vm.nix;
        container = pkgs.testers.runNixOSTest ./tests/container.nix;
      });
    };
}
