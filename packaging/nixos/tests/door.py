# What holds with and without an engine. `machine` is the host.
worker = "ssh -i /etc/worker-key -o BatchMode=yes -o StrictHostKeyChecking=no ai-worker@localhost "

machine.wait_for_unit("dockgate.service")
machine.wait_for_unit("sshd.service")
machine.wait_for_file("/run/dockgate/ai-worker/docker.sock")

with subtest("the account has nothing beside its socket"):
    machine.succeed("id -nG ai-worker | grep -Fx ai-worker")
    machine.fail("sudo -n -l -U ai-worker | grep NOPASSWD")
    machine.succeed("stat -c '%U %a' /run/dockgate/ai-worker/docker.sock | grep -Fx 'ai-worker 660'")
    machine.fail("runuser -u other -- curl --unix-socket /run/dockgate/ai-worker/docker.sock http://gate/_ping")

with subtest("by SSH there is the gate, and no shell"):
    machine.succeed(worker + "whoami | grep ai-worker")
    machine.succeed(worker + "sshd -T | grep -i passwordauthentication")
    machine.fail(worker + "cat /etc/passwd")
    machine.fail(worker + "'sh -c id'")
    machine.fail(worker + "iptables -S")

with subtest("the record has it"):
    machine.succeed("dockgate audit tail | grep host.diagnostic")
    machine.succeed("dockgate audit verify")
