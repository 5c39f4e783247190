# Nine stacks as they are published, but for their images: each comes up, comes up again with nothing made anew, and goes without a rest.
. "$(dirname -- "$0")/common.sh"
says_version "compose $(docker compose version --short)"
mapfile -t images < <(sed -n 's/^ *image: *//p' "$here"/stacks/*/compose.yaml | sort -u)
for image in "${images[@]}"; do
  case $image in */*) stand_in service "$image" ;; *) stand_in service "library/$image" ;; esac
done
cp -r "$here/stacks" "$COMPAT_WORK/"

# Containers of the stack in the current folder, by their ids.
containers() { docker compose ps --all --quiet | sort; }

stack() {
  local first
  cd "$COMPAT_WORK/stacks/$1"
  docker compose up --detach --wait && first=$(containers) && [ -n "$first" ] &&
    docker compose up --detach --wait && [ "$(containers)" = "$first" ] &&
    [ -z "$(docker compose ps --quiet --status created --status dead --status restarting)" ] &&
    docker compose down --volumes && [ -z "$(containers)" ] &&
    [ -z "$(docker volume ls --quiet --filter "label=com.docker.compose.project=$1")" ]
}

for folder in "$here"/stacks/*/; do says "$(basename "$folder")" stack "$(basename "$folder")"; done
