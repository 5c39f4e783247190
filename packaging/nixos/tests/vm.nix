# The whole on a virtual machine, with a real engine: nix build .#checks.x86_64-linux.vm, which wants KVM.
# Not run where this was written.
{ pkgs, ... }:
{
  name = "dockgate";

  nodes.machine = {
    imports = [ ./worker.nix ];
    virtualisation.docker.enable = true;
    virtualisation.memorySize = 2048;
    environment.systemPackages = [ pkgs.curl ];
    environment.etc."small.tar.gz".source = pkgs.dockerTools.buildImage {
      name = "docker.io/library/small";
      tag = "1";
      copyToRoot = pkgs.pkgsStatic.busybox;
      config.Cmd = [ "/bin/sh" ];
    };
  };

  testScript = builtins.readFile ./door.py + ''
    machine.wait_for_unit("docker.service")
    machine.succeed("docker load < /etc/small.tar.gz")
    machine.wait_until_succeeds("dockgate status")

    with subtest("the worker runs a container, by SSH and by its socket"):
        assert "hi" in machine.succeed(worker + "docker run --rm small:1 echo hi")
        own = "runuser -u ai-worker -- env DOCKER_HOST=unix:///run/dockgate/ai-worker/docker.sock docker "
        assert "hi" in machine.succeed(own + "run --rm small:1 echo hi")

    with subtest("what the policy does not give is refused"):
        machine.fail(worker + "docker run --rm -v /:/host small:1 cat /host/etc/shadow")
        machine.fail(worker + "docker exec ollama ollama list")
        machine.fail("runuser -u ai-worker -- docker -H unix:///run/docker.sock ps")
        machine.succeed("dockgate audit tail --decision refuse | grep run.binds")

    with subtest("another policy is in force without a restart, and containers stay through one"):
        machine.succeed(worker + "docker run -d --name stays small:1 sleep 600")
        machine.succeed("systemctl reload dockgate")
        machine.succeed("systemctl restart dockgate")
        machine.wait_until_succeeds(worker + "docker ps | grep stays")
  '';
}
