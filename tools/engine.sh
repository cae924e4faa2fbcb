#!/bin/sh
# Makes .tools/dynoxide, a link to the DynamoDB engine of the local runner and of the store's tests.
#
# The lock file of tools/ brings it for Linux on x64. On other systems the package that picks the right one is installed beside
# it, unlocked; where that fails, one on PATH (cargo install dynoxide-rs --locked, or Homebrew) will do.
set -u
cd "$(dirname "$0")/.." || exit 1
version=1.2.1

link() {
    for engine in tools/node_modules/@dynoxide/*/dynoxide; do
        [ -x "$engine" ] && ln -sfn "../$engine" .tools/dynoxide && exit 0
    done
}

mkdir -p .tools
link
tools/step.sh "Fetching the DynamoDB engine" npm install --prefix tools --no-save --no-package-lock "dynoxide@$version" && link
engine=$(command -v dynoxide) && ln -sfn "$engine" .tools/dynoxide && exit 0

echo "The DynamoDB engine (dynoxide $version) is needed and could not be fetched for this system." \
    "Install it with: cargo install dynoxide-rs --locked. Or set AWS_ENDPOINT_URL_DYNAMODB to another endpoint." >&2
exit 1
