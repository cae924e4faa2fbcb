#!/bin/sh
# Puts the builds of widget and desktop where CloudFront finds them: tools/publish.sh stack
#
# What a cache may do depends on what a name promises (infra/local/static.go says the same to the local runner):
#   assets   a hash of what is in them is in their names: for ever. They come first, and none is deleted: pages that are open
#            still ask for those of before.
#   loader   its address is in other people's pages: five minutes, and for a day an old one while a new one is fetched.
#   pages    asked for every time. They come last, when the assets that they name are there.
set -u
cd "$(dirname "$0")/.." || exit 1
stack=${1-}
assets="public, max-age=31536000, immutable"
loader="public, max-age=300, stale-while-revalidate=86400"
pages="no-cache"

. tools/aws.sh
named "$stack"
known Publishing
exists || { echo "There is no stack $stack. STACK=... names another, AWS_REGION its Region." >&2; exit 1; }
for folder in widget desktop; do
    [ -d "$folder/dist/assets" ] || { echo "There is no $folder/dist: make web" >&2; exit 1; }
done

output() {
    value=$(aws cloudformation describe-stacks --stack-name "$stack" --output text \
        --query "Stacks[0].Outputs[?OutputKey=='$1'].OutputValue") && [ -n "$value" ] ||
        { echo "The stack $stack is none of Parley's: it has no output $1. STACK=... names another, AWS_REGION its Region." >&2; exit 1; }
    printf '%s\n' "$value"
}
bucket=$(output SiteBucketName) && site=$(output SiteId) && url=$(output SiteUrl) || exit 1

put() { tools/step.sh "$@" || exit 1; }
for folder in widget desktop; do
    put "Publishing the $folder's assets" aws s3 sync "$folder/dist/assets" "s3://$bucket/$folder/assets" --size-only --cache-control "$assets"
done
put "Publishing the widget's loader" aws s3 cp widget/dist "s3://$bucket/widget" --recursive --exclude "assets/*" --cache-control "$loader"
put "Publishing the desktop's pages" aws s3 cp desktop/dist "s3://$bucket/desktop" --recursive --exclude "assets/*" --cache-control "$pages"
put "Telling CloudFront" aws cloudfront create-invalidation --distribution-id "$site" --paths "/widget/widget.js" "/desktop/*"
printf '\n  Desktop  %s/desktop/\n  Widget   <script async src="%s/widget/widget.js" data-website="..."></script>\n\n' "$url" "$url"
