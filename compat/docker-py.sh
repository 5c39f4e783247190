# The integration tests of docker-py itself.
. "$(dirname -- "$0")/common.sh"
debian python3-pytest python3-pytest-timeout python3-requests python3-websocket python3-paramiko
stand_in tool library/alpine:3.10 library/alpine:latest library/busybox:latest library/hello-world:latest
checkout docker-py https://github.com/docker/docker-py
PYTHONPATH=. /usr/bin/python3 -m pytest tests/integration --override-ini addopts= -p no:cacheprovider --timeout=300 --junitxml="$COMPAT_WORK/tests.xml" || true
/usr/bin/python3 "$here/junit.py" tests.integration. "$COMPAT_WORK/tests.xml" >&3
