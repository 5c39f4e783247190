# The tests of dockerode itself.
. "$(dirname -- "$0")/common.sh"
stand_in tool library/alpine:latest library/ubuntu:latest
checkout dockerode https://github.com/apocas/dockerode
[ -d node_modules/mocha ] || npm ci --ignore-scripts --no-audit --no-fund
# They begin with what is there.
docker pull --quiet ubuntu
docker pull --quiet alpine
# With DOCKER_SOCKET they go by DOCKER_HOST, and without it by /var/run/docker.sock, whatever that is.
DOCKER_SOCKET=none node node_modules/mocha/bin/mocha.js --reporter "$here/mocha-reporter.cjs" --exit || true
