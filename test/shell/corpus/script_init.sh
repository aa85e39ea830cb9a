#!/bin/sh
# A service script as distributions had them: start, stop, status, with pid files and a lock.
set -u
NAME=demo
PIDDIR=./run
PIDFILE=$PIDDIR/$NAME.pid
LOG=./log
: "${TIMEOUT:=5}"
log() { printf '%s: %s\n' "$NAME" "$*" >> "$LOG"; }
die() { echo "$NAME: $*" >&2; exit 1; }
running() {
  [ -f "$PIDFILE" ] || return 1
  read pid < "$PIDFILE" || return 1
  kill -0 "$pid" 2>/dev/null
}
do_start() {
  if running; then echo "already running"; return 0; fi
  mkdir -p "$PIDDIR" || die "no directory"
  ( trap 'exit 0' TERM
    while :; do sleep 0.02; done ) &
  echo $! > "$PIDFILE"
  log "started"
  echo "started"
}
do_stop() {
  if ! running; then echo "not running"; return 3; fi
  kill "$pid"
  i=0
  while kill -0 "$pid" 2>/dev/null; do
    i=$((i + 1))
    [ $i -gt 500 ] && { kill -9 "$pid"; break; }
    sleep 0.01
  done
  rm -f "$PIDFILE"
  log "stopped"
  echo "stopped"
}
do_status() { if running; then echo up; else echo down; return 3; fi; }
usage() { cat <<USAGE
Usage: $NAME {start|stop|restart|status}
  timeout: ${TIMEOUT}s
USAGE
}
main() {
  case ${1-} in
    start) do_start ;;
    stop) do_stop ;;
    restart|force-reload) do_stop; do_start ;;
    status) do_status ;;
    '') usage; return 2 ;;
    *) echo "unknown: $1"; usage; return 2 ;;
  esac
}
for action in status start start status restart stop stop bogus ''; do
  main $action
  echo "[$action] $?"
done
sort "$LOG" | uniq -c | while read n rest; do echo "$n x $rest"; done
