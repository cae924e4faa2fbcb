#!/bin/sh
# Finds a Chromium for the browser tests or fetches one, and writes its path to .tools/chromium.
#
# In this order: the one that CHROMIUM names; one that is installed; Debian's package with the fonts that make screenshots
# look the same everywhere (as root only); the one that Playwright downloads for itself.
set -u
cd "$(dirname "$0")/.." || exit 1
mkdir -p .tools

# Fonts are for the eye only: where they cannot be installed, screenshots look a little different.
fonts="fonts-noto-core fonts-noto-color-emoji fonts-inter"

keep() {
    # shellcheck disable=SC2086 # a list of packages
    command -v dpkg >/dev/null && ! dpkg -s $fonts >/dev/null 2>&1 && tools/apt.sh $fonts
    printf '%s\n' "$1" >.tools/chromium
    exit 0
}

find_installed() {
    for name in chromium chromium-browser google-chrome google-chrome-stable \
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" "/Applications/Chromium.app/Contents/MacOS/Chromium"; do
        # Ubuntu's chromium-browser may be a stand-in that only says how to install it: ask for its version.
        if "$name" --version >/dev/null 2>&1; then
            command -v "$name"
            return
        fi
    done
    return 1
}

if [ -n "${CHROMIUM:-}" ]; then
    "$CHROMIUM" --version >/dev/null 2>&1 && keep "$CHROMIUM"
    echo "CHROMIUM=$CHROMIUM does not start." >&2
    exit 1
fi
[ -x "$(cat .tools/chromium 2>/dev/null)" ] && exit 0

found=$(find_installed) && keep "$found"
tools/apt.sh chromium && found=$(find_installed) && keep "$found"

cd infra/e2e || exit 1
with_deps=$([ "$(id -u)" -eq 0 ] && echo --with-deps)
../../tools/step.sh "Downloading Chromium for the browser tests" npx playwright install $with_deps chromium &&
    found=$(node -p 'require("playwright-core").chromium.executablePath()') && [ -x "$found" ] && cd ../.. && keep "$found"

echo "No Chromium was found and none could be fetched. Install one and put it on PATH, or name it: CHROMIUM=/path/to/chromium make test" >&2
exit 1
