#!/bin/sh
# Installs Debian packages where that needs nobody's password, that is as root; fails elsewhere: tools/apt.sh package ...
[ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null || exit 1
tools=$(dirname "$0")
export DEBIAN_FRONTEND=noninteractive
"$tools/step.sh" "Reading the list of Debian packages" apt-get update -q &&
    "$tools/step.sh" "Installing $*" apt-get install -q -y --no-install-recommends "$@"
