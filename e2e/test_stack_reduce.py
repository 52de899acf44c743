"""`stack --reduce`: equal to numpy and xarray, whatever the type; the same within any memory."""
import os
import warnings

import numpy as np
import pytest
import rasterio

from support import rasters, series

DATES = ["2019-12-05", "2019-12-31T23:59:59Z", "2020-01-01", "2020-01-20", "2020-02-11", "2020-07-01", "2021-01-02"]
SHAPE = (len(DATES), 90, 70)

NUMPY = {
    "mean": np.nanmean,
    "median": np.nanmedian,
    "min": np.nanmin,
    "max": np.nanmax,
    "std": np.nanstd,
    "p90": lambda v, axis: np.nanpercentile(v, 90, axis=axis),
    "percentile:2.5": lambda v, axis: np.nanpercentile(v, 2.5, axis=axis),
    "count": lambda v, axis: np.isfinite(v).sum(axis=axis),
}
KEPT = ("min", "max", "first", "last")


def first(values, axis=0):
    at = np.isfinite(values).argmax(axis=0)
    return np.take_along_axis(values, at[None], axis=0)[0]


NUMPY |= {"first": first, "last": lambda values, axis: first(values[::-1])}


def numpy_says(how, values):
    with warnings.catch_warnings():
        # 'All-NaN slice': that is what is tested.
        warnings.simplefilter("ignore", RuntimeWarning)
        return NUMPY[how](values, axis=0)


def result_type(dtype, how):
    """Kept types keep; count counts; the others are floating point, as xarray has it for what it masks."""
    dtype = np.dtype(dtype)
    if how in KEPT:
        return dtype
    if how == "count":
        return np.dtype("uint32")
    return np.dtype("float32") if dtype.itemsize <= 2 or dtype == "float32" else np.dtype("float64")


@pytest.fixture(scope="module")
def numbers(tmp_path_factory):
    """(items, array, nodata) by dtype."""
    made = {}

    def of(dtype, nodata):
        key = (dtype, str(nodata))
        if key not in made:
            low = 1 if np.dtype(dtype).kind == "u" else -100
            array = rasters.noise(SHAPE, dtype, low=low, high=120)
            if nodata is not None:
                array = series.with_holes(array, nodata)
            made[key] = series.write(tmp_path_factory.mktemp("numbers"), {"b": array}, DATES, nodata=nodata), array
        return *made[key], nodata

    return of


TYPES = [("uint8", 0), ("int8", -128), ("int16", -9999), ("uint16", 65535), ("int32", -9999), ("uint32", 0), ("float32", -9999), ("float32", float("nan")), ("float64", float("nan")), ("uint8", None)]


@pytest.mark.parametrize("dtype,nodata", TYPES)
def test_every_reduction_is_that_of_numpy(swath, numbers, tmp_path, dtype, nodata):
    items, array, nodata = numbers(dtype, nodata)
    values = series.as_float(array, nodata)
    for how in NUMPY:
        out = tmp_path / f"{how.replace(':', '_')}.tif"
        swath("stack", items, "--reduce", how, "-o", out)
        with rasterio.open(out) as dataset:
            got, kept = dataset.read(1), dataset.nodata
        expected = numpy_says(how, values)
        assert got.dtype == result_type(dtype, how), how
        if how in KEPT and kept is not None and not np.isnan(kept):
            expected = np.where(np.isnan(expected), kept, expected)
        if how in (*KEPT, "count"):
            np.testing.assert_array_equal(got.astype("float64"), expected, err_msg=how)
        else:
            np.testing.assert_allclose(got, expected, rtol=2e-7 if got.dtype == "float32" else 1e-12, atol=1e-5 if how == "std" else 1e-30, err_msg=how)


