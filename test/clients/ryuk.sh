#!/bin/sh
# Stands in for testcontainers/ryuk, as no registry is asked: takes filters on port 8080, a line each, and some seconds after the last client has
# gone removes by the docker CLI what has one of the labels.
if [ "$1" = serve ]; then
  while read -r line; do
    echo "$line" | tr -d '\r' >>/filters
    echo ACK
  done
  sleep 2
  for filter in $(sort -u /filters); do
    docker ps -aq --filter "$filter" | grep -v "^$(hostname)" | xargs -r docker rm -fv
    docker network ls -q --filter "$filter" | xargs -r docker network rm
    docker volume ls -q --filter "$filter" | xargs -r docker volume rm
    docker images -q --filter "$filter" | xargs -r docker rmi
  done >/removed 2>&1
  exec docker rm -f "$(hostname)"
fi
echo Started
exec nc -ll -p 8080 -e /ryuk.sh serve
