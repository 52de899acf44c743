"""`stack -o x.nc`: NetCDF-4 by the CF conventions, as netCDF4, h5netcdf, h5py and GDAL read it."""
import numpy as np
import pytest
import rasterio

from support import rasters, series
from test_stack_output import DATES, FIELDS, SHAPE, one, opened, two  # noqa: F401

ENGINES = ["netcdf4", "h5netcdf"]


@pytest.mark.parametrize("engine", ENGINES)
def test_xarray_sees_the_values_and_coordinates(swath, one, tmp_path, engine):
    items, array = one
    swath("stack", items, "-o", tmp_path / "x.nc")
    raw = opened(tmp_path / "x.nc", engine=engine, mask_and_scale=False)
    assert raw.b1.dims == ("time", "y", "x") and raw.b1.dtype == "int16" and np.array_equal(raw.b1.values, array)
    data = opened(tmp_path / "x.nc", engine=engine)
    assert [str(t)[:19] for t in data.time.values] == ["2020-01-01T00:00:00", "2020-01-16T10:30:00", "2020-02-01T00:00:00"]
    assert (float(data.x[0]), float(data.y[0])) == (500_015, 4_999_985)
    assert data.b1.attrs["units"] == "m" and data.attrs["Conventions"] == "CF-1.11" and "swath" in data.attrs["history"]
    np.testing.assert_allclose(data.b1.values, series.as_float(array, -9999) * 0.1 + 5, rtol=1e-6)
    assert "spatial_ref" in data.coords and data.x.attrs["standard_name"] == "projection_x_coordinate"


def test_netcdf4_finds_dimensions_and_grid_mapping(swath, one, tmp_path):
    import netCDF4

    swath("stack", one[0], "-o", tmp_path / "x.nc")
    with netCDF4.Dataset(tmp_path / "x.nc") as dataset:
        assert {name: len(d) for name, d in dataset.dimensions.items()} == {"time": 3, "y": 300, "x": 260}
        band, mapping = dataset["b1"], dataset["spatial_ref"]
        assert band.grid_mapping == "spatial_ref" and mapping.grid_mapping_name == "transverse_mercator"
        assert mapping.longitude_of_central_meridian == 15 and "WGS 84 / UTM zone 33N" in mapping.crs_wkt
        assert band.filters()["zlib"] and band.filters()["shuffle"] and band._FillValue == -9999
        assert netCDF4.num2date(dataset["time"][1], dataset["time"].units).strftime("%Y-%m-%d %H:%M") == "2020-01-16 10:30"
    # Somebody may go on with it.
    with netCDF4.Dataset(tmp_path / "x.nc", "a") as dataset:
        dataset.comment = "seen"
        dataset.set_auto_maskandscale(False)
        dataset["b1"][0, 0, 0] = 7
    with netCDF4.Dataset(tmp_path / "x.nc") as dataset:
        dataset.set_auto_maskandscale(False)
        assert dataset["b1"][0, 0, 0] == 7 and dataset.comment == "seen"


def test_h5py_finds_the_scales_attached(swath, two, tmp_path):
    import h5py

    swath("stack", two[0], "-o", tmp_path / "x.nc")
    with h5py.File(tmp_path / "x.nc") as file:
        assert list(file) and set(file) == {"time", "y", "x", "spatial_ref", "t2m", "rgb_r"}
        for name in ("t2m", "rgb_r"):
            scales = [d[0].name for d in file[name].dims]
            assert scales == ["/time", "/y", "/x"] and file[name].compression == "gzip" and file[name].shuffle
        assert len(file["x"].attrs["REFERENCE_LIST"]) == 2 and h5py.h5ds.is_scale(file["x"].id)
        assert h5py.h5ds.is_attached(file["t2m"].id, file["x"].id, 2)


def test_gdal_sees_crs_transform_nodata_and_times(swath, one, tmp_path):
    items, array = one
    swath("stack", items, "-o", tmp_path / "x.nc")
    north_up = rasterio.transform.from_origin(500_000, 5_000_000, 30, 30)
    with rasterio.open(tmp_path / "x.nc") as dataset:
        assert dataset.driver == "netCDF" and dataset.count == 3 and dataset.dtypes[0] == "int16"
        assert dataset.crs.to_epsg() == 32633 and dataset.nodata == -9999 and dataset.transform == north_up
        assert np.array_equal(dataset.read(), array)
        assert (dataset.scales[0], dataset.offsets[0], dataset.units[0]) == (0.1, 5.0, "m")
        seconds = [int(dataset.tags(n + 1)["NETCDF_DIM_time"]) for n in range(3)]
        assert seconds == [1_577_836_800, 1_579_170_600, 1_580_515_200] and "1970-01-01" in dataset.tags()["time#units"]


