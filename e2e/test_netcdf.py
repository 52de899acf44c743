"""NetCDF and CF of every kind, written by netCDF4 and judged by netCDF4, xarray, cftime and pyproj."""
import json

import cftime
import netCDF4
import numpy as np
import pyproj
import pytest
import rasterio
import xarray

from support.catalog import open_catalog

RNG = np.random.default_rng(7)


def lonlat(path, variables, lon=None, lat=None, format="NETCDF4", dims=("lat", "lon"), **extra):
    """A file on longitudes and latitudes; `variables`: name -> (values, attributes, options of createVariable)."""
    lon = np.arange(10.0, 20.0) if lon is None else np.asarray(lon)
    lat = np.arange(50.0, 44.0, -1) if lat is None else np.asarray(lat)
    with netCDF4.Dataset(path, "w", format=format) as file:
        for name, values, units in (("lon", lon, "degrees_east"), ("lat", lat, "degrees_north")):
            file.createDimension(name, len(values))
            file.createVariable(name, values.dtype, (name,))[:] = values
            file[name].units = units
        for name, size in extra.items():
            file.createDimension(name, size)
        for name, (values, attributes, options) in variables.items():
            attributes = dict(attributes)
            fill = {"fill_value": attributes.pop("_FillValue")} if "_FillValue" in attributes else {}
            shape = dims if np.ndim(values) == 2 else (*extra, *dims)
            variable = file.createVariable(name, np.asarray(values).dtype, shape, **fill, **options)
            variable.setncatts(attributes)
            variable.set_auto_maskandscale(False)
            variable[:] = values
    return path


def projected(path, mapping, spelled="grid_mapping", units="m", step=1000.0):
    """A file on x and y whose CRS the attributes `mapping` describe."""
    with netCDF4.Dataset(path, "w") as file:
        for name, size in (("y", 8), ("x", 9)):
            file.createDimension(name, size)
            values = step * (np.arange(size) if name == "x" else size - np.arange(size))
            file.createVariable(name, "f8", (name,))[:] = values
            file[name].setncatts({"standard_name": f"projection_{name}_coordinate", "units": units})
        file.createVariable("v", "f4", ("y", "x"))[:] = 1
        if spelled == "grid_mapping":
            file.createVariable("crs", "i4", ()).setncatts(mapping)
            file["v"].grid_mapping = "crs"
        elif spelled == "extended":
            file.createVariable("other", "i4", ()).setncatts({"grid_mapping_name": "latitude_longitude"})
            file.createVariable("crs", "i4", ()).setncatts(mapping)
            file["v"].grid_mapping = "other: lat lon crs: x y"
        elif spelled == "habit":
            file.createVariable("spatial_ref", "i4", ()).setncatts(mapping)
        elif spelled == "variable":
            file["v"].setncatts(mapping)
        else:
            file.setncatts(mapping)
    return path


def cog(swath, source, *flags, name="out.tif"):
    out = source.with_name(name)
    swath("cog", source, out, "--overwrite", *flags)
    return rasterio.open(out)


def stored(path, name="v"):
    with netCDF4.Dataset(path) as file:
        file[name].set_auto_maskandscale(False)
        return file[name][:]


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


@pytest.mark.parametrize("kind", ["u1", "i2", "f4", "f8"])
@pytest.mark.parametrize("case", PACKING)
def test_every_packing_is_read_or_named(swath, tmp_path, case, kind):
    lon, lat = np.linspace(0, 40, 400), np.linspace(40, 0, 300)
    values = (np.add.outer(np.sin(lat) * 50, np.cos(lon) * 50) + 120 + RNG.integers(0, 3, (300, 400))).astype(kind)
    try:
        path = lonlat(tmp_path / "a.nc", {"v": (values, {}, {**PACKING[case], "chunksizes": (90, 130)})}, lon, lat)
    except (RuntimeError, ValueError, TypeError) as error:
        pytest.skip(f"not run: netCDF4 here cannot write it: {error}")
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


