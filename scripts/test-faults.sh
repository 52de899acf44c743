#!/usr/bin/env bash
# What can go wrong while publishing and reading, as often as before a release. SWATH_SEED=N throws other dice.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$ROOT"

cargo build --release --locked --bin swath
export SWATH_KILLS=1000 SWATH_SCHEDULES=1000 SWATH_PUBLISHERS=8 SWATH_ROUNDS=50 SWATH_POLLED=100 SWATH_UPLOAD_MIB=1024 SWATH_LARGE=1000
exec "$SWATH_JUDGES" -m pytest -rs e2e/test_publish_kills.py e2e/test_faults.py e2e/test_stack_faults.py e2e/test_publish_many.py \
    e2e/test_publish_together.py e2e/test_publish_resume.py e2e/test_stores.py "$@"
