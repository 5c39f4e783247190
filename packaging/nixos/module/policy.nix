# The policy: out of `settings` and of what is known of each worker's socket, checked when the system is built.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.services.dockgate;
  inherit (config.virtualisation) docker podman;

  engine =
    if docker.enable then
      "unix:///run/docker.sock"
    else if podman.enable then
      "unix:///run/podman/podman.sock"
    else
      null;

  socketOf =
    worker:
    { inherit (worker.socket) path; }
    // lib.optionalAttrs (worker.user != null) { owner = worker.user; }
    // lib.optionalAttrs (worker.socket.group != null) { inherit (worker.socket) group; };

  # A system for another processor is checked by a gate for this one.
  checker =
    if pkgs.stdenv.buildPlatform.canExecute pkgs.stdenv.hostPlatform then
      cfg.package
    else
      pkgs.buildPackages.callPackage ../package.nix { };
in
{
  # JSON is YAML that every reader takes alike; what writes YAML leaves words bare that YAML 1.2 takes for numbers (1e3).
  config.services.dockgate.policyFile = (pkgs.formats.json { }).generate "dockgate-policy.json" cfg.settings;

  config.services.dockgate.settings = lib.mkIf cfg.enable {
    engine = lib.mkIf (engine != null) (lib.mkDefault engine);
    workers = lib.mapAttrs (_: worker: { socket = socketOf worker; }) cfg.workers;
  };

  config.environment = lib.mkIf cfg.enable {
    # By this path, through its links, the gate sees that there is another one, and loads it: no restart.
    etc."dockgate/policy.yaml".source = cfg.policyFile;
  };

  config.system = lib.mkIf cfg.enable {
    # What it says of folders is about the builder's, where most are missing: these are notes, and fail nothing.
    checks = [
      (pkgs.runCommand "dockgate-policy-check" { } ''
        ${lib.getExe checker} policy check ${cfg.policyFile}
        touch $out
      '')
    ];
  };
}
