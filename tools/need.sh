#!/bin/sh
# Says in words what this machine lacks, all of it at once: tools/need.sh tool ...
set -u
cd "$(dirname "$0")/.." || exit 1
missing=0

lack() {
    printf '%s\n' "$*" >&2
    missing=1
}

# at_least WANT HAVE compares versions number by number.
at_least() {
    awk -v want="$1" -v have="$2" 'BEGIN {
        split(want, w, "."); split(have, h, ".")
        for (i = 1; i <= 3; i++) if (w[i] + 0 != h[i] + 0) exit !(h[i] + 0 > w[i] + 0)
    }'
}

for tool; do
    case $tool in
    go)
        want=$(awk '$1 == "go" { print $2 }' go.mod)
        # In this folder a Go that may fetch toolchains answers with the version that go.mod asks for.
        have=$(go env GOVERSION 2>/dev/null | sed 's/^go//')
        at_least "$want" "${have:-0}" ||
            lack "Go $want or newer is needed (found: ${have:-none}). Get it from https://go.dev/dl/ or your package manager."
        ;;
    node)
        want=20.19
        have=$(node --version 2>/dev/null | sed 's/^v//')
        at_least $want "${have:-0}" ||
            lack "Node.js $want or newer is needed (found: ${have:-none}). Get it from https://nodejs.org/ or your package manager."
        command -v npm >/dev/null || lack "npm is needed. It comes with Node.js; some systems package it apart, as npm."
        ;;
    python)
        tools/python.sh >/dev/null ||
            lack "Python 3.10 or newer with venv is needed. Get it from https://www.python.org/ or your package manager" \
                "(Debian and Ubuntu: apt-get install python3 python3-venv). PYTHON=/path/to/python3 names another one."
        ;;
    cc)
        # Go's race detector links with C on Linux.
        if [ "$(uname -s)" = Linux ] && ! command -v "$(go env CC 2>/dev/null || echo cc)" >/dev/null; then
            tools/apt.sh gcc libc6-dev ||
                lack "A C compiler is needed by Go's race detector (Debian and Ubuntu: apt-get install gcc libc6-dev)."
        fi
        ;;
    *)
        command -v "$tool" >/dev/null || lack "$tool is needed. Get it from your package manager."
        ;;
    esac
done
exit $missing
