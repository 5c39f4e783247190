# Rules of sudo, sudo-rs and doas for a worker's account: one that leads to an engine is root, and fails the system's build.
{ config, lib, ... }:
let
  inherit (lib)
    any
    concatMap
    elem
    filter
    isString
    optional
    splitString
    ;
  cfg = config.services.dockgate;
  facts = import ./facts.nix { inherit config lib; };
  inherit (facts) workers groupsOf concerns;

  # Who may run one of these as root is root, whatever stands behind it. sudo itself: NixOS sets no secure_path, so
  # `sudo sudo iptables` runs whatever is called iptables on the caller's own path.
  PROGRAMS = [
    "docker"
    "docker-compose"
    "dockerd"
    "podman"
    "podman-compose"
    "buildah"
    "nerdctl"
    "ctr"
    "containerd"
    "runc"
    "crun"
    "incus"
    "lxc"
    "virsh"
    "sudo"
    "doas"
  ];

  # By any of its words, so that `env docker` is found too; a path counts by its last part.
  isRoot =
    command: command == "ALL" || any (word: elem (baseNameOf word) PROGRAMS) (splitString " " command);

  commandOf = command: if isString command then command else command.command;
  ofSudo =
    user: rules:
    concatMap (rule: map commandOf rule.commands) (
      filter (rule: concerns user rule.users rule.groups) rules
    );
  # Without a command a rule of doas is for all.
  ofDoas =
    user: rules:
    map (rule: if rule.cmd == null then "ALL" else rule.cmd) (
      filter (rule: concerns user rule.users rule.groups) rules
    );

  # Of text as sudo reads it: lines that begin with the account, one of its groups, or everybody.
  words = line: filter (word: isString word && word != "") (builtins.split "[[:space:],:=()]+" line);
  ofText =
    user: text:
    let
      subjects = [
        user
        "ALL"
      ] ++ map (group: "%${group}") (groupsOf user);
      isFor = line: words line != [ ] && elem (lib.head (words line)) subjects;
      # Behind the subject come hosts and accounts, where ALL is usual: what is run is behind the first = and its brackets.
      run =
        line:
        let
          parts = builtins.match "[^=]*=[[:space:]]*([(][^)]*[)])?(.*)" line;
        in
        if parts == null then line else lib.last parts;
      lines = splitString "\n" (builtins.replaceStrings [ "\\\n" ] [ " " ] text);
    in
    map run (filter isFor lines);
  isRootText = run: any (word: word == "ALL" || elem (baseNameOf word) PROGRAMS) (words run);

  inherit (config.security) sudo sudo-rs doas;
  found =
    user:
    optional sudo.enable {
      where = "security.sudo";
      commands = ofSudo user sudo.extraRules;
      lines = ofText user sudo.extraConfig;
    }
    ++ optional sudo-rs.enable {
      where = "security.sudo-rs";
      commands = ofSudo user sudo-rs.extraRules;
      lines = ofText user sudo-rs.extraConfig;
    }
    ++ optional doas.enable {
      where = "security.doas";
      commands = ofDoas user doas.extraRules;
      lines = [ ];
    };

  assertionsOf =
    worker:
    map (
      {
        where,
        commands,
        lines,
      }:
      let
        root = filter isRoot commands ++ filter isRootText lines;
      in
      {
        assertion = root == [ ];
        message = ''
          services.dockgate.workers.${worker.name}: ${where} has rules for ${worker.user} that are root on this host: ${lib.concatStringsSep "; " root}.
          Take them out: docker is given by settings.workers.${worker.name}.docker, diagnostics by settings.workers.${worker.name}.host.
        '';
      }
    ) (found worker.user);

  warningsOf =
    worker:
    concatMap (
      {
        where,
        commands,
        lines,
      }:
      let
        other = filter (command: !isRoot command) commands ++ filter (run: !isRootText run) lines;
      in
      optional (other != [ ])
        "services.dockgate.workers.${worker.name}: ${where} still has rules for ${worker.user}: ${lib.concatStringsSep "; " other}. The gate runs diagnostics without sudo: settings.workers.${worker.name}.host."
    ) (found worker.user);
in
{
  config = lib.mkIf cfg.enable {
    assertions = concatMap assertionsOf workers;
    warnings = concatMap warningsOf workers;
  };
}
