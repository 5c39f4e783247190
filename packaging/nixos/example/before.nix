# Before: a hand-made setup, as many hosts have it. An account for an agent that comes in by SSH, and a list of what it may run by sudo.
# It is as good as root: docs/guides/coming-from-a-sudo-whitelist.md says why, rule by rule. after.nix does what was meant.
{ config, lib, ... }:
let
  cfg = config.aiWorker;
  bin = "/run/current-system/sw/bin";
  may = command: {
    inherit command;
    options = [ "NOPASSWD" ];
  };
in
{
  options.aiWorker = {
    enable = lib.mkEnableOption "an account for an AI agent";
    publicKey = lib.mkOption {
      type = lib.types.singleLineStr;
      description = "The key that the agent comes in with.";
    };
  };

  config = lib.mkIf cfg.enable {
    virtualisation.docker.enable = true;
    services.openssh.enable = true;

    users.users.ai-worker = {
      isNormalUser = true;
      group = "ai-worker";
      home = "/home/ai-worker";
      createHome = true;
      shell = "${bin}/bash";
      openssh.authorizedKeys.keys = [ cfg.publicKey ];
    };
    users.groups.ai-worker = { };

    security.sudo.extraRules = [
      {
        users = [ "ai-worker" ];
        commands = map may [
          "${bin}/docker ps"
          "${bin}/docker inspect *"
          "${bin}/docker logs *"
          "${bin}/docker images"
          "${bin}/docker start *"
          "${bin}/docker stop *"
          "${bin}/docker restart *"
          "${bin}/docker rm *"
          "${bin}/docker pull *"
          "${bin}/docker build *"
          "${bin}/docker run *"
          "${bin}/docker compose *"
          "${bin}/docker system *"
          "${bin}/fail2ban-client status"
          "${bin}/fail2ban-client status *"
          "${bin}/sshd -T"
          "${bin}/ss -tlnp"
          "${bin}/journalctl -u firewall -n 50"
          "/run/wrappers/bin/sudo iptables -S"
        ];
      }
    ];
  };
}