# Place ----------------------------------------------------------------------------------------------------------------------------


def test_every_order_and_direction_of_axes_is_turned_north_up(swath, tmp_path):
    lon, lat = np.arange(10.0, 20.0), np.arange(50.0, 44.0, -1)
    values = np.add.outer(lat * 100, lon).astype("f4")
    for flip_x in (1, -1):
        for flip_y in (1, -1):
            for dims in (("lat", "lon"), ("lon", "lat")):
                data = values[::flip_y, ::flip_x]
                data = data if dims[0] == "lat" else data.T
                path = lonlat(tmp_path / "a.nc", {"v": (data, {}, {})}, lon[::flip_x], lat[::flip_y], dims=dims)
                with cog(swath, path) as dataset:
                    assert np.array_equal(dataset.read(1), values) and list(dataset.transform)[:6] == [1, 0, 9.5, 0, -1, 50.5]


LONGITUDES = {
    "0..360 by edges": (np.arange(2.5, 360, 5), "exact", -180.0),
    "0..360 by centres": (np.arange(0.0, 360, 5), "centre", -182.5),
    "already there": (np.arange(-177.5, 180, 5), "exact", -180.0),
    "beyond 180 alone": (np.arange(202.5, 300, 5), "exact", -160.0),
}


@pytest.mark.parametrize("case", LONGITUDES)
def test_longitudes_roll_on_request(swath, tmp_path, case):
    lon, how, west = LONGITUDES[case]
    values = np.tile(lon, (6, 1)).astype("f4")
    path = lonlat(tmp_path / "a.nc", {"v": (values, {}, {})}, lon)
    with cog(swath, path) as dataset:
        assert np.array_equal(dataset.read(1), values)
    with cog(swath, path, "--wrap-longitude", how) as dataset:
        assert dataset.transform.c == west
        centres = west + 5 * (np.arange(len(lon)) + 0.5)
        assert np.array_equal(dataset.read(1)[0] % 360, (centres % 360).astype("f4")), "every column keeps its longitude"


def test_a_column_across_the_antimeridian_is_refused_with_the_way_out(swath, tmp_path):
    path = lonlat(tmp_path / "a.nc", {"v": (np.zeros((6, 72), "f4"), {}, {})}, np.arange(0.0, 360, 5))
    result = swath("cog", path, tmp_path / "out.tif", "--wrap-longitude", rc=2)
    assert "across the antimeridian" in result.err and "centre" in result.err
    path = lonlat(tmp_path / "b.nc", {"v": (np.zeros((6, 20), "f4"), {}, {})}, np.arange(102.5, 202, 5))
    result = swath("cog", path, tmp_path / "out.tif", "--wrap-longitude", rc=2)
    assert "two parts" in result.err and "sellonlatbox" in result.err


@pytest.mark.parametrize("lon,west", [([355.0, 357.5, 0.0, 2.5], -6.25), ([175.0, 177.5, -180.0, -177.5], 173.75)])
def test_longitudes_that_jump_by_a_turn_run_on(swath, tmp_path, lon, west):
    path = lonlat(tmp_path / "a.nc", {"v": (np.zeros((6, 4), "f4"), {}, {})}, lon)
    with cog(swath, path) as dataset:
        assert (dataset.transform.a, dataset.transform.c) == (2.5, west)


def curvilinear(path, affine_in=None):
    cols, rows = np.meshgrid(np.arange(30.0), np.arange(20.0))
    if affine_in:
        lon, lat = pyproj.Transformer.from_crs(affine_in, 4326, always_xy=True).transform(400000 + 3000 * cols, 5500000 - 3000 * rows)
    else:
        lon, lat = 5 + 0.3 * cols + 0.05 * rows, 50 - 0.2 * rows + 0.004 * cols**1.5
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("j", 20)
        file.createDimension("i", 30)
        for name, values, units in (("lon", lon, "degrees_east"), ("lat", lat, "degrees_north")):
            file.createVariable(name, "f8", ("j", "i"))[:] = values
            file[name].units = units
        file.createVariable("v", "f4", ("j", "i"))[:] = np.arange(600).reshape(20, 30)
        file["v"].coordinates = "lon lat"
    return path, lon, lat


