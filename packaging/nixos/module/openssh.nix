# The SSH door: a block of sshd's for each worker that comes in so. Its lines are those of docs/ssh.md.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.services.dockgate;
  comesIn = lib.filterAttrs (_: worker: worker.openssh.enable && worker.user != null) cfg.workers;

  command =
    name: worker:
    lib.escapeShellArgs [
      (lib.getExe cfg.package)
      "ssh"
      "--worker"
      name
      "--socket"
      worker.socket.path
      "--docker"
      (lib.getExe' cfg.docker.package "docker")
      "--docker-config"
      cfg.docker.configDirectory
    ];

  block = name: worker: ''
    Match User ${worker.user}
      AuthorizedKeysFile /etc/ssh/authorized_keys.d/%u
      AuthorizedKeysCommand none
      AuthenticationMethods publickey
      ForceCommand ${command name worker}
      DisableForwarding yes
      PermitUserRC no
      PermitTTY no
      ExposeAuthInfo yes
  '';
in
{
  options.services.dockgate.docker.configDirectory = lib.mkOption {
    type = lib.types.path;
    default = pkgs.writeTextDir "config.json" (
      builtins.toJSON {
        cliPluginsExtraDirs = map (plugin: "${plugin}/libexec/docker/cli-plugins") cfg.docker.plugins;
      }
    );
    defaultText = lib.literalExpression "a config.json that names the plugins";
    description = "The docker CLI's configuration for workers: a directory that they can't write.";
  };

  # Last, since all that follows a Match line belongs to it, and then back to everybody.
  config = lib.mkIf (cfg.enable && comesIn != { }) {
    services.openssh.extraConfig = lib.mkAfter (
      lib.concatStrings (lib.mapAttrsToList block comesIn) + "Match all\n"
    );
  };
}
