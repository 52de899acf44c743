"""`build`: every pixel again, only what changed, nothing under a final name that is not whole."""
import hashlib
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import time

import numpy as np
import pytest
import rasterio

from support import rasters
from support.catalog import documents, open_catalog, strict
from support.files import rewritten, stamps, tree
from support.run import BINARY, environment


def raw_of(scenes):
    """(tile, date, band) -> raw file, read from the names as a person reads them."""
    found = {}
    for path in scenes.rglob("*.TIF"):
        tile, date, band = re.fullmatch(r"LC08_L1TP_(\d{6})_(\d{8})_(\w+)", path.stem).groups()
        found[tile, date, band] = path
    return found


def test_every_raw_band_is_found_again_bit_for_bit(scenes, catalog):
    raw = raw_of(scenes)
    assert len(raw) == 19 * 12
    for item in catalog.items:
        date = item.body["properties"]["datetime"][:10].replace("-", "")
        tile = re.search(r"01[34]03[12]", item.body["id"])[0]
        for key in item.body["assets"]:
            with rasterio.open(raw.pop((tile, date, key))) as a, rasterio.open(item.asset(key)) as b:
                assert a.crs == b.crs and a.transform == b.transform and a.dtypes == b.dtypes, f"{item.body['id']} {key}"
                assert np.array_equal(a.read(), b.read()), f"{item.body['id']} {key}"
    assert not raw, f"not built: {sorted(raw)}"


def test_raw_files_are_never_written_to(scenes, built):
    assert tree(built / "raw") == tree(scenes)


def test_checksums_sizes_and_statistics_are_those_of_the_bytes(catalog):
    for item in catalog.items[::6]:
        for key, asset in item.body["assets"].items():
            content = item.asset(key).read_bytes()
            assert asset["file:size"] == len(content)
            assert asset["file:checksum"] == "1220" + hashlib.sha256(content).hexdigest()
            band = asset["bands"][0] if "bands" in asset else {}
            statistics = asset.get("statistics") or band["statistics"]
            with rasterio.open(item.asset(key)) as dataset:
                values = dataset.read(1, masked=True).compressed().astype("float64")
            assert statistics["minimum"] == values.min() and statistics["maximum"] == values.max()
            assert statistics["mean"] == pytest.approx(values.mean(), rel=1e-9)
            assert statistics["stddev"] == pytest.approx(values.std(), rel=1e-6)


def test_metadata_says_what_rasterio_says(catalog):
    for item in catalog.items[::6]:
        for key, asset in item.body["assets"].items():
            properties = item.body["properties"] | asset
            with rasterio.open(item.asset(key)) as dataset:
                assert properties["proj:code"] == f"EPSG:{dataset.crs.to_epsg()}"
                assert properties["proj:transform"][:6] == list(dataset.transform)[:6]
                assert properties["proj:shape"] == list(dataset.shape)
                assert properties["proj:bbox"] == pytest.approx(list(dataset.bounds))


def tile(folder, number, array):
    """One of many tiles, each at a place of its own."""
    rasters.write(folder / f"raw/map_t{number:03}.tif", array, origin=(500_000 + 30_000 * number, 5_000_000), nodata=0)


def small(folder, count=6):
    for n in range(count):
        tile(folder, n, rasters.smooth((600, 700), seed=n))
    return folder


def ready(swath, folder, count=6):
    small(folder, count)
    swath("init", "raw", "--datetime", "2020-05-17", cwd=folder)
    swath("build", cwd=folder)
    return folder


def test_a_second_run_converts_nothing(swath, tmp_path):
    ready(swath, tmp_path)
    before = stamps(tmp_path / "build")
    swath("build", cwd=tmp_path)
    assert rewritten(before, stamps(tmp_path / "build")) == []


def test_one_changed_file_is_converted_alone(swath, tmp_path):
    ready(swath, tmp_path)
    before = stamps(tmp_path / "build")
    tile(tmp_path, 2, rasters.smooth((600, 700), seed=99))
    swath("build", cwd=tmp_path)
    again = [p for p in rewritten(before, stamps(tmp_path / "build")) if p.endswith(".tif")]
    assert len(again) == 1 and "t002" in again[0], again
    catalog = open_catalog(tmp_path / "build")
    item = next(i for i in catalog.items if "t002" in i.body["id"])
    (key,) = item.body["assets"]
    assert np.array_equal(rasters.read(item.asset(key)), rasters.read(tmp_path / "raw/map_t002.tif"))
    swath("check", "build", cwd=tmp_path)