def test_a_curvilinear_array_keeps_its_place_as_control_points(swath, tmp_path):
    path, lon, lat = curvilinear(tmp_path / "a.nc")
    with cog(swath, path) as dataset:
        assert np.array_equal(dataset.read(1), np.arange(600).reshape(20, 30))
        points, crs = dataset.gcps
        assert crs.to_epsg() == 4326 and len(points) >= 20 * 15
        for point in points:
            row, col = int(point.row - 0.5), int(point.col - 0.5)
            assert (point.x, point.y) == pytest.approx((lon[row, col], lat[row, col]), abs=1e-12)
    result = swath("cog", path, tmp_path / "b.tif", "--geolocation", "refuse", rc=2)
    assert "no regular grid" in result.err and "gdalwarp" in result.err and "cdo" in result.err


def test_a_curvilinear_file_is_built_with_its_box_or_left_out_as_the_plan_says(swath, tmp_path):
    (tmp_path / "raw").mkdir()
    _, lon, lat = curvilinear(tmp_path / "raw/a.nc")
    swath("init", "raw", "--datetime", "2020-05-17", cwd=tmp_path)
    plan = (tmp_path / "swath.toml").read_text()
    assert "# geolocation = \"refuse\"" in plan
    assert "ground control points" in swath("plan", cwd=tmp_path).out
    swath("build", cwd=tmp_path)
    (item,) = open_catalog(tmp_path / "build").items
    assert item.body["bbox"] == pytest.approx([lon.min(), lat.min(), lon.max(), lat.max()], abs=1e-6)
    (tmp_path / "swath.toml").write_text(plan.replace("# geolocation", "geolocation"))
    assert "no regular grid" in swath("plan", cwd=tmp_path).out


def test_two_dimensional_coordinates_of_a_regular_grid_are_a_regular_grid(swath, tmp_path):
    lon, lat = np.meshgrid(np.arange(10.0, 20.0), np.arange(50.0, 44.0, -1))
    with netCDF4.Dataset(tmp_path / "a.nc", "w") as file:
        file.createDimension("j", 6)
        file.createDimension("i", 10)
        for name, values, units in (("lon", lon, "degrees_east"), ("lat", lat, "degrees_north")):
            file.createVariable(name, "f4", ("j", "i"))[:] = values
            file[name].units = units
        file.createVariable("v", "f4", ("j", "i"))[:] = 1
        file["v"].coordinates = "lon lat"
    with cog(swath, tmp_path / "a.nc") as dataset:
        assert dataset.crs.to_epsg() == 4326 and list(dataset.transform)[:6] == pytest.approx([1, 0, 9.5, 0, -1, 50.5], abs=1e-5)


def test_uneven_axes_are_approximated_like_gaussian_ones_or_become_points(swath, tmp_path):
    gaussian = np.degrees(np.arcsin(np.polynomial.legendre.leggauss(64)[0]))[::-1]
    path = lonlat(tmp_path / "a.nc", {"v": (np.zeros((64, 10), "f4"), {}, {})}, lat=gaussian)
    assert "uneven steps" in swath("info", path).out
    with cog(swath, path) as dataset:
        rows = np.array([dataset.xy(row, 0)[1] for row in range(64)])
        assert np.abs(rows - gaussian).max() < 0.05 * 2.8
    path = lonlat(tmp_path / "b.nc", {"v": (np.zeros((4, 10), "f4"), {}, {})}, lat=[50.0, 49.0, 40.0, 10.0])
    with cog(swath, path) as dataset:
        assert sorted({p.y for p in dataset.gcps[0]}) == [10, 40, 49, 50]


