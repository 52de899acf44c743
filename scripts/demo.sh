#!/usr/bin/env bash
# The whole way, from raw rasters to a plot, in demo/. Each command is printed before it runs.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$ROOT"

WHEEL=nrt==0.2.1
CUBE=nrt/data/sentinel2_cube_subset_romania_20m.nc
STARTED=$SECONDS

say() { printf '\n== %s\n' "$1"; }
try() {
    printf '$ %s\n' "$*"
    "$@"
}

[ -x "$CARGO_TARGET_DIR/release/swath" ] || echo "the first build takes a while: PROJ and arrow are large"
try cargo build --release --locked --bin swath
PATH="$CARGO_TARGET_DIR/release:$PATH"
mkdir -p demo
cd demo

say "raw rasters"
if [ ! -d raw ]; then
    mkdir -p raw.part
    if ls ./*.whl >/dev/null 2>&1 ||
        try python3 -m pip download --quiet --disable-pip-version-check --no-deps --dest . "$WHEEL" && unzip -qjo ./*.whl "$CUBE" -d raw.part; then
        echo "Sentinel-2 over Romania, 140 dates, NetCDF-4, from the Python package nrt 0.2.1 (EUPL-1.2)"
    else
        echo "the package $WHEEL could not be had; small rasters are generated instead"
        python3 "$ROOT/scripts/generate.py" raw.part
    fi
    mv raw.part raw
fi
ls -l raw | tail -n +2 | head -5

say "1. what is there: names and headers become a plan"
rm -rf swath.toml build published
try swath init raw -o swath.toml
say "2. what would be done"
try swath plan
say "3. raw -> COGs + STAC"
try swath build
say "4. the build, block by block"
try swath check build
say "5. publish to a folder (an Azure container takes the same command)"
try swath publish published
say "6. search"
read -r FROM TO ASSET < <(python3 "$ROOT/scripts/first.py" published)
try swath search published --datetime "$FROM/$TO" -o found.json
python3 -c 'import json; print(len(json.load(open("found.json"))["features"]), "items found, in demo/found.json")'
say "7. stack: the median over those dates, drawn"
try swath stack published --assets "$ASSET" --datetime "$FROM/$TO" --reduce median -o stack.png
try swath stack published --assets "$ASSET" --datetime "$FROM/$TO" --reduce median -o stack.tif

say "done in $((SECONDS - STARTED)) s"
echo "demo/swath.toml   the plan; edit it and run 'swath build' again"
echo "demo/published/   the catalog: collection.json is its root"
echo "demo/stack.png    the plot"
echo "demo/stack.tif    the same numbers as a COG"
