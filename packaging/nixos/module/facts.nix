# What is known of the workers' accounts, for whoever asserts something of them.
{ config, lib }:
let
  cfg = config.services.dockgate;
in
rec {
  # As { name, user, … }: those with an account of this host.
  workers = lib.mapAttrsToList (name: worker: worker // { inherit name; }) (
    lib.filterAttrs (_: worker: worker.user != null) cfg.workers
  );

  accountOf = user: config.users.users.${user} or null;

  # However it is in a group: its own, its further ones, or as a member that the group names.
  groupsOf =
    user:
    let
      account = accountOf user;
      own = if account == null then [ ] else [ account.group ] ++ account.extraGroups;
      named = lib.filterAttrs (_: group: lib.elem user group.members) config.users.groups;
    in
    lib.unique (lib.filter (group: group != "") own ++ lib.attrNames named);

  # Whether rules for these users and groups are for that account too. Both may be names or numbers.
  concerns =
    user: users: groups:
    let
      account = accountOf user;
      numberOf = one: if one == null then null else one.uid or null;
      gids = map (group: config.users.groups.${group}.gid or null) (groupsOf user);
      isUser = one: one == user || one == "ALL" || (one != null && one == numberOf account);
      isGroup = one: lib.elem one (groupsOf user) || (one != null && lib.elem one gids);
    in
    lib.any isUser users || lib.any isGroup groups;
}