SPHERE = {"earth_radius": 6371229.0}
WGS84 = {"semi_major_axis": 6378137.0, "inverse_flattening": 298.257223563}
BESSEL = {"reference_ellipsoid_name": "Bessel 1841", "semi_major_axis": 6377397.155, "inverse_flattening": 299.1528128}
ORIGIN = {"latitude_of_projection_origin": 40.0, "longitude_of_projection_origin": 10.0, "false_easting": 0.0, "false_northing": 0.0}
CENTRAL = {"latitude_of_projection_origin": 40.0, "longitude_of_central_meridian": 10.0, "false_easting": 5000.0, "false_northing": 100.0}
PROJECTIONS = {
    "transverse_mercator": {**CENTRAL, **WGS84, "scale_factor_at_central_meridian": 0.9996},
    "lambert_conformal_conic 1": {**CENTRAL, **SPHERE, "standard_parallel": 40.0},
    "lambert_conformal_conic 2": {**CENTRAL, **BESSEL, "standard_parallel": [35.0, 45.0]},
    "albers_conical_equal_area": {**CENTRAL, **WGS84, "standard_parallel": [35.0, 45.0]},
    "lambert_azimuthal_equal_area": {**ORIGIN, **WGS84},
    "azimuthal_equidistant": {**ORIGIN, **WGS84},
    "mercator A": {**ORIGIN, **WGS84, "latitude_of_projection_origin": 0.0, "scale_factor_at_projection_origin": 0.99},
    "mercator B": {**ORIGIN, **SPHERE, "latitude_of_projection_origin": 0.0, "standard_parallel": 20.0},
    "polar_stereographic A": {**WGS84, "latitude_of_projection_origin": 90.0, "straight_vertical_longitude_from_pole": -45.0,
                              "scale_factor_at_projection_origin": 0.97, "false_easting": 0.0, "false_northing": 0.0},
    "polar_stereographic B": {**WGS84, "latitude_of_projection_origin": 90.0, "straight_vertical_longitude_from_pole": -45.0,
                              "standard_parallel": 70.0, "false_easting": 0.0, "false_northing": 0.0},
    "polar_stereographic south": {**WGS84, "latitude_of_projection_origin": -90.0, "straight_vertical_longitude_from_pole": 0.0,
                                  "standard_parallel": -71.0, "false_easting": 0.0, "false_northing": 0.0},
    "stereographic": {**ORIGIN, **WGS84, "scale_factor_at_projection_origin": 1.0},
    "orthographic": {**ORIGIN, **SPHERE},
    "sinusoidal": {**SPHERE, "longitude_of_projection_origin": 10.0, "false_easting": 0.0, "false_northing": 0.0},
    "lambert_cylindrical_equal_area": {**WGS84, "standard_parallel": 30.0, "longitude_of_central_meridian": 10.0, "false_easting": 0.0, "false_northing": 0.0},
    "oblique_mercator": {**WGS84, **ORIGIN, "azimuth_of_central_line": 30.0, "scale_factor_at_projection_origin": 0.9999},
    "geostationary": {**WGS84, "longitude_of_projection_origin": 10.0, "perspective_point_height": 35786023.0, "sweep_angle_axis": "x",
                      "latitude_of_projection_origin": 0.0, "false_easting": 0.0, "false_northing": 0.0},
    "vertical_perspective": {**ORIGIN, **WGS84, "perspective_point_height": 5000000.0},
}


