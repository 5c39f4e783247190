# packaging/systemd/dockgate.service, as narrow as the policy lets it be: docs/operate.md says what each line is for.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib)
    any
    attrValues
    hasPrefix
    optional
    optionalAttrs
    optionals
    ;
  cfg = config.services.dockgate;
  inherit (config.virtualisation) docker podman;
  policies = attrValues cfg.settings.workers;

  engineUnits = optional docker.enable "docker.service" ++ optional (podman.enable && !docker.enable) "podman.socket";

  # The program of a diagnostic is the first word of its line.
  diagnostics = lib.concatMap (policy: policy.host.allow or [ ]) policies;
  runs = program: any (line: lib.head (lib.splitString " " line) == program) diagnostics;
  hasIptables = runs "iptables";
  hasSs = runs "ss";
  hasMcp = any (policy: policy ? mcp) policies;
  hasNetwork = hasIptables || hasSs || hasMcp;

  words = lib.concatStringsSep " ";
  capabilities =
    [
      "CAP_CHOWN"
      "CAP_FOWNER"
      "CAP_DAC_OVERRIDE"
    ]
    ++ optional hasIptables "CAP_NET_ADMIN"
    ++ optional hasSs "CAP_SYS_PTRACE"
    ++ optionals hasMcp [
      "CAP_SETUID"
      "CAP_SETGID"
      "CAP_KILL"
    ]
    ++ optional cfg.holdMounts "CAP_SYS_ADMIN";
  families =
    [ "AF_UNIX" ]
    ++ optionals (hasIptables || hasMcp) [
      "AF_INET"
      "AF_INET6"
    ]
    ++ optional (hasIptables || hasSs) "AF_NETLINK";

  # Each of these gives the unit a mount namespace of its own, where the engine would see none of the gate's mounts.
  ownMounts =
    {
      ProtectSystem = "strict";
      PrivateMounts = true;
      PrivateDevices = true;
      ProtectClock = true;
      ProtectHostname = true;
      ProtectKernelModules = true;
    }
    // optionalAttrs (!hasNetwork) {
      PrivateNetwork = true;
      IPAddressDeny = "any";
    }
    # Where parts of /proc are covered, the sandbox of the docker CLI can't mount one of its own.
    // optionalAttrs (!hasMcp) {
      ProtectKernelLogs = true;
      ProtectKernelTunables = true;
      ProtectControlGroups = true;
    }
    // optionalAttrs (!hasMcp && !hasSs) { ProtectProc = "invisible"; }
    // optionalAttrs (elsewhere != [ ]) { ReadWritePaths = elsewhere; };

  elsewhere = lib.unique (
    map dirOf (
      lib.filter (path: !hasPrefix "/run/dockgate/" path) (
        map (worker: worker.socket.path) (attrValues cfg.workers)
      )
    )
  );

  hardening =
    {
      CapabilityBoundingSet = words capabilities;
      NoNewPrivileges = true;
      RestrictAddressFamilies = words families;
      RestrictNamespaces = if hasMcp then "user mnt net pid ipc uts" else true;
      RestrictRealtime = true;
      RestrictSUIDSGID = true;
      LockPersonality = true;
      KeyringMode = "private";
      SystemCallArchitectures = "native";
      SystemCallErrorNumber = "EPERM";
      SystemCallFilter =
        if hasMcp || hasIptables || hasSs || cfg.holdMounts then
          words ([ "@system-service" ] ++ optional (hasMcp || cfg.holdMounts) "@mount")
        else
          [
            "@system-service"
            "~@privileged @resources"
            "@chown"
          ];
      # No MemoryDenyWriteExecute: Node compiles code while it runs, and dies under it. No PrivateTmp and no ProtectHome: the gate must see
      # the same files under the same names as the engine.
    }
    // optionalAttrs (!cfg.holdMounts) ownMounts;

  # systemd-notify speaks for the gate, as a process of its own; with MCP over HTTP one of a worker's is in the unit, which could too.
  watched =
    if hasMcp then
      { Type = "exec"; }
    else
      {
        Type = "notify";
        NotifyAccess = "all";
        WatchdogSec = 60;
      };

  # Of MCP over HTTP, whose docker CLI the gate itself starts.
  cli = optionals hasMcp [
    "--docker"
    (lib.getExe' cfg.docker.package "docker")
    "--docker-config"
    cfg.docker.configDirectory
  ];
in
{
  config = lib.mkIf cfg.enable {
    environment.systemPackages =
      [ cfg.package ]
      # Which the docker CLI of workers is run in; it is looked for in the system's profile.
      ++ optional (hasMcp || any (worker: worker.openssh.enable) (attrValues cfg.workers)) pkgs.bubblewrap;

    systemd.services.dockgate = {
      description = "Dockgate, Docker for AI workers";
      after = engineUnits;
      wants = engineUnits;
      wantedBy = [ "multi-user.target" ];
      # Another policy is loaded as it stands, but for the engine's address, which is read at the start only.
      restartTriggers = [ (builtins.toJSON (cfg.settings.engine or null)) ];
      serviceConfig = {
        ExecStart = lib.escapeShellArgs (
          [
            (lib.getExe cfg.package)
            "serve"
            "--policy"
            "/etc/dockgate/policy.yaml"
            "--state"
            "/var/lib/dockgate"
          ]
          ++ cli
        );
        ExecReload = "${lib.getExe' pkgs.coreutils "kill"} -HUP $MAINPID";
        Restart = "on-failure";
        RestartSec = 2;
        RestartPreventExitStatus = "64 65 66";
        KillMode = "mixed";
        TimeoutStopSec = 20;
        LimitCORE = 0;
        OOMPolicy = "continue";
        StateDirectory = "dockgate";
        StateDirectoryMode = "0700";
        RuntimeDirectory = "dockgate";
        RuntimeDirectoryMode = "0755";
        RuntimeDirectoryPreserve = true;
        UMask = "0022";
      } // hardening // watched;
    };
  };
}