def test_several_bands_are_several_variables(swath, two, tmp_path):
    items, bands = two
    swath("stack", items, "-o", tmp_path / "x.nc")
    for engine in ENGINES:
        data = opened(tmp_path / "x.nc", engine=engine)
        assert set(data.data_vars) == {"t2m", "rgb_r"} and data.rgb_r.attrs["long_name"] == "rgb:r"
        assert data.t2m.attrs["units"] == "K" and "units" not in data.rgb_r.attrs
        np.testing.assert_array_equal(data.t2m.values, bands["t2m"])
        np.testing.assert_array_equal(data.rgb_r.values, bands["rgb:r"])
    with rasterio.open(f"netcdf:{tmp_path / 'x.nc'}:rgb_r") as dataset:
        np.testing.assert_array_equal(dataset.read(), bands["rgb:r"])
        assert np.isnan(dataset.nodata)


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64"])
def test_every_type_comes_back(swath, tmp_path, dtype):
    array = rasters.noise((2, 30, 20), dtype, high=100)
    items = series.write(tmp_path / "in", {"b": array}, DATES[:2])
    swath("stack", items, "-o", tmp_path / "x.nc")
    for engine in ENGINES:
        band = opened(tmp_path / "x.nc", engine=engine, mask_and_scale=False).b
        assert band.dtype == dtype and np.array_equal(band.values, array)


def test_more_chunks_than_a_node_holds(swath, tmp_path):
    """A chunk of 1024 rows: 66 of them need two levels of the tree."""
    array = np.arange(67_000 * 16, dtype="uint32").reshape(1, 67_000, 16)
    items = series.write(tmp_path / "in", {"b": array}, DATES[:1])
    swath("stack", items, "-o", tmp_path / "x.nc")
    for engine in ENGINES:
        assert np.array_equal(opened(tmp_path / "x.nc", engine=engine, mask_and_scale=False).b.values, array)


def test_steps_with_a_period_have_bounds(swath, one, tmp_path):
    import netCDF4

    swath("stack", one[0], "--reduce", "p90", "--over", "year", "-o", tmp_path / "x.nc")
    with netCDF4.Dataset(tmp_path / "x.nc") as dataset:
        assert dataset["time"].bounds == "time_bnds" and set(dataset.dimensions) == {"time", "y", "x", "bnds"}
        days = netCDF4.num2date(dataset["time_bnds"][0], dataset["time"].units)
        assert [d.strftime("%Y-%m-%d") for d in days] == ["2020-01-01", "2021-01-01"]
    for engine in ENGINES:
        data = opened(tmp_path / "x.nc", engine=engine)
        assert "time_bnds" in data.coords and list(data.data_vars) == ["b1"]


def test_classes_are_flags(swath, tmp_path):
    classes = [{"value": 1, "name": "water", "description": "Water"}, {"value": 2, "name": "forest", "description": "Forest & shrub"}]
    array = rasters.noise((1, 20, 20), "uint8", high=3)
    items = series.write(tmp_path / "in", {"cover": array}, DATES[:1], fields={"cover": {"classification:classes": classes}})
    swath("stack", items, "-o", tmp_path / "x.nc")
    cover = opened(tmp_path / "x.nc", engine="netcdf4", mask_and_scale=False).cover
    assert list(cover.attrs["flag_values"]) == [1, 2] and cover.attrs["flag_values"].dtype == "uint8"
    assert len(cover.attrs["flag_meanings"].split()) == 2


@pytest.mark.parametrize("crs,step,origin,mapping", [("EPSG:4326", 0.01, (-75.5, -10.0), "latitude_longitude"), ("EPSG:3857", 100, (-8e6, 5e6), "mercator"), ("EPSG:3031", 500, (-2e6, 1e6), "polar_stereographic"), ("EPSG:3035", 100, (4e6, 3e6), "lambert_azimuthal_equal_area"), ("EPSG:5070", 30, (1e6, 2e6), "albers_conical_equal_area")])
def test_gdal_and_cf_agree_on_the_crs(swath, tmp_path, crs, step, origin, mapping):
    import netCDF4

    array = rasters.smooth((40, 50), "float32")[None]
    items = series.write(tmp_path / "in", {"b": array}, DATES[:1], crs=crs, origin=origin, step=step)
    swath("stack", items, "-o", tmp_path / "x.nc")
    with rasterio.open(tmp_path / "x.nc") as dataset:
        assert dataset.crs == rasterio.crs.CRS.from_string(crs)
        assert np.allclose(list(dataset.transform)[:6], [step, 0, origin[0], 0, -step, origin[1]])
        assert np.array_equal(dataset.read(1), array[0])
    with netCDF4.Dataset(tmp_path / "x.nc") as dataset:
        assert dataset["spatial_ref"].grid_mapping_name == mapping


def test_complex_samples_are_refused_with_a_way_out(swath, tmp_path):
    items = series.write(tmp_path / "in", {"b": np.ones((1, 8, 8), "complex64")}, DATES[:1], fields={"b": {"data_type": "cfloat32"}})
    result = swath("stack", items, "-o", tmp_path / "x.nc", rc=None)
    assert result.rc not in (0, 101) and ".zarr" in result.err and not (tmp_path / "x.nc").exists()