def same_places(ours, theirs, transform):
    x, y = transform * (np.linspace(1, 8, 5), np.linspace(1, 7, 5))
    right = pyproj.Transformer.from_crs(theirs, theirs.geodetic_crs, always_xy=True).transform(x, y)
    found = pyproj.Transformer.from_crs(ours, ours.geodetic_crs, always_xy=True).transform(x, y)
    assert np.allclose(found, right, atol=1e-8), (ours.to_wkt(), theirs.to_wkt())
    ours, theirs = ours.ellipsoid, theirs.ellipsoid
    assert (ours.semi_major_metre, ours.inverse_flattening) == pytest.approx((theirs.semi_major_metre, theirs.inverse_flattening))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", PROJECTIONS)
def test_every_projection_of_cf_is_that_of_pyproj(swath, tmp_path, case):
    attributes = {"grid_mapping_name": case.split()[0], **PROJECTIONS[case]}
    # pyproj takes the angle from rectified to skew grid for 0, where PROJ, whose words CF's are, takes the azimuth.
    rectified = "+proj=omerc +lat_0=40 +lonc=10 +alpha=30 +k=0.9999 +ellps=WGS84 +units=m +type=crs"
    right = pyproj.CRS.from_proj4(rectified) if case == "oblique_mercator" else pyproj.CRS.from_cf(attributes)
    path = projected(tmp_path / "a.nc", attributes)
    with cog(swath, path) as dataset:
        transform = dataset.transform
        assert list(transform)[:6] == [1000, 0, -500, 0, -1000, 8500]
    event = next(e for e in swath("info", "--json", path).events() if e["type"] == "raster")
    same_places(pyproj.CRS.from_wkt(event["crs"]["wkt2"]), right, transform)


