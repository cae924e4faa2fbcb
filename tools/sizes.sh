#!/bin/sh
# Prints the size of each built Lambda, as it is and zipped, and fails above the budget: tools/sizes.sh function ...
set -u
cd "$(dirname "$0")/.." || exit 1
# Unpacking and paging in a binary is part of every cold start.
budget=10000000
over=0

printf '%-12s %10s %10s\n' "bytes" binary gzip
for name; do
    binary=$(wc -c <"build/lambda/$name/bootstrap")
    packed=$(gzip -9 -c "build/lambda/$name/bootstrap" | wc -c)
    printf '%-12s %10d %10d\n' "$name" "$binary" "$packed"
    [ "$binary" -le $budget ] || over=1
done
[ $over -eq 0 ] || echo "A binary is above the budget of $budget bytes." >&2
exit $over
