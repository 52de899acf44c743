"""`stack` through a bad network: right pixels or an error that says so, never wrong ones.

The assets are not compressed, so that nothing but ranges, checksums and ETags can tell a wrong byte from a right one. SWATH_SCHEDULES says how many random days are
tried (1000 before a release), SWATH_SEED where they begin.
"""
import os
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from support import rasters
from support.faults import STALL, Fault, FaultProxy, Schedule
from support.places import Place
from support.run import swath as run
from support.versions import Version

SCHEDULES = int(os.environ.get("SWATH_SCHEDULES", 40))
SEED = int(os.environ.get("SWATH_SEED", 1))
PATIENCE = {"SWATH_STALL_SECONDS": STALL - 2}
#: How a command may end when the network is at fault: damaged, refused, changed meanwhile, or unreachable.
TYPED = {3, 4, 5, 6}
SIDE = 600
#: Fourteen kinds of what can happen to a read.
KINDS = [
    *(Fault("status", code) for code in (408, 429, 500, 503)),
    *(Fault("status", (code, wait)) for code in (429, 503) for wait in (0, 1)),
    *(Fault(kind) for kind in ("reset_before", "reset_during", "reset_after", "truncated", "flipped_down")),
    *(Fault(kind) for kind in ("whole_for_range", "longer_length", "shorter_length", "wrong_range", "gzipped", "dropped")),
    *(Fault(kind, STALL) for kind in ("stall_before", "stall_during", "trickle")),
]
#: Arrays that are asked for: copied, from an overview, warped, reduced over two moments.
ASKED = {
    "native": [],
    "coarse": ["--resolution", "120"],
    "warped": ["--crs", "EPSG:32632", "--resolution", "60", "--resampling", "bilinear"],
    "reduced": ["--reduce", "max"],
}


def uncompressed(swath, folder):
    swath("init", "raw", cwd=folder)
    plan = folder / "swath.toml"
    text = plan.read_text().replace('compress = "zstd"', 'compress = "none"')
    assert '"none"' in text
    plan.write_text(text)
    swath("build", cwd=folder)
    return Version(folder)


def truth(date):
    return rasters.smooth((2 * SIDE, SIDE), seed=date)


@pytest.fixture(scope="module")
def maps(swath, tmp_path_factory):
    """Two tiles, one below the other, at two moments."""
    folder = tmp_path_factory.mktemp("maps")
    for number, date in enumerate(("20200517", "20200602")):
        for row in (0, 1):
            part = truth(number)[row * SIDE : (row + 1) * SIDE]
            rasters.write(folder / f"raw/map_r{row}_{date}.tif", part, origin=(500_007, 5_000_011 - row * SIDE * 30), nodata=0)
    return uncompressed(swath, folder)


@pytest.fixture(scope="module")
def place(memory, maps):
    with Place(memory) as place:
        place.publish(maps)
        place.proxy.again()
        yield place


def stack(proxy, place, name, out, rc=0, **more):
    moment = [] if name == "reduced" else ["--datetime", "2020-05-17"]
    return run("stack", f"{proxy.url}/{place.name}/maps", *moment, *ASKED[name], "--overwrite", "-o", out, env=place.env | PATIENCE, rc=rc, timeout=120, **more)


@pytest.fixture(scope="module")
def right(place, tmp_path_factory):
    """What each array is when nothing goes wrong."""
    folder, found = tmp_path_factory.mktemp("right"), {}
    for name in ASKED:
        stack(place.proxy, place, name, folder / f"{name}.tif")
        found[name] = rasters.read(folder / f"{name}.tif")
    assert np.array_equal(found["native"][0], truth(0))
    assert np.array_equal(found["reduced"][0], np.maximum(truth(0), truth(1)))
    return found


def one_day(seed, memory, place, right, folder):
    name = list(ASKED)[seed % len(ASKED)]
    out = folder / f"{seed}.tif"
    with FaultProxy(memory.url, Schedule(seed, rate=0.2, kinds=KINDS)) as proxy:
        try:
            result = stack(proxy, place, name, out, rc={0} | TYPED)
            if result.rc:
                assert not out.exists(), f"an error and a file\n{result}"
            else:
                assert np.array_equal(rasters.read(out), right[name]), f"wrong pixels\n{result}"
        except AssertionError as e:
            raise AssertionError(f"SWATH_SEED={seed} ({name})\n{e}\n{proxy.story()}") from None
        faults = {s.fault.kind for s in proxy.requests if s.fault}
    out.unlink(missing_ok=True)
    return result.rc, faults


def test_random_days(memory, place, right, tmp_path):
    seeds = range(SEED, SEED + SCHEDULES)
    with ThreadPoolExecutor(6) as pool:
        ends = list(pool.map(lambda seed: one_day(seed, memory, place, right, tmp_path), seeds))
    assert sum(rc == 0 for rc, _ in ends) > 0.8 * len(ends), f"hardly any array came through: {ends}"
    if SCHEDULES >= 1000:
        assert len(set.union(*(faults for _, faults in ends))) == len({f.kind for f in KINDS})


