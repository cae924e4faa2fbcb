#!/bin/sh
# Deletes the stack after asking for its name: tools/destroy.sh stack
#
# CONFIRM=stack answers for a script that has nobody to ask.
set -u
cd "$(dirname "$0")/.." || exit 1
stack=${1-}

sam=$(command -v sam || command -v .stack/sam/bin/sam) || { echo "Deleting needs the SAM CLI, as deploying does." >&2; exit 1; }
export SAM_CLI_TELEMETRY="${SAM_CLI_TELEMETRY:-0}"
. tools/aws.sh
named "$stack"
known Deleting
exists || { echo "There is no stack $stack. STACK=... names another, AWS_REGION its Region." >&2; exit 1; }

cat >&2 <<TEXT
This ends Parley for everybody: open chats break off, and the stack $stack with its functions, APIs, state machine, alarms and
connections is deleted.

What stays, and is paid for until you delete it yourself: the tables with all conversations and the directory, the secret with
customers' keys, the user pool, the stack's own key, and the bucket of the web pages. A stack that is deployed again makes new ones.

TEXT
if [ -n "${CONFIRM:-}" ]; then
    answer=$CONFIRM
elif [ -t 0 ]; then
    printf 'Type the name of the stack to delete it: ' >&2
    read -r answer
else
    answer=
fi
[ "$answer" = "$stack" ] || { echo "That is not $stack. Nothing was deleted." >&2; exit 1; }
"$sam" delete --stack-name "$stack" --no-prompts
