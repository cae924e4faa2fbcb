#!/bin/sh
# Sees to the DynamoDB engine of the local runner and of the store's tests: a binary under tools/node_modules/@dynoxide/, where
# infra/local/engine looks for it.
#
# The lock file of tools/ brings it for Linux on x64. On other systems the package that picks the right one is installed beside
# it, unlocked; where that fails, one on PATH will do.
set -u
cd "$(dirname "$0")/.." || exit 1
version=1.2.1
home=tools/node_modules/@dynoxide

[ -z "${PARLEY_DYNOXIDE:-}${AWS_ENDPOINT_URL_DYNAMODB:-}" ] || exit 0
there() { ls $home/*/dynoxide >/dev/null 2>&1; }

there && exit 0
tools/step.sh "Fetching the DynamoDB engine" npm install --prefix tools --no-save --no-package-lock "dynoxide@$version" && there && exit 0
engine=$(command -v dynoxide) && mkdir -p $home/path && ln -sfn "$engine" $home/path/dynoxide && exit 0

echo "The DynamoDB engine (dynoxide $version) is needed and could not be fetched for this system." \
    "Install it (cargo install dynoxide-rs --locked), or let AWS_ENDPOINT_URL_DYNAMODB name another endpoint." >&2
exit 1
