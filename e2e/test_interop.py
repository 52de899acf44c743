"""azcopy and rclone verify what swath uploaded, and swath goes on with what they began."""
import os
import signal
import subprocess

import numpy as np
import pytest

from support import peers, rasters
from support.faults import Fault
from support.files import tree
from support.places import MANIFEST, Place, ends_equal
from support.versions import Version

#: More than one request carries: in blocks, by swath and by azcopy alike.
SIDE = 3000


@pytest.fixture(scope="module")
def azcopy(tmp_path_factory):
    program, why = peers.install_azcopy(tmp_path_factory.mktemp("azcopy"))
    if not program:
        pytest.skip(f"not run: {why}")
    return program


@pytest.fixture(scope="module")
def maps(swath, tmp_path_factory):
    """One asset in blocks, one in a single request."""
    folder = tmp_path_factory.mktemp("maps")
    rasters.write(folder / "raw/map_t000.tif", rasters.noise((SIDE, SIDE), seed=1, high=65_535), nodata=0)
    rasters.write(folder / "raw/map_t001.tif", rasters.noise((64, 64), seed=2), origin=(590_000, 5_000_000), nodata=0)
    swath("init", "raw", "--datetime", "2020-05-17", cwd=folder)
    swath("build", cwd=folder)
    assert max(p.stat().st_size for p in folder.rglob("build/**/*.tif")) > 16 << 20
    return Version(folder)


@pytest.fixture
def place(memory):
    with Place(memory) as place:
        yield place


def url(place, path=""):
    return f"{place.proxy.url}/{place.name}/maps{path}?{place.sas}"


def assets(version):
    return sorted(n for n in version.files() if n.endswith(".tif"))


def test_rclone_finds_every_checksum_right(memory, place, maps):
    place.publish(maps)
    said = peers.rclone(memory, "check", maps.build, f"az:{place.name}/maps", "--one-way")
    assert "0 differences found" in said and "hashes could not be checked" not in said, said
    listed = peers.rclone(memory, "hashsum", "md5", f"az:{place.name}/maps")
    sums = {line.split(None, 1)[1]: line.split()[0] for line in listed.splitlines() if not line.startswith(" ")}
    assert {n: s for n, s in sums.items() if n != MANIFEST} == {n: md5.hex() for n, md5 in maps.files().items()}


def test_azcopy_downloads_what_swath_uploaded_and_finds_its_checksums(place, maps, azcopy, tmp_path):
    place.publish(maps)
    peers.azcopy(azcopy, "copy", url(place), tmp_path, "--recursive", "--from-to", "BlobLocal", "--check-md5", "FailIfDifferentOrMissing")
    got = tree(tmp_path / "maps")
    got.pop(MANIFEST)
    assert got == tree(maps.build)


@pytest.mark.parametrize("peer", ["azcopy", "azcopy --put-md5", "rclone"])
def test_what_others_uploaded_is_recognized_and_not_sent_again(memory, place, maps, peer, request):
    memory.client.create_container(place.name)
    if peer == "rclone":
        peers.rclone(memory, "copy", maps.build, f"az:{place.name}/maps")
    else:
        flags = peer.split()[1:]
        peers.azcopy(request.getfixturevalue("azcopy"), "copy", f"{maps.build}/*", url(place), "--recursive", "--from-to", "LocalBlob", *flags)
    assert set(place.stored()) == set(maps.files())
    place.publish(maps)
    assert place.written() == [MANIFEST], "only the manifest is missing"
    place.publish(maps)
    assert place.written() == []


def test_swath_goes_on_where_a_killed_azcopy_stopped(memory, place, maps, azcopy):
    """It leaves blocks that belong to no blob, and files that are whole."""
    memory.client.create_container(place.name)
    blocks = lambda seen: Fault("kill", "after") if seen.query.get("comp") == "block" and third_block(place) else None  # noqa: E731
    place.proxy.again(blocks)
    command = [azcopy, "copy", f"{maps.build}/*", url(place), "--recursive", "--from-to", "LocalBlob", "--block-size-mb", "4"]
    process = subprocess.Popen(command, env=peers.clean(os.path.dirname(azcopy)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    place.proxy.client(process)
    assert process.wait(60) == -signal.SIGKILL
    place.proxy.settle()
    large = max(assets(maps), key=lambda n: (maps.build / n).stat().st_size)
    blob = memory.client.get_blob_client(place.name, f"maps/{large}")
    committed, loose = blob.get_block_list("all")
    assert loose and not committed, "azcopy left no loose blocks: nothing is tried here"
    place.publish(maps)
    ends_equal(place, maps)
    committed, loose = blob.get_block_list("all")
    assert committed and not loose


def third_block(place):
    return sum(s.query.get("comp") == "block" for s in place.proxy.requests) >= 3


def test_rclone_copies_a_published_catalog_to_where_swath_reads_it(swath, memory, place, maps, tmp_path):
    place.publish(maps)
    peers.rclone(memory, "copy", f"az:{place.name}/maps", tmp_path / "copy")
    swath("check", tmp_path / "copy")
    first = next(n for n in assets(maps) if "t001" in n)
    assert np.array_equal(rasters.read(tmp_path / "copy" / first), rasters.read(maps.folder / "raw/map_t001.tif"))
