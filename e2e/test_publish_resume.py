"""A large upload is stopped by a signal and goes on where it was; test_stores.py cuts it off. SWATH_LARGE says how large, in MB."""
import os
import re
import signal
import time

import pytest

from support import rasters
from support.places import Place, ends_equal
from support.run import start
from support.versions import Version

LARGE = int(os.environ.get("SWATH_LARGE", 64))


@pytest.fixture(scope="module")
def large(swath, tmp_path_factory):
    """Noise that no codec makes smaller, in four files."""
    folder = tmp_path_factory.mktemp("large")
    side = int((LARGE * 1e6 / 4 / 2) ** 0.5)
    for number in range(4):
        rasters.write(folder / f"raw/map_t{number:03}.tif", rasters.noise((side, side), seed=number, high=65_535), origin=(500_000 + 30 * side * number, 5_000_000), nodata=0)
    swath("init", "raw", "--datetime", "2020-05-17", cwd=folder)
    swath("build", cwd=folder, timeout=600)
    return Version(folder)


def size(version):
    return sum(p.stat().st_size for p in version.build.rglob("*.tif"))


def sent(place):
    return place.proxy.uploaded(".tif")


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_ends_a_large_upload_within_a_second_with_the_line_that_resumes(memory, large, name):
    with Place(memory) as place:
        place.proxy.delay = 0.2
        running = start("publish", f"{place.proxy.url}/{place.name}/maps", cwd=large.folder, env=place.env)
        until = time.monotonic() + 60
        while sent(place) < size(large) / 4:
            assert time.monotonic() < until and running.process.poll() is None
            time.sleep(0.01)
        began = time.monotonic()
        running.process.send_signal(getattr(signal, name))
        result = running.end(30)
        took = time.monotonic() - began
        assert result.rc == {"SIGINT": 130, "SIGTERM": 143}[name], result
        assert took < 1, f"{took:.1f} s"
        assert re.search(r"swath publish \S+/maps", result.err), result
        place.proxy.settle()
        place.proxy.delay = 0.0
        place.publish(large)
        ends_equal(place, large)
