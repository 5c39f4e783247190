# An account for each worker: no password, no group but its own, a home that nobody writes.
{ config, lib, ... }:
let
  cfg = config.services.dockgate;
  workers = lib.filter (worker: worker.user != null) (lib.attrValues cfg.workers);
  made = lib.filter (worker: worker.createUser) workers;
  inGroups = lib.filter (worker: worker.socket.group != null) (lib.attrValues cfg.workers);

  account = worker: {
    ${worker.user} = {
      isSystemUser = true;
      group = worker.user;
      description = "A worker of Dockgate's";
      home = "/var/empty";
      # bash as itself would read the account's files before the forced command; nologin would refuse that.
      shell = "/bin/sh";
      # No password, and not locked: sshd lets no locked account in by a key where UsePAM is off.
      hashedPassword = "*";
    };
  };

  keys = worker: {
    ${worker.user}.openssh.authorizedKeys = { inherit (worker.openssh.authorizedKeys) keys keyFiles; };
  };
in
{
  config = lib.mkIf cfg.enable {
    users.users = lib.mkMerge (
      map account made ++ map keys (lib.filter (worker: worker.openssh.enable) workers)
    );
    users.groups = lib.mkMerge (
      map (worker: { ${worker.user} = { }; }) made
      ++ map (worker: { ${worker.socket.group} = { }; }) inGroups
    );
  };
}