SPOILT = sorted({f.kind for f in KINDS} - {"status"})


@pytest.fixture(scope="module")
def spoilt(memory, place, right, tmp_path_factory):
    """Kind -> (run, array or None), every asset spoilt so at every attempt: all at the same time, since most of it is waiting."""
    folder = tmp_path_factory.mktemp("spoilt")

    def one(kind):
        out = folder / f"{kind}.tif"
        with FaultProxy(memory.url, lambda seen: Fault(kind, STALL) if seen.path.endswith(".tif") else None) as proxy:
            result = stack(proxy, place, "native", out, rc={0} | TYPED)
        return result, rasters.read(out) if out.exists() else None

    with ThreadPoolExecutor(len(SPOILT)) as pool:
        return dict(zip(SPOILT, pool.map(one, SPOILT)))


@pytest.mark.parametrize("kind", SPOILT)
def test_every_asset_spoilt_at_every_attempt_is_an_error_that_names_it(spoilt, right, kind):
    """No attempt gets through whole, but where all that is asked for arrives before the fault."""
    result, array = spoilt[kind]
    if kind in ("reset_after", "whole_for_range") and result.rc == 0:
        assert np.array_equal(array, right["native"])
        return
    assert result.rc in TYPED and array is None, result
    assert "r0_20200517" in result.err or "r1_20200517" in result.err, result


def test_a_bit_flipped_in_every_range_once_is_read_again(memory, place, right, tmp_path):
    """Nothing else can see it: the pixels are not compressed. Azure tells the MD5 of a range that it is asked for."""
    with FaultProxy(memory.url, lambda seen: Fault("flipped_down") if seen.path.endswith(".tif") and seen.nth == 1 else None) as proxy:
        stack(proxy, place, "native", tmp_path / "x.tif")
        assert any(s.nth == 2 for s in proxy.requests if s.path.endswith(".tif"))
    assert np.array_equal(rasters.read(tmp_path / "x.tif"), right["native"])


def test_an_asset_swapped_between_any_two_reads_is_never_mixed(memory, swath, tmp_path):
    """At each request in turn the asset is overwritten by another of the same layout: only its ETag can tell."""
    side = 2000
    versions = []
    for number in (0, 1):
        folder = tmp_path / f"v{number}"
        rasters.write(folder / "raw/map_20200517.tif", rasters.noise((side, side), seed=number), nodata=0)
        versions.append(uncompressed(swath, folder))
    (name,) = [n for n in versions[0].files() if n.endswith(".tif")]
    bodies = [(v.build / name).read_bytes() for v in versions]
    assert len(bodies[0]) == len(bodies[1])
    with Place(memory) as place:
        place.publish(versions[0])
        blob = memory.client.get_blob_client(place.name, f"maps/{name}")
        place.proxy.again()
        expected = []
        for body in bodies:
            blob.upload_blob(body, overwrite=True)
            stack(place.proxy, place, "native", tmp_path / "x.tif")
            expected.append(rasters.read(tmp_path / "x.tif"))
        assert not np.array_equal(*expected)
        ends = []
        for number in range(1, 40):
            blob.upload_blob(bodies[0], overwrite=True)
            asked = []

            def swap(seen):
                if seen.path.endswith(name):
                    asked.append(seen)
                    if len(asked) == number:
                        blob.upload_blob(bodies[1], overwrite=True)

            place.proxy.again(swap)
            out = tmp_path / f"{number}.tif"
            ends.append(stack(place.proxy, place, "native", out, rc={0, 5}).rc)
            if ends[-1] == 0:
                assert any(np.array_equal(rasters.read(out), e) for e in expected), f"a mixture at request {number}\n{place.proxy.story()}"
            if len(asked) < number:
                break
        assert len(ends) > 3, "the asset is read in one or two requests: nothing was tried"


def test_a_sas_that_expires_midway_is_renewed_from_its_file(memory, place, maps, right, tmp_path):
    """While the first asset is asked for, the token lapses; the file holds another by then."""
    file = tmp_path / "token.sas"
    for renewed in (True, False):
        file.write_text(memory.container_sas(place.name, hours=4 / 3600))
        until, seen_assets = time.monotonic() + 6, []

        def lapse(seen):
            if seen.path.endswith(".tif") and not seen_assets:
                seen_assets.append(seen)
                if renewed:
                    file.write_text(memory.container_sas(place.name))
                time.sleep(max(0, until - time.monotonic()))

        out = tmp_path / f"{renewed}.tif"
        with FaultProxy(memory.url, lapse) as proxy:
            url = f"{proxy.url}/{place.name}/maps"
            argv = ["stack", url, "--sas-file", file, "--datetime", "2020-05-17", "-o", out]
            result = run(*argv, env={"AZURE_STORAGE_SAS_TOKEN": None}, rc=0 if renewed else 4)
            assert seen_assets
        if renewed:
            assert np.array_equal(rasters.read(out), right["native"])
        else:
            assert "expired" in result.err and not out.exists(), result
