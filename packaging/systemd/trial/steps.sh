# What trial.sh is made of. Sourced, never run.
wrong=0 failed=0

show() { echo "  $*"; }

# holds SENTENCE COMMAND...: says whether the command holds, and counts where it does not.
holds() {
  local sentence=$1
  shift
  if "$@" >/tmp/held 2>&1; then
    echo "ok     $sentence"
  else
    echo "WRONG  $sentence"
    sed 's/^/         /' /tmp/held
    systemctl show dockgate --property=ActiveState,StatusText,Result,NRestarts,MainPID | sed 's/^/         /'
    journalctl --unit dockgate --lines 15 --no-pager --output short-precise | sed 's/^/         /'
    wrong=$((wrong + 1))
  fi
}

# until_holds SECONDS COMMAND...: waits for it, and goes on in any case.
until_holds() {
  local tries=$(($1 * 2))
  shift
  until "$@" >/dev/null 2>&1 || [ $((tries -= 1)) -lt 0 ]; do sleep 0.5; done
}

# comes_to_hold SENTENCE COMMAND...: the same of what takes a moment, and may hold for a moment: a changed file is loaded once more by a reload.
comes_to_hold() {
  local sentence=$1 tries=120
  shift
  until "$@"; do [ $((tries -= 1)) -gt 0 ] || { holds "$sentence" false; return 0; }; sleep 0.5; done
  holds "$sentence" true
}

property() { systemctl show dockgate --property="$1" --value; }
is_active() { [ "$(property ActiveState)" = active ]; }
is_told() { [ "$(property ActiveState) $(property StatusText)" = "active $1" ]; }
started_again() { is_active && [ "$(property MainPID)" != "$1" ]; }

# as ACCOUNT SOCKET COMMAND...: what a worker does.
as() {
  local account=$1 socket=$2
  shift 2
  runuser -u "$account" -- env DOCKER_HOST="unix://$socket" DOCKER_CONFIG=/nonexistent "$@"
}

# in_journal PRIORITY TEXT: whether a line of just that priority has the text.
in_journal() { journalctl --unit dockgate --priority "$1..$1" --output cat | grep -q -- "$2"; }

# load_begins, load_ends: two clients that ask one call after the other, each on a connection of its own; sets `failed`.
load_begins() {
  rm -f /tmp/load-*
  touch /tmp/load-goes-on
  chmod 0644 /tmp/load-goes-on
  (while [ -e /tmp/load-goes-on ]; do
    if as ai-worker "$worker" curl --silent --fail --max-time 60 --unix-socket "$worker" http://d/v1.41/containers/json >/dev/null 2>>/tmp/load-why; then echo ok; else echo "failed $?"; fi
  done >/tmp/load-curl) &
  (while [ -e /tmp/load-goes-on ]; do
    if as ai-worker "$worker" docker ps >/dev/null 2>>/tmp/load-why; then echo ok; else echo "failed $?"; fi
  done >/tmp/load-docker) &
  sleep 3
}
load_ends() {
  rm /tmp/load-goes-on
  wait
  failed=$(cat /tmp/load-curl /tmp/load-docker | grep -c failed || true)
  show "$(grep -c ok /tmp/load-curl) calls by curl and $(grep -c ok /tmp/load-docker) by docker were answered, $failed failed"
  [ "$failed" = 0 ] || head -n 5 /tmp/load-why
}

# makes_begin, makes_end: a client that makes containers, and notes each that it was told is made.
makes_begin() {
  touch /tmp/makes-go-on
  : >"$kept/made"
  (number=0
  while [ -e /tmp/makes-go-on ]; do
    number=$((number + 1))
    if id=$(as ai-worker "$worker" docker create --pull never --name "made-$number" busybox true 2>>/tmp/makes-why); then echo "$id" >>"$kept/made"; else echo "failed made-$number" >>"$kept/unmade"; fi
  done) &
}
makes_end() {
  rm /tmp/makes-go-on
  wait
  sync
  show "$(wc -l <"$kept/made") containers were made, $(wc -l <"$kept/unmade" 2>/dev/null || echo 0) tries failed: $(tail -n 1 /tmp/makes-why 2>/dev/null || true)"
}
made_are_there() {
  as ai-worker "$worker" docker ps --all --quiet --no-trunc | sort >/tmp/there
  [ -s "$kept/made" ] && [ -z "$(sort "$kept/made" | comm -23 - /tmp/there)" ]
}
made_are_recorded() {
  local id
  dockgate audit tail -n 10000 --operation container.create --json >/tmp/recorded
  while read -r id; do grep -q "${id:0:12}" /tmp/recorded || { echo "$id is not"; return 1; }; done <"$kept/made"
}
