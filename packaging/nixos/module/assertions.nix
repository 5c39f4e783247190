# What fails the system's build: an account that has more than its worker's policy gives, or two workers that are one.
{
  config,
  lib,
  ...
}:
let
  cfg = config.services.dockgate;
  facts = import ./facts.nix { inherit config lib; };
  inherit (facts) workers accountOf groupsOf;

  # Who is in one of these is root, or soon: by an engine, a hypervisor, raw disks, sudo.
  ROOT_GROUPS = [
    "root"
    "wheel"
    "sudo"
    "docker"
    "podman"
    "libvirtd"
    "incus-admin"
    "lxd"
    "disk"
    "kmem"
    "shadow"
  ];

  listed = lib.concatStringsSep ", ";
  option = worker: "services.dockgate.workers.${worker.name}";

  twice = lib.filter (
    user: lib.count (worker: worker.user == user) workers > 1
  ) (lib.unique (map (worker: worker.user) workers));

  oneAccount = map (user: {
    assertion = false;
    message = ''
      services.dockgate.workers: ${
        listed (map (worker: worker.name) (lib.filter (worker: worker.user == user) workers))
      } have the same account ${user}, so each of them is the others too.
      Give each worker a user of its own.
    '';
  }) twice;

  named = map (name: {
    assertion = cfg.workers ? ${name};
    message = ''
      services.dockgate.settings.workers.${name} is nobody's: there is no services.dockgate.workers.${name}.
      Add it ({ } is enough), or take it out of the settings.
    '';
  }) (lib.attrNames cfg.settings.workers);

  accounts = lib.concatMap (
    worker:
    let
      account = accountOf worker.user;
      rights = lib.intersectLists ROOT_GROUPS (groupsOf worker.user);
      # As Nix writes them.
      trusted = [
        "*"
        worker.user
      ] ++ map (group: "@${group}") (groupsOf worker.user);
    in
    [
      {
        assertion = account != null;
        message = ''
          ${option worker}.user: there is no account ${worker.user}.
          Leave createUser on, or add users.users.${worker.user}.
        '';
      }
      {
        assertion = rights == [ ];
        message = ''
          ${option worker}: the account ${worker.user} is in ${listed rights}, which is root on this host whatever its policy says.
          Take it out of users.users.${worker.user}.extraGroups and of the members of that group.
        '';
      }
      {
        assertion = worker.user != "root" && (account.uid or null) != 0;
        message = ''
          ${option worker}.user: ${worker.user} is root. Give the worker an account of its own.
        '';
      }
      {
        assertion = lib.intersectLists trusted (config.nix.settings.trusted-users or [ ]) == [ ];
        message = ''
          ${option worker}: nix.settings.trusted-users has the account ${worker.user}, and whom Nix trusts is root.
          Take it out there.
        '';
      }
    ]
  ) workers;

  # Whoever is in the group of a socket is its worker.
  groups = lib.concatMap (
    worker:
    let
      inherit (worker.socket) group;
      isOther = other: other.name != worker.name && lib.elem group (groupsOf other.user);
      others = map (other: "${other.user} of worker ${other.name}") (lib.filter isOther workers);
    in
    lib.optional (group != null && others != [ ]) {
      assertion = false;
      message = ''
        ${option worker}.socket.group: ${listed others} is in the group ${group}, and so may open the socket of ${worker.name}.
        Give each worker's socket a group of its own.
      '';
    }
  ) (lib.mapAttrsToList (name: worker: worker // { inherit name; }) cfg.workers);

  KEY = "([^ ].* )?(sk-)?(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp[0-9]+)(@openssh.com)? AAAA[A-Za-z0-9+/=]+( .*)?";

  doors = lib.concatMap (
    worker:
    let
      inherit (worker.openssh.authorizedKeys) keys keyFiles;
      broken = lib.filter (key: builtins.match KEY key == null) keys;
      account = accountOf worker.user;
    in
    lib.optionals worker.openssh.enable [
      {
        assertion = keys != [ ] || keyFiles != [ ];
        message = ''
          ${option worker}.openssh is enabled, and has no keys, so nobody can come in.
          Add openssh.authorizedKeys.keys or keyFiles.
        '';
      }
      {
        assertion = broken == [ ];
        message = ''
          ${option worker}.openssh.authorizedKeys.keys: ${toString (lib.length broken)} of them can't be read as a public key.
          A line of a .pub file belongs there: ssh-ed25519 AAAA… comment.
        '';
      }
      {
        assertion = config.services.openssh.enable;
        message = ''
          ${option worker}.openssh is enabled, and services.openssh is not.
          Set services.openssh.enable, or openssh.enable = false for this worker.
        '';
      }
      {
        assertion = account == null || toString account.shell == "/bin/sh";
        message = ''
          ${option worker}: the shell of ${worker.user} must be "/bin/sh": bash reads the account's ~/.bashrc before the forced command, and nologin refuses that.
          Set users.users.${worker.user}.shell = "/bin/sh".
        '';
      }
    ]
  ) workers;

  withoutAccount = lib.mapAttrsToList (name: worker: {
    assertion = worker.user != null || !worker.openssh.enable;
    message = ''
      services.dockgate.workers.${name} has no user, so nobody can come in by SSH as it.
      Give it a user, or take its keys away.
    '';
  }) cfg.workers;

  # Whoever reaches an address of the engine's has all of it; a socket has an owner and a group.
  open = lib.filter (address: !lib.hasPrefix "/" address) (
    lib.optionals config.virtualisation.docker.enable config.virtualisation.docker.listenOptions
  );

  isIdle =
    policy: policy.docker.allow == [ ] && policy.docker.reach == { } && (policy.host.allow or [ ]) == [ ];
  idle = lib.attrNames (lib.filterAttrs (_: isIdle) cfg.settings.workers);
in
{
  config = lib.mkIf cfg.enable {
    assertions =
      [
        {
          assertion = cfg.workers != { };
          message = ''
            services.dockgate has no workers, and a gate for nobody does not start.
            Add services.dockgate.workers.NAME.
          '';
        }
      ]
      ++ oneAccount
      ++ named
      ++ accounts
      ++ groups
      ++ doors
      ++ withoutAccount;

    warnings =
      map (
        name:
        "services.dockgate.settings.workers.${name} gives nothing: neither docker.allow nor docker.reach nor host.allow has a word."
      ) idle
      ++
        lib.optional (open != [ ])
          "virtualisation.docker.listenOptions: the engine listens on ${listed open}, where every account and container that gets there has all of it, past the gate."
      ++
        lib.optional
          (!config.security.allowUserNamespaces && lib.any (worker: worker.openssh.enable) workers)
          "security.allowUserNamespaces is off, so docker is not run for workers that come in by SSH; diagnostics and DOCKER_HOST=ssh:// go on.";
  };
}
