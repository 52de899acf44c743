"""`stack --max-memory`: arrays larger than memory go part by part, to the same numbers, each byte read about once."""
import os

import numpy as np
import pytest
import rasterio

from support import rasters, series
from support.measure import measured

SIDE = int(os.environ.get("SWATH_STREAM_SIDE", 1500))
DATES = [f"2020-{month:02d}-{day:02d}" for month in range(1, 5) for day in (3, 9, 15, 21, 27)]
# The least that keeps parts as small as they get.
LITTLE = "200MiB"


@pytest.fixture(scope="module")
def cube(tmp_path_factory):
    """90 MB of uint16 in twenty steps."""
    base = rasters.smooth((SIDE, SIDE))
    array = np.stack([series.with_holes(base + 7 * n, 0, seed=n) for n in range(len(DATES))])
    return series.write(tmp_path_factory.mktemp("cube"), {"b": array}, DATES, nodata=0), array


def result(path):
    import xarray

    if path.suffix == ".tif":
        return rasters.read(path)
    data = xarray.open_dataset(path, mask_and_scale=False)
    return data.data.values[:, 0] if path.suffix == ".zarr" else data.b.values


MEDIAN, BY_MONTH, OF_YEAR = ["--reduce", "median"], ["--reduce", "max", "--over", "month"], ["--reduce", "count", "--over", "month-of-year"]


@pytest.mark.parametrize("name,asked", [("x.tif", MEDIAN), ("x.nc", MEDIAN), ("x.tif", BY_MONTH), ("x.zarr", OF_YEAR), ("x.zarr", []), ("x.nc", [])])
def test_parts_make_the_whole(cube, tmp_path, name, asked):
    items, array = cube
    run = measured("stack", items, *asked, "--max-memory", LITTLE, "-o", tmp_path / name)
    assert run.rc == 0 and run.peak_mib < 300, run
    got = result(tmp_path / name)
    months = [array[n : n + 5] for n in range(0, 20, 5)]
    expected = {
        (): lambda: array,
        ("--reduce", "median"): lambda: None,
        ("--reduce", "max", "--over", "month"): lambda: np.stack([m.max(axis=0) for m in months]),
        ("--reduce", "count", "--over", "month-of-year"): lambda: np.stack([(m > 0).sum(axis=0) for m in months]),
    }[tuple(asked)]()
    if expected is None:
        part = np.s_[:, 480:560, 980:1080]
        with np.errstate(all="ignore"):
            expected = np.nanmedian(series.as_float(array[part], 0), axis=0)[None]
        np.testing.assert_array_equal(got[part], expected.astype("float32"))
    else:
        assert np.array_equal(got, expected)
    assert {p.name for p in tmp_path.iterdir()} <= {name, "x.json"}


def test_each_byte_is_read_about_once(swath, cube, tmp_path, serve):
    items, _ = cube
    server = serve(items.parent)
    # Enough for a block of every step.
    swath("stack", f"{server.url}/items.json", "--reduce", "median", "--max-memory", "260MiB", "-o", tmp_path / "x.tif")
    size = sum(p.stat().st_size for p in items.parent.glob("*.tif"))
    assert 0.95 * size < server.sent(".tif") < 1.05 * size


def test_resampled_parts_make_the_whole(swath, cube, tmp_path):
    items, _ = cube
    asked = ["--crs", "EPSG:3857", "--resolution", "45", "--resampling", "bilinear", "--reduce", "mean"]
    swath("stack", items, *asked, "--max-memory", LITTLE, "-o", tmp_path / "parts.tif")
    swath("stack", items, *asked, "--max-memory", "4GiB", "-o", tmp_path / "whole.tif")
    parts, whole = rasters.read(tmp_path / "parts.tif"), rasters.read(tmp_path / "whole.tif")
    np.testing.assert_array_equal(parts, whole)


def test_without_nodata_a_mask_goes_the_same_way(swath, tmp_path):
    """Two tiles that do not fill the frame, no nodata declared: what neither covers is masked."""
    array = rasters.noise((6, 1100, 1100), "uint8", high=3)
    items = series.write(tmp_path / "in", {"b": array}, DATES[:6])
    frame = "500000,4964000,536000,5000000"
    for memory, name in ((LITTLE, "parts.tif"), ("4GiB", "whole.tif")):
        swath("stack", items, "--bounds", frame, "--reduce", "max", "--max-memory", memory, "-o", tmp_path / name)
    with rasterio.open(tmp_path / "parts.tif") as parts, rasterio.open(tmp_path / "whole.tif") as whole:
        assert parts.shape == (1200, 1200) and np.array_equal(parts.read(), whole.read())
        assert np.array_equal(parts.dataset_mask(), whole.dataset_mask())
        assert (parts.dataset_mask()[:1100, :1100] == 255).all() and not parts.dataset_mask()[1100:].any()


def test_a_damaged_asset_is_named_once_though_many_parts_meet_it(swath, cube, tmp_path):
    import shutil

    items, array = cube
    shutil.copytree(items.parent, tmp_path / "in")
    (tmp_path / "in/b_20200103.tif").write_bytes((items.parent / "b_20200103.tif").read_bytes()[:300_000])
    asked = ["--reduce", "max", "--max-memory", LITTLE, "-o", tmp_path / "x.tif"]
    failed = swath("stack", tmp_path / "in/items.json", *asked, rc=None)
    assert failed.rc not in (0, 101) and "20200103" in failed.err and not (tmp_path / "x.tif").exists()
    partly = swath("stack", tmp_path / "in/items.json", *asked, "--errors", "nodata", rc=8)
    assert partly.err.count("error:") == 1 and "1 assets could not be read" in partly.err


def test_a_plot_of_a_large_cube_needs_only_what_is_drawn(swath, cube, tmp_path):
    run = measured("stack", cube[0], "--reduce", "median", "--max-memory", LITTLE, "-o", tmp_path / "x.png")
    assert run.rc == 0 and (tmp_path / "x.png").stat().st_size > 10_000 and run.peak_mib < 400, run
    too_large = swath("stack", cube[0], "--max-size", "0.05", "-o", tmp_path / "y.png", rc=1)
    assert "--resolution" in too_large.err
