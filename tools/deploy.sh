#!/bin/sh
# Builds and deploys the stack: tools/deploy.sh stack [option of sam deploy ...]
#
# The first time SAM asks for every parameter and writes the answers into samconfig.local.toml, which is yours and not git's; from then on
# it takes the stack's own.
set -u
cd "$(dirname "$0")/.." || exit 1
stack=${1-}
[ $# = 0 ] || shift
. tools/aws.sh

sam=$(command -v sam || command -v .stack/sam/bin/sam) || {
    echo "Deploying needs the SAM CLI: https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/install-sam-cli.html" \
        "or, with Python, pip install --no-deps -r infra/stack/sam.txt. (One that make stack has installed, .stack/sam/bin/sam, is found.)" >&2
    exit 1
}
export SAM_CLI_TELEMETRY="${SAM_CLI_TELEMETRY:-0}"
named "$stack"
known Deploying
exists
there=$?

# SAM makes a new version of a function when its code or its part of the template has changed, not when a parameter has. The name
# of the deployment goes into every package, so that every function gets a version, with the parameters of now.
REVISION=$(date -u +%Y-%m-%dT%H:%M:%SZ)
export REVISION

config=${SAM_CONFIG:-samconfig.local.toml}
[ -f "$config" ] || cp samconfig.toml "$config"
"$sam" build --config-file "$config" || exit 1
if [ $there = 0 ] || [ $# -gt 0 ]; then
    "$sam" deploy --config-file "$config" --stack-name "$stack" "$@"
else
    echo "There is no stack $stack yet: SAM asks for its parameters. docs/operations.md says what each is for." >&2
    "$sam" deploy --config-file "$config" --stack-name "$stack" --guided
fi
