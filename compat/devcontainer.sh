# The devcontainer CLI, with an image, a Dockerfile and a compose file.
. "$(dirname -- "$0")/common.sh"
stand_in tool library/alpine:3.20
version=0.89.0 place=$COMPAT/devcontainer
[ -d "$place/node_modules/@devcontainers/cli" ] || npm install --prefix "$place" --ignore-scripts --no-audit --no-fund "@devcontainers/cli@$version"
says_version "@devcontainers/cli $version"
cp -r "$here/devcontainer" "$COMPAT_WORK/"

# devcontainer COMMAND FOLDER WORDS...
devcontainer() {
  local command=$1 folder=$2
  shift 2
  node "$place/node_modules/@devcontainers/cli/devcontainer.js" "$command" --docker-path "$root/28/usr/bin/docker" --workspace-folder "$folder" "$@"
}

comes_up() {
  devcontainer up "$1" --buildkit never && devcontainer exec "$1" sh -c 'cat .devcontainer/devcontainer.json && echo hello' | grep -q '^hello$'
}

for each in image dockerfile compose; do says "$each" comes_up "$COMPAT_WORK/devcontainer/$each"; done
