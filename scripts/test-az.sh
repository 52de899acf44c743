#!/usr/bin/env bash
# The real `az` against the Resource Manager of our tests. Installs azure-cli (0.7 GB) into a folder of its own, once.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$ROOT"

AZURE_CLI=2.91.0
folder="$TOOLS/az"
if [ -z "${SWATH_AZ:-}" ]; then
    export SWATH_AZ="$folder/bin/az"
    if [ "$(cat "$folder/.pins" 2>/dev/null)" != "$AZURE_CLI" ]; then
        echo "installing azure-cli $AZURE_CLI into $folder"
        python3 -m venv --clear "$folder" || fail "python3 -m venv failed" "install python3-venv, then start again"
        "$folder/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: "azure-cli==$AZURE_CLI" ||
            fail "pip could not install azure-cli $AZURE_CLI" "check the network and the disk, then start again"
        echo "$AZURE_CLI" >"$folder/.pins"
    fi
fi
cargo build --release --locked --bin swath
"$SWATH_JUDGES" -m pytest e2e/az -rs "$@"
