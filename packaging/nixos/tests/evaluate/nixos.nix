# A stand-in for NixOS: the options that the module and the examples set or read, with the types that they have there. What NixOS makes of
# them is not here, but for the parts of a unit's text in units.nix.
{ lib, ... }:
let
  inherit (lib) mkOption types;
  option = type: default: mkOption { inherit type default; };
  flag = option types.bool;
  texts = option (types.listOf types.str) [ ];
  perName = options: option (types.attrsOf (types.submodule { inherit options; })) { };

  sudoRule = types.submodule {
    options = {
      users = option (types.listOf (types.either types.str types.int)) [ ];
      groups = option (types.listOf (types.either types.str types.int)) [ ];
      host = option types.str "ALL";
      runAs = option types.str "ALL:ALL";
      commands = option (types.listOf (
        types.either types.str (types.submodule {
          options = {
            command = mkOption { type = types.str; };
            options = texts;
          };
        })
      )) [ ];
    };
  };
  sudo = enable: {
    enable = flag enable;
    extraRules = option (types.listOf sudoRule) [ ];
    extraConfig = option types.lines "";
  };
  doasRule = types.submodule {
    options = {
      users = option (types.listOf (types.either types.str types.int)) [ ];
      groups = option (types.listOf (types.either types.str types.int)) [ ];
      cmd = option (types.nullOr types.str) null;
      noPass = flag false;
    };
  };

  unitValue = types.oneOf [
    types.bool
    types.int
    types.str
    types.path
    types.package
    (types.listOf (types.oneOf [
      types.str
      types.path
    ]))
  ];
in
{
  options = {
    assertions = option (types.listOf types.raw) [ ];
    warnings = texts;
    environment.systemPackages = option (types.listOf types.package) [ ];
    environment.etc = perName {
      source = mkOption { type = types.path; };
      mode = option types.str "symlink";
    };
    networking.firewall.enable = flag true;
    nix.settings = option (types.submodule {
      freeformType = types.attrsOf types.raw;
      options.trusted-users = option (types.listOf types.str) [ "root" ];
    }) { };
    security = {
      allowUserNamespaces = flag true;
      sudo = sudo true;
      sudo-rs = sudo false;
      doas = {
        enable = flag false;
        extraRules = option (types.listOf doasRule) [ ];
      };
    };
    services = {
      fail2ban.enable = flag false;
      openssh = {
        enable = flag false;
        extraConfig = option types.lines "";
        settings = option (types.attrsOf types.raw) { };
      };
    };
    system.checks = option (types.listOf types.package) [ ];
    systemd.services = perName {
      description = option types.str "";
      after = texts;
      wants = texts;
      requires = texts;
      wantedBy = texts;
      restartTriggers = option (types.listOf types.raw) [ ];
      serviceConfig = option (types.attrsOf unitValue) { };
    };
    systemd.tmpfiles.rules = texts;
    users.users = perName {
      isNormalUser = flag false;
      isSystemUser = flag false;
      uid = option (types.nullOr types.int) null;
      group = option types.str "";
      extraGroups = texts;
      description = option types.str "";
      home = option types.path "/var/empty";
      createHome = flag false;
      hashedPassword = option (types.nullOr types.str) null;
      shell = option (types.nullOr (types.either types.path types.package)) "/run/current-system/sw/bin/nologin";
      openssh.authorizedKeys.keys = option (types.listOf types.singleLineStr) [ ];
      openssh.authorizedKeys.keyFiles = option (types.listOf types.path) [ ];
    };
    users.groups = perName {
      gid = option (types.nullOr types.int) null;
      members = texts;
    };
    virtualisation.docker.enable = flag false;
    virtualisation.docker.listenOptions = option (types.listOf types.str) [ "/run/docker.sock" ];
    virtualisation.podman.enable = flag false;
  };
}