@pytest.mark.parametrize("suffix", [".tif.aux.xml", ".tfw", ".tif.msk", ".tif.ovr", "_RPC.TXT"])
def test_what_lies_beside_a_raw_file_is_part_of_it(swath, tmp_path, suffix):
    ready(swath, tmp_path, count=2)
    beside = tmp_path / f"raw/map_t001{suffix}"
    if suffix in (".tif.msk", ".tif.ovr"):
        made = rasters.write(tmp_path / "made.tif", np.full((300, 350) if suffix == ".tif.ovr" else (600, 700), 255, "uint8"))
        content = made.read_bytes()
    else:
        content = {".tif.aux.xml": b"<PAMDataset><Metadata><MDI key='A'>b</MDI></Metadata></PAMDataset>", ".tfw": b"1\n0\n0\n-1\n0\n0\n"}.get(suffix, b"")
    for change in ("new", "touched", "gone"):
        if change == "gone":
            beside.unlink()
        else:
            beside.write_bytes(content)
        due = [e for e in swath("plan", "--json", cwd=tmp_path).events() if e["type"] == "due"]
        assert [e["why"] for e in due] == ["a file beside the raw file changed"] and "t001" in due[0]["asset"], (change, due)
        swath("build", cwd=tmp_path)
        swath("plan", "--exit-code", cwd=tmp_path, rc=0)


def test_a_touched_file_is_looked_at_alone(swath, tmp_path):
    ready(swath, tmp_path)
    before = stamps(tmp_path / "build")
    os.utime(tmp_path / "raw/map_t001.tif")
    swath("build", cwd=tmp_path)
    again = [p for p in rewritten(before, stamps(tmp_path / "build")) if p.endswith(".tif")]
    assert all("t001" in p for p in again), again


def test_a_change_of_the_plan_converts_again(swath, tmp_path):
    ready(swath, tmp_path, count=2)
    before = stamps(tmp_path / "build")
    plan = tmp_path / "swath.toml"
    text = plan.read_text()
    text = re.sub(r'(?m)^(compress *= *).*$', r'\1"lzw"', text) if re.search(r"(?m)^compress *=", text) else text.replace("[[dataset]]", '[cog]\ncompress = "lzw"\n\n[[dataset]]', 1)
    plan.write_text(text)
    swath("build", cwd=tmp_path)
    for path in (tmp_path / "build").rglob("*.tif"):
        with rasterio.open(path) as dataset:
            assert dataset.compression.name.lower() == "lzw"
    assert len([p for p in rewritten(before, stamps(tmp_path / "build")) if p.endswith(".tif")]) == 2


def test_the_same_input_makes_the_same_bytes(swath, tmp_path):
    ready(swath, tmp_path / "one/maps", count=3)
    ready(swath, tmp_path / "two/maps", count=3)
    one, two = ({k: v for k, v in tree(tmp_path / n / "maps/build").items() if k.endswith(".tif")} for n in ("one", "two"))
    assert one == two and len(one) == 3


