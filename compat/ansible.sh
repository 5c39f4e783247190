# Five modules of Ansible's community.docker, each run twice: the second run finds all as it is to be.
. "$(dirname -- "$0")/common.sh"
debian ansible python3-docker docker-compose
stand_in tool library/alpine:3.20 library/redis:7
says_version "$(ansible --version | sed -n '1s/[][]//gp')"
says_version "community.docker $(sed -n 's/.*"version": "\(.*\)".*/\1/p' /usr/lib/python3/dist-packages/ansible_collections/community/docker/MANIFEST.json)"
export ANSIBLE_LOCAL_TEMP=$COMPAT_WORK/ansible ANSIBLE_NOCOLOR=1 ANSIBLE_STDOUT_CALLBACK=default
mkdir "$COMPAT_WORK/site"

play() { ansible-playbook --inventory localhost, --connection local --extra-vars "work=$COMPAT_WORK/site ansible_python_interpreter=/usr/bin/python3" "$1"; }
twice() { play "$1" && play "$1" | tee "$COMPAT_WORK/second" && grep -q ' changed=0 .* failed=0 ' "$COMPAT_WORK/second"; }

for book in "$here"/ansible/*.yaml; do says "$(basename "$book" .yaml)" twice "$book"; done
