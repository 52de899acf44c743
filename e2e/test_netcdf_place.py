"""Where the pixels of NetCDF files lie: written by netCDF4, judged by xarray and pyproj; and from such files to items."""
import json

import netCDF4
import numpy as np
import pyproj
import pytest
import rasterio
import xarray

from support.catalog import open_catalog
from support.netcdf import cog, lonlat, projected

RNG = np.random.default_rng(7)


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
