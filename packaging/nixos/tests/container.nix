# The same without a virtual machine: NixOS in a container of systemd-nspawn, which the test driver of nixpkgs has since 26.05. It needs no KVM,
# but a Nix with auto-allocate-uids and the system feature uid-range. No engine runs in there: the gate waits for one, and the SSH door,
# diagnostics and the record are there all the same.
# Not run where this was written.
{ pkgs, ... }:
{
  name = "dockgate-container";

  containers.machine = {
    imports = [ ./worker.nix ];
    environment.systemPackages = [ pkgs.curl ];
    services.dockgate.settings.engine = "unix:///run/docker.sock";
  };

  testScript = builtins.readFile ./door.py + ''
    with subtest("without an engine a worker is told so"):
        machine.fail(worker + "docker ps")
        machine.fail("dockgate status")
  '';
}
