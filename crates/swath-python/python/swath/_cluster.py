"""``swath.build`` on the workers of a Dask cluster: a shard of the build is a task."""
from __future__ import annotations

import json
import os
import time
import uuid
from typing import Any

from . import _swath
from ._errors import Conflict, Misuse

#: Tasks for each worker thread: more of them share the work more evenly, and each looks at all raw files once.
SHARES = 4
#: Seconds to wait for a shard that another process still holds: a worker that the scheduler has given up may be at work yet.
PATIENCE = 60


def build_on(client: Any, plan: str, datasets: list[str], check: bool) -> dict:
    """Converts on the workers, then makes the tree here."""
    if not hasattr(client, "nthreads") or getattr(client, "asynchronous", False):
        raise Misuse(f"{type(client).__name__}", where="client", expected="a dask.distributed.Client that is not asynchronous")
    plan = os.path.abspath(plan)
    threads = sum(client.nthreads().values()) or 1
    count = min(_swath.items_due(plan, datasets), SHARES * threads)
    run = uuid.uuid4().hex[:8]
    # Nothing is told to the scheduler but the path of the plan and two numbers.
    names = {index: f"swath-build-{index}-of-{count}-{run}" for index in range(1, count + 1)}
    tasks = [client.submit(_shard, plan, datasets, index, count, key=name, pure=False) for index, name in names.items()]
    try:
        made = client.gather(tasks)
    finally:
        client.cancel(tasks)
    report = json.loads(_swath.merge_shards(plan, datasets, check))
    # What a lost worker had finished before is in no report: it stays among the unchanged.
    for name in ("converted", "bytes_read", "bytes_written"):
        report[name] = sum(share[name] for share in made)
    report["unchanged"] -= report["converted"]
    return report


def _shard(plan: str, datasets: list[str], index: int, count: int) -> dict:
    """One task, on a worker."""
    from distributed import get_worker

    # A machine may run a worker for each of its cores.
    _swath.use_threads(get_worker().state.nthreads)
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return json.loads(_swath.build_shard(plan, datasets, index, count))
        except Conflict:
            if time.monotonic() > until:
                raise
            time.sleep(0.5)
