"""What systemd does for a service with sockets, as far as the gate sees it: listens, hands the sockets over, and hears what it is told.

usage: systemd.py NOTIFY-SOCKET WATCHDOG-USEC NAME=PATH[,NAME=PATH...] PROGRAM [ARGUMENT...]
Starts and signals the program as lines on its input say (`start`, `kill TERM`), and prints what happens: `listening`, `started PID`, `told ...`, `ended CODE`.
"""

import os
import select
import signal
import socket
import sys

notify_path, watchdog, sockets, *command = sys.argv[1:]
listening = []
for each in sockets.split(","):
    name, path = each.split("=")
    made = socket.socket(socket.AF_UNIX)
    made.bind(path)
    os.chmod(path, 0o600)
    made.listen(128)
    listening.append((name, made))
notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
notify.bind(notify_path)


def say(line):
    print(line, flush=True)


def start():
    pid = os.fork()
    if pid != 0:
        return pid
    for number, (_, given) in enumerate(listening):
        os.dup2(given.fileno(), 100 + number)
    for number in range(len(listening)):
        os.dup2(100 + number, 3 + number)
        os.close(100 + number)
    environment = {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "LISTEN_PID": str(os.getpid()),
        "LISTEN_FDS": str(len(listening)),
        "LISTEN_FDNAMES": ":".join(name for name, _ in listening),
        "NOTIFY_SOCKET": notify_path,
        "WATCHDOG_USEC": watchdog,
        "JOURNAL_STREAM": "{0.st_dev}:{0.st_ino}".format(os.fstat(2)),
    }
    os.execve(command[0], command, environment)


pid = None
say("listening")
while True:
    ready, _, _ = select.select([sys.stdin, notify], [], [], 0.05)
    if pid is not None:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended != 0:
            say(f"ended {os.waitstatus_to_exitcode(status)}")
            pid = None
    if notify in ready:
        # Who tells and waits until it was read hands over a pipe, which is closed then (sd_notify_barrier(3)).
        data, passed, _, _ = socket.recv_fds(notify, 4096, 8)
        for descriptor in passed:
            os.close(descriptor)
        if data != b"BARRIER=1":
            say("told " + data.decode().strip().replace("\n", " "))
    if sys.stdin not in ready:
        continue
    lines = os.read(0, 4096).decode().splitlines()
    if not lines:
        break
    for line in lines:
        if line == "start":
            pid = start()
            say(f"started {pid}")
        elif pid is not None:
            os.kill(pid, getattr(signal, "SIG" + line.split()[1]))
if pid is not None:
    os.kill(pid, signal.SIGKILL)
