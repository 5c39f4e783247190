# After: the same agent with the same key, by services.dockgate. It goes on typing `sudo docker …` and `sudo iptables -S`; what its policy does not
# give is refused with the reason, and recorded. Import module.nix beside it, or the flake's nixosModules.default.
{
  virtualisation.docker.enable = true;
  services.openssh.enable = true;

  services.dockgate = {
    enable = true;

    workers.ai-worker.openssh.authorizedKeys.keys = [
      "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA agent"
    ];

    settings.workers.ai-worker = {
      docker = {
        allow = [
          "ps"
          "inspect"
          "logs"
          "images"
          "info"
          "version"
          "stats"
          "start"
          "stop"
          "restart"
          "rm"
          "rmi"
          "wait"
          "pull"
          "build"
          "run"
          "compose"
          "system df"
          "system prune"
          "network ls"
          "volume ls"
        ];
        reach.ollama = [
          "logs"
          "stats"
          "restart"
        ];
        run = {
          images = [ "docker.io/library/*" ];
          binds = [
            {
              path = "/srv/ai-worker";
              mode = "rw";
            }
          ];
          ports.range = "20000-20999";
          limits = {
            memory = "1g";
            containers = 8;
            total.memory = "8g";
          };
        };
        # What exec was used for goes over the service's own interface.
        hints.exec = "curl http://ollama:11434/api/tags";
      };
      host = {
        allow = [
          "fail2ban-client status"
          "fail2ban-client status <jail>"
          "fail2ban-client get <jail> banned"
          "sshd -T"
          "ss -tlnp"
          "journalctl -t kernel -n <lines>"
          "journalctl -u <unit> -n <lines>"
          "iptables -L -n -v"
          "iptables -S"
        ];
        parameters = {
          jail = "[a-z0-9-]+";
          unit = [
            "firewall"
            "sshd"
          ];
          lines = "1..1000";
        };
      };
    };
  };

  # Folders that containers write in: root's, on a file system that is mounted nosuid and nodev if that can be had.
  systemd.tmpfiles.rules = [ "d /srv/ai-worker 0755 root root -" ];
}
