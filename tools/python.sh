#!/bin/sh
# Prints the name of a Python of 3.10 or newer that can make virtual environments; fails when there is none.
for python in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11 python3.10; do
    if "$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
        printf '%s\n' "$python"
        exit 0
    fi
done
exit 1