UTM = pyproj.CRS.from_epsg(32633)
SPELLINGS = {
    "crs_wkt": ("grid_mapping", {"crs_wkt": UTM.to_wkt()}),
    "crs_wkt beside CF": ("grid_mapping", {**UTM.to_cf()}),
    "spatial_ref": ("grid_mapping", {"spatial_ref": UTM.to_wkt("WKT1_GDAL")}),
    "esri_pe_string": ("grid_mapping", {"esri_pe_string": UTM.to_wkt("WKT1_ESRI")}),
    "proj4": ("grid_mapping", {"proj4": "+proj=utm +zone=33 +datum=WGS84 +units=m +no_defs"}),
    "proj4text": ("grid_mapping", {"proj4text": "+proj=utm +zone=33 +datum=WGS84 +units=m"}),
    "proj4_params": ("grid_mapping", {"proj4_params": "+proj=utm +zone=33 +datum=WGS84"}),
    "epsg_code": ("grid_mapping", {"epsg_code": "EPSG:32633"}),
    "epsg number": ("grid_mapping", {"epsg_code": np.int32(32633)}),
    "srid": ("grid_mapping", {"srid": "urn:ogc:def:crs:EPSG::32633"}),
    "extended": ("extended", {"crs_wkt": UTM.to_wkt()}),
    "spatial_ref without grid_mapping": ("habit", {"spatial_ref": UTM.to_wkt()}),
    "of the variable": ("variable", {"crs": "EPSG:32633"}),
    "of the variable, by PROJ": ("variable", {"crs": "+init=epsg:32633"}),
    "of the file": ("file", {"crs": "+proj=utm +zone=33 +datum=WGS84 +units=m +no_defs"}),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", SPELLINGS)
def test_every_spelling_of_a_crs_is_understood(swath, tmp_path, case):
    spelled, attributes = SPELLINGS[case]
    with cog(swath, projected(tmp_path / "a.nc", attributes, spelled)) as dataset:
        assert dataset.crs is not None and dataset.crs.to_epsg() == 32633, dataset.crs
        assert list(dataset.transform)[:6] == [1000, 0, -500, 0, -1000, 8500]


@pytest.mark.parametrize("units,factor", [("km", 1000.0), ("m", 1.0), ("ft", 0.3048), ("US_survey_foot", 1200 / 3937)])
def test_coordinates_in_other_units_are_metres(swath, tmp_path, units, factor):
    with cog(swath, projected(tmp_path / "a.nc", {"crs_wkt": UTM.to_wkt()}, units=units, step=2.0)) as dataset:
        assert dataset.transform.a == pytest.approx(2 * factor) and dataset.transform.f == pytest.approx(17 * factor)


def test_a_rotated_pole_stays_what_it_is(swath, tmp_path):
    attributes = {"grid_mapping_name": "rotated_latitude_longitude", "grid_north_pole_latitude": 39.25, "grid_north_pole_longitude": -162.0}
    path = tmp_path / "a.nc"
    with netCDF4.Dataset(path, "w") as file:
        for name, values in (("rlat", np.linspace(-2, 2, 5)), ("rlon", np.linspace(-3, 3, 7))):
            file.createDimension(name, len(values))
            file.createVariable(name, "f8", (name,))[:] = values
            file[name].setncatts({"standard_name": "grid_latitude" if name == "rlat" else "grid_longitude", "units": "degrees"})
        file.createVariable("pole", "i4", ()).setncatts(attributes)
        file.createVariable("v", "f4", ("rlat", "rlon"))[:] = 1
        file["v"].grid_mapping = "pole"
    event = next(e for e in swath("info", "--json", path).events() if e["type"] == "raster")
    ours, right = pyproj.CRS.from_wkt(event["crs"]["wkt2"]), pyproj.CRS.from_cf(attributes)
    x, y = [-3.0, 0.0, 3.0], [-2.0, 0.0, 2.0]
    to = lambda crs: pyproj.Transformer.from_crs(crs, 4326, always_xy=True).transform(x, y)
    assert np.allclose(to(ours), to(right))
    assert event["transform"] == pytest.approx([1, 0, -3.5, 0, -1, 2.5])


# The whole way --------------------------------------------------------------------------------------------------------------------


def test_a_plan_unpacks_and_rolls_what_it_is_told_to(swath, tmp_path):
    (tmp_path / "raw").mkdir()
    lon = np.arange(2.5, 360, 5)
    packed = {"scale_factor": 0.01, "add_offset": 273.15, "_FillValue": np.int16(-32767)}
    values = RNG.integers(-1000, 1000, (6, 72)).astype("i2")
    values[0, 0] = -32767
    path = lonlat(tmp_path / "raw/t_20200517.nc", {"t": (values, packed, {}), "n": (values, {}, {})}, lon)
    swath("init", "raw", cwd=tmp_path)
    plan = (tmp_path / "swath.toml").read_text()
    assert "# unscale = true" in plan and "# wrap_longitude = \"exact\"" in plan
    (tmp_path / "swath.toml").write_text(plan.replace("# unscale", "unscale").replace("# wrap_longitude", "wrap_longitude"))
    swath("build", cwd=tmp_path)
    swath("check", cwd=tmp_path)
    (item,) = open_catalog(tmp_path / "build").items
    right = xarray.open_dataset(path)["t"].values
    with rasterio.open(item.asset("t")) as dataset:
        assert dataset.dtypes[0] == right.dtype and np.isnan(dataset.nodata)
        assert np.array_equal(dataset.read(1), np.roll(right, 36, axis=1), equal_nan=True)
        assert dataset.bounds.left == -180
    with rasterio.open(item.asset("n")) as dataset:
        assert np.array_equal(dataset.read(1), np.roll(values, 36, axis=1)), "what is not packed keeps its type"
    body = json.dumps(item.body["assets"]["t"])
    assert '"nan"' in body and "scale" not in body.replace("raster:scale", "scale").replace("upscale", "")
    # Unpacking one variable only.
    (tmp_path / "swath.toml").write_text(plan.replace("[dataset.variables.t]", "[dataset.variables.t]\nunscale = true\n#"))
    swath("build", cwd=tmp_path)
    (item,) = open_catalog(tmp_path / "build").items
    with rasterio.open(item.asset("t")) as dataset:
        assert np.array_equal(dataset.read(1), right, equal_nan=True)
