"""What NetCDF files hold, and when, of every kind: written by netCDF4, judged by netCDF4, xarray and cftime."""
import cftime
import netCDF4
import numpy as np
import pytest
import xarray

from support.catalog import open_catalog
from support.netcdf import cog, lonlat, stored

RNG = np.random.default_rng(7)


# Values ---------------------------------------------------------------------------------------------------------------------------


PACKED = {
    "int16, all float64": ("i2", {"scale_factor": 0.01, "add_offset": 273.15, "_FillValue": np.int16(-32768)}),
    "int16, all float32": ("i2", {"scale_factor": np.float32(0.01), "add_offset": np.float32(273.15), "_FillValue": np.int16(-1)}),
    "uint8, scale alone": ("u1", {"scale_factor": np.float32(0.5), "_FillValue": np.uint8(255)}),
    "uint16, offset alone": ("u2", {"add_offset": np.float32(10), "_FillValue": np.uint16(0)}),
    "int32, float32 scale": ("i4", {"scale_factor": np.float32(0.001), "add_offset": np.float32(1), "_FillValue": np.int32(-999)}),
    "int8, no fill": ("i1", {"scale_factor": 2.0}),
    "float32 with NaN": ("f4", {"scale_factor": 0.1, "_FillValue": np.float32(-9999)}),
    "missing_value": ("i2", {"scale_factor": 0.1, "missing_value": np.int16(7)}),
    "both": ("i2", {"scale_factor": 0.1, "missing_value": np.int16(7), "_FillValue": np.int16(8)}),
    "_Unsigned": ("i1", {"scale_factor": 0.1, "_Unsigned": "true", "_FillValue": np.int8(-1)}),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", PACKED)
def test_packed_values_are_kept_or_applied_as_asked(swath, tmp_path, case):
    kind, attributes = PACKED[case]
    values = RNG.integers(0, 100, (6, 10)).astype(kind)
    values.flat[:5] = np.arange(5, 10)
    if "_FillValue" in attributes:
        values.flat[20:25] = attributes["_FillValue"]
    if kind == "f4":
        values.flat[30:33] = np.nan
    path = lonlat(tmp_path / "a.nc", {"v": (values, attributes, {})})
    right = xarray.open_dataset(path)["v"].values
    with cog(swath, path, "--unscale") as dataset:
        assert dataset.dtypes[0] == right.dtype, case
        assert np.array_equal(dataset.read(1), right, equal_nan=True), case
        assert dataset.scales == (1.0,) and dataset.offsets == (0.0,)
        assert dataset.nodata is None or np.isnan(dataset.nodata)
    with cog(swath, path) as dataset:
        assert (dataset.scales[0], dataset.offsets[0]) == (attributes.get("scale_factor", 1.0), attributes.get("add_offset", 0.0))
        kept = dataset.read(1)
        valid = ~np.isnan(right)
        raw = stored(path).view("u1") if case == "_Unsigned" else stored(path)
        assert np.array_equal(kept[valid], raw[valid]) and np.array_equal(dataset.read_masks(1) == 255, valid), case


def test_unscaled_values_take_the_type_asked_for(swath, tmp_path):
    path = lonlat(tmp_path / "a.nc", {"v": (np.arange(60, dtype="i2").reshape(6, 10), {"scale_factor": 0.1, "add_offset": 5.0}, {})})
    with cog(swath, path, "--unscale", "-t", "float32") as dataset:
        assert dataset.dtypes == ("float32",) and np.allclose(dataset.read(1), np.arange(60).reshape(6, 10) * 0.1 + 5)


VALID = {
    "range": ("f4", {"valid_range": np.array([10, 90], "f4")}),
    "least": ("i2", {"valid_min": np.int16(10)}),
    "most": ("u1", {"valid_max": np.uint8(90), "_FillValue": np.uint8(255)}),
    "both": ("i4", {"valid_min": np.int32(10), "valid_max": np.int32(90), "_FillValue": np.int32(-1)}),
    "missing values": ("i2", {"missing_value": np.array([7, 8, 9], "i2")}),
    "fill and missing": ("f8", {"_FillValue": 5.0, "missing_value": 6.0}),
    "library's own": ("f4", {}),
}


@pytest.mark.parametrize("case", VALID)
def test_what_is_missing_is_what_netcdf4_masks(swath, tmp_path, case):
    kind, attributes = VALID[case]
    values = np.arange(60, dtype=kind).reshape(6, 10) * 2 - (0 if kind == "u1" else 4)
    values.flat[:6] = [5, 6, 7, 8, 9, 9]
    if not attributes:
        values[2, 2] = netCDF4.default_fillvals["f4"]
    path = lonlat(tmp_path / "a.nc", {"v": (values, attributes, {})})
    with netCDF4.Dataset(path) as file:
        right = np.ma.getmaskarray(file["v"][:])
    with cog(swath, path) as dataset:
        assert np.array_equal(dataset.read_masks(1) == 0, right), case
        assert np.array_equal(dataset.read(1)[~right], values[~right])


# Storage --------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["NETCDF3_CLASSIC", "NETCDF3_64BIT_OFFSET", "NETCDF3_64BIT_DATA", "NETCDF4", "NETCDF4_CLASSIC"])
@pytest.mark.parametrize("kind", ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"])
def test_every_format_and_type_is_exact(swath, tmp_path, format, kind):
    values = (RNG.random((6, 10)) * 200 - (0 if kind[0] == "u" else 100)).astype(kind)
    try:
        path = lonlat(tmp_path / "a.nc", {"v": (values, {}, {})}, format=format)
    except (TypeError, ValueError, RuntimeError, KeyError):
        return  # the format has no such type
    with cog(swath, path) as dataset:
        assert np.array_equal(dataset.read(1), values) and dataset.dtypes[0] == values.dtype


PACKING = {
    "zlib": {"compression": "zlib"},
    "zlib, no shuffle": {"compression": "zlib", "shuffle": False},
    "fletcher32": {"compression": "zlib", "fletcher32": True},
    "zstd": {"compression": "zstd"},
    "szip": {"compression": "szip"},
    "blosc_lz": {"compression": "blosc_lz"},
    "blosc_lz4": {"compression": "blosc_lz4"},
    "blosc_lz4hc": {"compression": "blosc_lz4hc"},
    "blosc_zlib": {"compression": "blosc_zlib"},
    "blosc_zstd": {"compression": "blosc_zstd"},
    "blosc bits": {"compression": "blosc_lz4", "blosc_shuffle": 2},
    "blosc plain": {"compression": "blosc_lz", "blosc_shuffle": 0},
    "bzip2": {"compression": "bzip2"},
    "quantized": {"compression": "zlib", "significant_digits": 3},
}


@pytest.mark.parametrize("case,kind", [(c, k) for c in PACKING for k in ("u1", "i2", "f4", "f8") if c != "quantized" or k[0] == "f"])
def test_every_packing_is_read_or_named(swath, tmp_path, case, kind):
    lon, lat = np.linspace(0, 40, 400), np.linspace(40, 0, 300)
    # Squares of 5 x 5 equal pixels: the library's blosc filter fails on chunks that do not become smaller.
    coarse = np.add.outer(np.sin(lat[::5]) * 50, np.cos(lon[::5]) * 50) + 120 + RNG.integers(0, 3, (60, 80))
    values = np.kron(coarse, np.ones((5, 5))).astype(kind)
    path = lonlat(tmp_path / "a.nc", {"v": (values, {}, {**PACKING[case], "chunksizes": (90, 130)})}, lon, lat)
    if case == "bzip2":
        result = swath("cog", path, tmp_path / "out.tif", rc=1)
        assert "bzip2" in result.err and "nccopy" in result.err, result.err
        return
    with cog(swath, path) as dataset:
        assert np.array_equal(dataset.read(1), stored(path))


def test_chunks_of_any_shape_give_the_same(swath, tmp_path):
    lon, lat = np.linspace(0, 40, 700), np.linspace(40, 0, 900)
    values = RNG.integers(0, 30000, (4, 900, 700)).astype("i2")
    for chunks in [(1, 900, 700), (4, 50, 60), (1, 1, 700), (2, 900, 1), (4, 900, 700), (1, 600, 350)]:
        path = lonlat(tmp_path / "a.nc", {"v": (values, {}, {"zlib": True, "complevel": 1, "chunksizes": chunks})}, lon, lat, band=4)
        with cog(swath, path) as dataset:
            assert np.array_equal(dataset.read(), values), chunks


def test_what_was_never_written_is_fill(swath, tmp_path):
    path = tmp_path / "a.nc"
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("time", None)
        for name, size in (("lat", 4), ("lon", 5)):
            file.createDimension(name, size)
            file.createVariable(name, "f8", (name,))[:] = np.arange(size)
            file[name].units = "degrees_north" if name == "lat" else "degrees_east"
        time = file.createVariable("time", "f8", ("time",))
        time.units = "days since 2000-01-01"
        time[:] = [0, 1, 2]
        file.createVariable("v", "f4", ("time", "lat", "lon"))[0] = 1
    with cog(swath, path) as dataset:
        assert dataset.count == 3 and (dataset.read(1) == 1).all()
        assert (dataset.read_masks(3) == 0).all()


def test_groups_levels_and_complex_numbers(swath, tmp_path):
    path = tmp_path / "a.nc"
    with netCDF4.Dataset(path, "w") as file:
        for name, values in (("lat", np.arange(4.0)), ("lon", np.arange(5.0)), ("lev", np.array([1000.0, 500.0])), ("time", np.arange(3.0))):
            file.createDimension(name, len(values))
            file.createVariable(name, "f8", (name,))[:] = values
        file["lat"].units, file["lon"].units, file["time"].units = "degrees_north", "degrees_east", "hours since 2000-01-01"
        inner = file.createGroup("deep").createGroup("er")
        inner.createVariable("t", "f4", ("time", "lev", "lat", "lon"))[:] = np.arange(120).reshape(3, 2, 4, 5)
        for name, kind in (("z8", "c8"), ("z16", "c16")):
            complex_type = file.createCompoundType(np.dtype([("real", f"f{int(kind[1:]) // 2}"), ("imag", f"f{int(kind[1:]) // 2}")]), f"{kind}_t")
            data = np.zeros((4, 5), complex_type.dtype)
            data["real"], data["imag"] = np.arange(20).reshape(4, 5), -np.arange(20).reshape(4, 5)
            file.createVariable(name, complex_type, ("lat", "lon"))[:] = data
    with cog(swath, path, "--variable", "/deep/er/t") as dataset:
        assert np.array_equal(dataset.read(), np.arange(120).reshape(6, 4, 5)[:, ::-1])
        assert [dataset.descriptions[i] for i in (0, 1)] == ["lev=1000", "lev=500"]
    for name, kind in (("z8", "complex64"), ("z16", "complex128")):
        with cog(swath, path, "--variable", name) as dataset:
            assert dataset.dtypes == (kind,) and np.array_equal(dataset.read(1), (np.arange(20) * (1 - 1j)).reshape(4, 5)[::-1])


# Time -----------------------------------------------------------------------------------------------------------------------------


TIMES = [
    ("days since 1859-12-01", "360_day", [0, 59, 52575.25]),
    ("days since 2000-02-28", "noleap", [0, 1, 365.5]),
    ("days since 2001-02-28", "all_leap", [0, 1, 2]),
    ("hours since 1582-10-04 12:00:00", "standard", [0, 11.5, 12, 13]),
    ("days since 1582-10-04", "julian", [0, 1, 2]),
    ("days since 1582-10-04", "proleptic_gregorian", [0, 1, 2]),
    ("days since 1850-01-01", "proleptic_gregorian", [400000, 500000.125, 1000000]),
    ("days since 0001-01-01", "proleptic_gregorian", [0, 366, 730000]),
    ("months since 1990-01-01", "360_day", [0, 1, 13.5]),
    ("common_years since 1990-01-01", "noleap", [0, 1, 2]),
    ("minutes since 1990-01-01 00:00:00 -06:00", "standard", [0, 0.5, 90]),
    ("seconds since 1970-01-01T00:00:00Z", "gregorian", [0, 1.5, 1.6e9]),
    ("milliseconds since 2000-01-01", "noleap", [0, 1, 1500]),
    ("microseconds since 1970-01-01", "standard", [1600000000123456]),
    ("Days since 2000-1-1 6:30", "365_day", [0, 58, 59]),
    ("days since 1000-01-01", "standard", [-10, 0, 212700]),
]


def times(swath, path, variable="v"):
    events = [e for e in swath("info", "--json", path).events() if e["type"] == "raster" and e["name"] == variable]
    return [band["time"] for band in events[0]["bands"]], events[0]["bands"]


def with_time(path, values, units, calendar, bounds=None, **more):
    lonlat(path, {"v": (np.zeros((len(values), 6, 10), "f4"), {}, {})}, time=len(values))
    with netCDF4.Dataset(path, "a") as file:
        values = np.asarray(values)
        time = file.createVariable("time", values.dtype if values.dtype.kind != "i" else "i8", ("time",))
        time.units, time.calendar = units, calendar
        time.setncatts(more)
        time[:] = values
        if bounds is not None:
            file.createDimension("two", 2)
            file.createVariable("tb", "f8", ("time", "two"))[:] = bounds
            time.setncattr("climatology" if "climatology" in calendar else "bounds", "tb")
    return path


@pytest.mark.parametrize("units,calendar,values", TIMES)
def test_times_are_those_of_cftime(swath, tmp_path, units, calendar, values):
    path = with_time(tmp_path / "a.nc", values, units, calendar)
    right = [t.isoformat(timespec="microseconds") for t in np.atleast_1d(cftime.num2date(np.asarray(values), units.lower(), calendar))]
    found, _ = times(swath, path)
    plain = [t if "." in t else f"{t}.000000" for t in found]
    assert [t.ljust(26, "0") for t in plain] == right


def test_digits_of_dates_are_dates(swath, tmp_path):
    path = with_time(tmp_path / "a.nc", [20000131.0, 20000229.5], "day as %Y%m%d.%f", "standard")
    assert times(swath, path)[0] == ["2000-01-31T00:00:00", "2000-02-29T12:00:00"]


def test_bounds_become_start_and_end_of_items(swath, tmp_path):
    (tmp_path / "raw").mkdir()
    with_time(tmp_path / "raw/a.nc", [15.0, 45.0, 75.0], "days since 2001-01-01", "360_day", bounds=[[0, 30], [30, 60], [60, 90]])
    swath("init", "raw", cwd=tmp_path)
    swath("build", cwd=tmp_path)
    items = sorted(open_catalog(tmp_path / "build").items, key=lambda i: i.body["properties"]["datetime"])
    spans = [(i.body["properties"]["start_datetime"][:10], i.body["properties"]["end_datetime"][:10]) for i in items]
    assert spans == [("2001-01-01", "2001-02-01"), ("2001-02-01", "2001-03-01"), ("2001-03-01", "2001-04-01")]


def test_times_that_no_item_can_have_are_said(swath, tmp_path):
    (tmp_path / "raw").mkdir()
    with_time(tmp_path / "raw/a.nc", [0.0, 3000000.0, np.nan, 5.0], "days since 5000-01-01", "standard", _FillValue_="")
    swath("init", "raw", cwd=tmp_path)
    said = swath("plan", cwd=tmp_path).out
    assert "no date from year 0 to 9999" in said and "the file leaves it empty" in said, said
    swath("build", cwd=tmp_path)
    assert len(open_catalog(tmp_path / "build").items) == 2
