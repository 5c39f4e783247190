# The names of all options of services.dockgate, for what the documentation says of them.
let
  lib = import ./lib.nix;
  evaluated = lib.evalModules {
    arguments.pkgs = import ./packages.nix { inherit lib; };
    modules = [
      ./nixos.nix
      ../../module.nix
    ];
  };
  isOption = one: (one._type or null) == "option";
  join = at: name: if at == "" then name else "${at}.${name}";

  names =
    at: tree:
    lib.concatLists (
      lib.mapAttrsToList (
        name: one:
        let
          here = join at name;
          inside = one.type.options or null;
          below = if one.type.isNamed or false then "${here}.<name>" else here;
        in
        if !isOption one then
          names here one
        else
          [ here ] ++ lib.optionals (inside != null) (names below inside)
      ) tree
    );
in
names "" evaluated.options.services.dockgate