def test_large_integers_keep_their_last_digit(swath, tmp_path):
    array = np.array([2**63 - 1, 2**63 - 2, 5], "int64").reshape(3, 1, 1) * np.ones((1, 4, 4), "int64")
    items = series.write(tmp_path, {"b": array}, DATES[:3])
    for how, expected in (("max", 2**63 - 1), ("min", 5), ("first", 2**63 - 1)):
        swath("stack", items, "--reduce", how, "-o", tmp_path / f"{how}.tif")
        assert (rasters.read(tmp_path / f"{how}.tif") == expected).all(), how


XARRAY = {
    "year": lambda a: a.resample(time="YS"),
    "season": lambda a: a.resample(time="QS-DEC"),
    "month": lambda a: a.resample(time="MS"),
    "day": lambda a: a.resample(time="D"),
    "month-of-year": lambda a: a.groupby("time.month"),
    "season-of-year": lambda a: a.groupby("time.season"),
}


@pytest.mark.parametrize("over", XARRAY)
def test_groups_are_those_of_xarray(swath, numbers, tmp_path, over):
    import pandas as pd
    import xarray

    items, array, nodata = numbers("int16", -9999)
    times = pd.DatetimeIndex([pd.Timestamp(d).tz_localize(None) for d in DATES])
    source = xarray.DataArray(series.as_float(array, nodata), dims=("time", "y", "x"), coords={"time": times})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        expected = XARRAY[over](source).median()
    swath("stack", items, "--reduce", "median", "--over", over, "-o", tmp_path / "x.zarr")
    got = xarray.open_zarr(tmp_path / "x.zarr").data.isel(band=0)
    if over == "season-of-year":
        expected = expected.sel(season=[s for s in ("DJF", "MAM", "JJA", "SON") if s in expected.season.values])
    elif over != "month-of-year":
        # resample makes a step for every month between; one without a file has nothing to read.
        expected = expected.dropna("time", how="all")
        assert list(got.time.values) == list(expected.time.values)
    np.testing.assert_allclose(got.values, expected.values, rtol=1e-6)


def test_a_group_without_a_reduction_is_usage(swath, numbers, tmp_path):
    items, *_ = numbers("int16", -9999)
    result = swath("stack", items, "--over", "month", "-o", tmp_path / "x.tif", rc=2)
    assert "--reduce median --over month" in result.err
    assert "p0 to p100" in swath("stack", items, "--reduce", "p101", "-o", tmp_path / "x.tif", rc=2).err


def test_scale_and_offset_are_those_of_what_comes_out(swath, tmp_path):
    array = rasters.noise((3, 40, 40), "int16")
    packing = {"b": {"raster:scale": 0.1, "raster:offset": 5.0, "unit": "m"}}
    items = series.write(tmp_path / "in", {"b": array}, DATES[:3], fields=packing)
    for how, scale, offset, unit in (("median", 0.1, 5.0, "m"), ("std", 0.1, 0.0, "m"), ("count", 1.0, 0.0, None)):
        swath("stack", items, "--reduce", how, "-o", tmp_path / f"{how}.tif")
        with rasterio.open(tmp_path / f"{how}.tif") as dataset:
            assert (dataset.scales[0], dataset.offsets[0], dataset.units[0] or None) == (scale, offset, unit), how
    swath("stack", items, "--reduce", "mean", "--rescale", "-o", tmp_path / "x.tif")
    np.testing.assert_allclose(rasters.read(tmp_path / "x.tif")[0], array.mean(axis=0) * 0.1 + 5, rtol=1e-6)


def test_real_scenes_reduce_as_numpy_does(swath, built, tmp_path):
    root = built / "build"
    swath("stack", root, "--assets", "B4", "-o", tmp_path / "all.zarr")
    import xarray

    stack = xarray.open_zarr(tmp_path / "all.zarr").data.isel(band=0)
    assert stack.sizes["time"] > 2
    for how in ("median", "p90", "std"):
        swath("stack", root, "--assets", "B4", "--reduce", how, "-o", tmp_path / f"{how}.tif")
        got = rasters.read(tmp_path / f"{how}.tif")[0]
        np.testing.assert_allclose(got, numpy_says(how, stack.values.astype("float64")), rtol=1e-6)