def whole(path):
    with rasterio.open(path) as dataset:
        dataset.read()
        for level in dataset.overviews(1):
            dataset.read(out_shape=(dataset.count, -(-dataset.height // level), -(-dataset.width // level)))


def test_a_kill_never_leaves_half_a_file_under_a_final_name(swath, tmp_path):
    small(tmp_path, 12)
    swath("init", "raw", "--datetime", "2020-05-17", cwd=tmp_path)
    started = time.monotonic()
    swath("build", cwd=tmp_path)
    full = time.monotonic() - started
    expected = {k: v for k, v in tree(tmp_path / "build").items() if k.endswith(".tif")}
    random.seed(7)
    for _ in range(8):
        shutil.rmtree(tmp_path / "build", ignore_errors=True)
        process = subprocess.Popen([BINARY, "build"], cwd=tmp_path, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(random.uniform(0.05, 0.95) * full)
        process.send_signal(signal.SIGKILL)
        process.wait()
        for path in (tmp_path / "build").rglob("*") if (tmp_path / "build").exists() else []:
            if path.suffix == ".tif":
                whole(path)
            elif path.suffix == ".json" and path.is_file():
                strict(path.read_text())
    swath("build", cwd=tmp_path)
    swath("check", "build", cwd=tmp_path)
    assert {k: v for k, v in tree(tmp_path / "build").items() if k.endswith(".tif")} == expected
    assert not [p for p in tree(tmp_path / "build") if ".tmp" in p or ".part" in p]


def test_three_broken_files_of_a_hundred_do_not_stop_the_rest(swath, tmp_path):
    for n in range(97):
        tile(tmp_path, n, rasters.smooth((64, 64), seed=n))
    whole = (tmp_path / "raw/map_t000.tif").read_bytes()
    broken = {97: whole[:-3000], 98: b"version https://git-lfs.github.com/spec/v1", 99: whole[:4] + b"\xff" * 4 + whole[8:]}
    for n, content in broken.items():
        (tmp_path / f"raw/map_t{n:03}.tif").write_bytes(content)
    swath("init", "raw", "--datetime", "2020-05-17", cwd=tmp_path, rc={0, 8})
    result = swath("build", cwd=tmp_path, rc=8)
    assert len(list((tmp_path / "build").rglob("*.tif"))) == 97
    assert len(open_catalog(tmp_path / "build").items) == 97
    tail = "\n".join(result.text.splitlines()[-20:])
    for n in (97, 98, 99):
        assert f"map_t{n:03}.tif" in tail, tail
    swath("check", "build", cwd=tmp_path, rc=0)


def mount(folder, size):
    folder.mkdir()
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True).returncode:
        pytest.skip("not run: a small file system cannot be mounted here")


def test_a_full_disk_ends_with_7_and_leaves_earlier_outputs_whole(swath, tmp_path):
    disk = tmp_path / "disk"
    for n in range(8):
        tile(tmp_path, n, rasters.noise((1000, 1000), seed=n))
    mount(disk, "8m")
    try:
        swath("init", tmp_path / "raw", "--datetime", "2020-05-17", cwd=disk)
        result = swath("build", cwd=disk, rc=7)
        assert "space" in result.err, result.err
        assert "hint" in result.err, result.err
        for path in disk.rglob("*.tif"):
            whole(path)
        for path in (disk / "build").rglob("*.json"):
            strict(path.read_text())
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_folder_that_cannot_be_written_ends_with_7(swath, tmp_path):
    small(tmp_path, 1)
    swath("init", "raw", "--datetime", "2020-05-17", cwd=tmp_path)
    (tmp_path / "build").write_text("a file where the folder would be")
    swath("build", cwd=tmp_path, rc={5, 7})


def test_a_netcdf_time_axis_becomes_items(swath, shared, tmp_path):
    (tmp_path / "raw").mkdir()
    name = "sentinel2_cube_subset_romania_20m.nc"
    shutil.copyfile(shared / "data/sentinel2_romania" / name, tmp_path / "raw" / name)
    swath("init", "raw", "--datetime", "2020-05-17", cwd=tmp_path)
    swath("build", cwd=tmp_path, timeout=300)
    catalog = open_catalog(tmp_path / "build")
    assert len(catalog.items) == 140

    import xarray

    cube = xarray.open_dataset(tmp_path / "raw" / name, mask_and_scale=False)
    times = sorted(str(t)[:10] for t in cube.time.values)
    assert sorted(i.body["properties"]["datetime"][:10] for i in catalog.items) == times
    for item in catalog.items[::35]:
        step = cube.sel(time=item.body["properties"]["datetime"][:10]).squeeze()
        for key, asset in item.body["assets"].items():
            assert np.array_equal(rasters.read(item.asset(key))[0], step[key].values), f"{item.body['id']} {key}"


def test_every_document_is_json_and_every_collection_has_its_parquet(built):
    assert documents(built / "build")
    catalog = open_catalog(built / "build")
    for collection in catalog.collections:
        assert (collection.path.parent / "items.parquet").read_bytes()[:4] == b"PAR1"


def test_items_lie_where_the_layout_says(built):
    catalog = open_catalog(built / "build")
    dataset = catalog.collections[0]
    assert dataset.path == built / "build" / dataset.body["id"] / "collection.json"
    for item in catalog.items:
        assert item.path == dataset.path.parent / item.body["id"] / f"{item.body['id']}.json"
        assert item.body["collection"] == dataset.body["id"]
        assert pathlib.PurePath(item.path).name.endswith(".json")


def test_a_read_only_raw_folder_is_enough(swath, tmp_path):
    small(tmp_path, 2)
    swath("init", "raw", "--datetime", "2020-05-17", cwd=tmp_path)
    for path in [*(tmp_path / "raw").iterdir(), tmp_path / "raw"]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        swath("build", cwd=tmp_path)
    finally:
        (tmp_path / "raw").chmod(0o755)
