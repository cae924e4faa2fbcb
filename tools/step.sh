#!/bin/sh
# Runs a command and keeps quiet about it: tools/step.sh "what it does" command [argument ...]
#
# What ends within 2 s leaves no trace. After that a line says what is going on, one more every 10 s how far it is, and a
# last one how long it took. All that the command said is shown when it fails.
set -u
label=$1
shift

log=$(mktemp)
trap 'rm -f "$log"; kill "$reporter" 2>/dev/null' EXIT
trap 'exit 130' INT TERM
start=$(date +%s)

# nap leaves our output alone: the one that outlives the reporter by a second must not hold a pipe open. It fails when there is nothing
# to report any more: whoever ends this before the reporter has settled (its first moments are deaf to the signal), or by force,
# would leave one behind that reports for ever and holds the output open.
nap() { sleep "$1" >/dev/null 2>&1 && kill -0 $$ 2>/dev/null; }

report() {
    nap 1 && nap 1 || exit
    printf '%s ...\n' "$label"
    while for _ in 1 2 3 4 5 6 7 8 9 10; do nap 1 || exit; done; do
        printf '%s ... %d s  %.100s\n' "$label" $(($(date +%s) - start)) "$(tail -n 1 "$log" | tr -d '\r\033')"
    done
}
report &
reporter=$!

NO_COLOR=1 "$@" >"$log" 2>&1
status=$?
took=$(($(date +%s) - start))

if [ $status -ne 0 ]; then
    printf '%s: FAILED after %d s\n' "$label" $took
    cat "$log"
elif [ $took -ge 2 ]; then
    printf '%s: %d s\n' "$label" $took
fi
exit $status
