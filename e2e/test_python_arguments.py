"""Every argument of `odc.stac.load` and `stackstac.stack` does what it does there, or is refused with what to do instead."""
import inspect
import math

import numpy as np
import pystac
import pytest
import xarray as xr

from support import rasters

swath_py = pytest.importorskip("swath", reason="not run: the wheel is not installed; `make test` does it")

SIDE, STEP = 120, 30
LEFT, TOP = 499_980, 5_000_010


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Three files that overlap by half, each with a stripe of no data, and three of another type."""
    folder = tmp_path_factory.mktemp("arguments")
    for number in range(3):
        for band, dtype in (("red", "uint16"), ("flag", "uint8")):
            part = rasters.noise((SIDE, SIDE), dtype, seed=number)
            part[:, 10 * number : 10 * number + 10] = 0
            rasters.write(folder / f"{band}{number}.tif", part, origin=(LEFT + number * SIDE // 2 * STEP, TOP), step=STEP, nodata=0)
    return folder


def item(folder, number, **more):
    asset = lambda band, dtype: {  # noqa: E731
        "href": str(folder / f"{band}{number}.tif"), "type": "image/tiff; application=geotiff", "roles": ["data"], "data_type": dtype, "nodata": 0,
        "proj:code": "EPSG:32633", "proj:shape": [SIDE, SIDE], "proj:transform": [STEP, 0, LEFT + number * SIDE // 2 * STEP, 0, -STEP, TOP],
    }
    made = {
        "type": "Feature", "stac_version": "1.1.0", "id": f"i{number}", "bbox": [15.0, 45.0, 15.1, 45.2], "links": [], "collection": "maps",
        "stac_extensions": ["https://stac-extensions.github.io/projection/v2.0.0/schema.json", "https://stac-extensions.github.io/raster/v2.0.0/schema.json"],
        "geometry": {"type": "Polygon", "coordinates": [[[14.9, 44.9], [15.2, 44.9], [15.2, 45.2], [14.9, 45.2], [14.9, 44.9]]]},
        "properties": {"datetime": f"2020-01-0{3 - number}T10:00:00Z", "orbit": number % 2, "cloud": 10.0 * number, "grade": "abc"[number]},
        "assets": {"red": asset("red", "uint16"), "flag": asset("flag", "uint8")},
    }
    made["properties"].update(more.pop("properties", {}))
    return made


@pytest.fixture(scope="module")
def items(folder):
    return [item(folder, number) for number in range(3)]


def pystac_of(items):
    return [pystac.Item.from_dict(i) for i in items]


def same(ours, theirs):
    assert sorted(ours) == sorted(theirs)
    for name in theirs:
        a, b = ours[name], theirs[name]
        assert a.dims == b.dims and a.dtype == b.dtype and a.shape == b.shape, (name, a.dtype, b.dtype, a.shape, b.shape)
        assert np.array_equal(a.values, b.values, equal_nan=a.dtype.kind == "f"), name
        for coord in b.coords:
            assert np.array_equal(a.coords[coord].values, b.coords[coord].values), coord
        known = {k: v for k, v in b.attrs.items() if k in ("nodata", "units")}
        assert all(np.array_equal(a.attrs.get(k), v, equal_nan=isinstance(v, float)) for k, v in known.items() if (k, v) != ("units", "1")), (a.attrs, b.attrs)


def greatest(so_far, more):
    np.copyto(so_far, np.maximum(so_far, more))


def by_grade(item, parsed, index):
    return (parsed.nominal_datetime.year, item.properties["orbit"])


WAYS = {
    "a property": {"groupby": "orbit"},
    "a word": {"groupby": "grade"},
    "a function": {"groupby": by_grade},
    "in the order given": {"groupby": "orbit", "preserve_original_order": True},
    "days in the order given": {"groupby": "solar_day", "preserve_original_order": True},
    "another nodata": {"nodata": 255, "groupby": "orbit"},
    "a hole": {"dtype": "float32", "nodata": math.nan, "groupby": "orbit"},
    "types by band": {"dtype": {"red": "float64", "*": "int32"}},
    "kernels by band": {"resampling": {"red": "nearest", "*": "nearest"}, "crs": "EPSG:32633", "resolution": 30},
    "an alias": {"bands": ["r", "flag"], "stac_cfg": {"maps": {"aliases": {"r": "red"}}}},
    "words on assets": {"bands": ["red"], "stac_cfg": {"*": {"assets": {"red": {"data_type": "int32", "nodata": 7, "unit": "m"}}}}},
    "properties": {"with_properties": ["cloud", {"key": "orbit", "dtype": "int16", "name": "o", "units": "n"}], "groupby": "orbit"},
    "a fuser by name": {"groupby": "orbit", "fuse_func": "test_python_arguments.greatest"},
    "a fuser by band": {"groupby": "orbit", "fuse_func": {"red": "test_python_arguments.greatest", "*": None}},
    "a CRS of datacube": {"output_crs": "EPSG:32633", "resolution": 30},
    "measurements": {"measurements": ["flag"]},
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("chunks", [None, {"x": 100, "y": 64}])
def test_an_argument_does_what_it_does_in_odc_stac(items, way, chunks):
    import odc.stac

    asked = WAYS[way]
    ours = swath_py.load(pystac_of(items), chunks=chunks, **asked)
    # odc-stac fails at types by band where there are chunks; the values are the same.
    same(ours, odc.stac.load(pystac_of(items), chunks=None if "dtype" in asked else chunks, **asked))


def test_what_items_leave_out_is_said_by_the_configuration_and_no_header_is_read(items):
    import odc.stac

    poor = [i | {"assets": {k: {n: v for n, v in a.items() if n not in ("data_type", "nodata")} for k, a in i["assets"].items()}} for i in items]
    told = {"maps": {"assets": {"*": {"data_type": "uint16", "nodata": 0}, "flag": {"data_type": "uint8", "nodata": 0}}}}
    ours = swath_py.load(poor, stac_cfg=told)
    assert not any("headers" in reason for reason in ours.encoding["swath"].reasons)
    same(ours, odc.stac.load(pystac_of(poor), stac_cfg=told))


def test_chunks_follow_the_blocks_that_a_header_tells(tmp_path):
    side, block = 2400, 768
    rasters.write(tmp_path / "red0.tif", rasters.noise((side, side), "uint8"), origin=(LEFT, TOP), step=STEP, tiled=True, blockxsize=block, blockysize=block)
    plain = item(tmp_path, 0)
    plain["assets"] = {"red": plain["assets"]["red"] | {"data_type": "uint8", "proj:shape": [side, side]}}
    array = swath_py.load([plain], chunks={}).red
    assert array.chunks[1:] == ((2 * block, side - 2 * block),) * 2
    gone = item(tmp_path / "gone", 0)
    gone["assets"]["red"]["proj:shape"] = [side, side]
    assert swath_py.load([gone], bands=["red"], chunks={}).red.chunks[1:] == ((2048, side - 2048),) * 2
    assert np.array_equal(array.compute()[0], swath_py.load([plain]).red[0])


def test_a_shape_frames_by_its_corners(items):
    import odc.stac
    from odc.geo.geom import polygon

    triangle = {"type": "Polygon", "coordinates": [[[15.01, 45.125], [15.03, 45.14], [15.02, 45.15], [15.01, 45.125]]]}
    shapes = [triangle, polygon(triangle["coordinates"][0], "EPSG:4326"), polygon([(502_000, 4_998_000), (503_000, 4_999_000), (502_500, 4_999_900)], "EPSG:32633")]
    for shape in shapes:
        for name in ("geopolygon", "intersects"):
            asked = {name: shape, "crs": "EPSG:3857", "resolution": 50}
            ours, theirs = swath_py.load(items, ["red"], **asked), odc.stac.load(pystac_of(items), ["red"], **asked)
            # It keeps steps without a pixel.
            assert ours.red.shape[1:] == theirs.red.shape[1:] and np.array_equal(ours.x, theirs.x) and np.array_equal(ours.y, theirs.y)


def test_a_band_is_called_as_it_was_asked_for(items):
    named = [i | {"assets": {k: a | {"bands": [{"name": f"B-{k}", "eo:common_name": {"red": "rouge", "flag": "drapeau"}[k]}]} for k, a in i["assets"].items()}} for i in items]
    right = swath_py.load(named, ["red"]).red.values
    for name in ("B-red", "rouge", "red.1"):
        assert np.array_equal(swath_py.load(named, [name])[name].values, right), name


def test_a_name_is_kept_only_where_it_asked_for_that_band():
    from swath._plan import _labels

    bands = [{"name": "r", "asset": "rgb"}, {"name": "g", "asset": "rgb"}]
    for asked, labels in ((["rgb", "r"], ["r", "g"]), (["rgb"], ["r", "g"]), (["r", "g"], ["r", "g"]), (["rgb.1", "g"], ["rgb.1", "g"])):
        resolved = [name.replace(".", ":") for name in asked]
        assert list(_labels(asked, resolved, bands).values()) == labels, asked


def test_assets_of_another_step_leave_bands_of_one_length(items):
    """A band that some items lack has as many steps of time as the others."""
    lacking = [items[0], items[1] | {"assets": {"red": items[1]["assets"]["red"]}}, items[2]]
    array = swath_py.load(lacking)
    assert array.red.shape == array.flag.shape == (3, SIDE, 2 * SIDE) and not array.flag[1].values.any() and array.red[1].values.any()


def test_a_fuser_is_a_function_too_and_adds_where_an_item_lies(items):
    added = lambda so_far, more: np.add(so_far, more, out=so_far)  # noqa: E731
    array = swath_py.load(items, ["red"], groupby=lambda item, parsed, index: 0, fuse_func=added, dtype="uint32")
    right = np.zeros((SIDE, 2 * SIDE), "uint32")
    for number in range(3):
        right[:, number * SIDE // 2 :][:, :SIDE] += rasters.read(items[number]["assets"]["red"]["href"])[0]
    assert np.array_equal(array.red.values[0], right)
    with pytest.raises(swath_py.Misuse, match="module.function"):
        swath_py.load(items, fuse_func="no.such_function")


def test_a_plan_says_what_becomes_of_items_that_overlap(items):
    for asked, words in (
        ({}, "by datetime, then id"),
        ({"preserve_original_order": True}, "as the items were given"),
        ({"fuse_func": "test_python_arguments.greatest"}, "by test_python_arguments.greatest, one item after another"),
    ):
        assert words in swath_py.plan(items, ["red"], groupby="orbit", **asked).explain()


MISTAKES = {
    "groups without an order": ({"groupby": lambda item, parsed, index: (1, "a")[index % 2]}, "no order"),
    "a nodata that does not fit": ({"nodata": -1.5}, "dtype"),
    "unknown words": ({"stac_cfg": {"maps": {"assets": {"red": {"dims": ["t"]}}}}}, "dims"),
    "a band that is none": ({"bands": ["B4"]}, "bands: no asset or band"),
    "a box in words": ({"bbox": "west,south"}, "bbox: 'west,south'; four numbers"),
    "a box of three": ({"bbox": (1, 2, 3)}, "four numbers"),
    "a property without a key": ({"with_properties": [{"name": "x"}]}, "key"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_wrong_argument_is_answered_with_what_would_be_right(items, mistake):
    asked, words = MISTAKES[mistake]
    with pytest.raises(swath_py.Error) as caught:
        swath_py.load(items, **asked)
    assert words in str(caught.value)


#: A value for each argument that is refused.
REFUSED = {
    "load": {"pool": 4, "progress": print, "driver": "rio", "use_overviews": False, "align": 0, "debug": True},
    "stack": {"gdal_env": {"GDAL_X": "1"}, "reader": object},
}


def test_every_argument_of_odc_stac_and_stackstac_is_taken_or_refused_with_what_to_do(items):
    import odc.stac
    import stackstac

    for call, peer in (("load", odc.stac.load), ("stack", stackstac.stack)):
        own = inspect.signature(getattr(swath_py, call)).parameters
        theirs = [n for n, p in inspect.signature(peer).parameters.items() if p.kind is not p.VAR_KEYWORD]
        left = [n for n in theirs if n not in own and n not in REFUSED[call]]
        assert not left, f"{call}: neither taken nor refused: {left}"
        for name, value in REFUSED[call].items():
            with pytest.raises(swath_py.Unsupported) as caught:
                getattr(swath_py, call)(items, **{name: value})
            assert f"{name}=" in caught.value.found and caught.value.hint
    # By their places too, as far as the peer goes.
    ours = [n for n, p in inspect.signature(swath_py.stack).parameters.items() if p.kind is not p.KEYWORD_ONLY]
    assert ours == list(inspect.signature(stackstac.stack).parameters)
    with pytest.raises(TypeError, match="nonsense"):
        swath_py.load(items, nonsense=1)


def test_a_stack_takes_media_types_and_fills_what_is_empty(items):
    import stackstac

    known = [i | {"assets": {k: a | {"proj:epsg": 32633} for k, a in i["assets"].items()}} for i in items]
    ours = swath_py.stack(known, {"image/tiff"}, epsg=32633, dtype="float64", fill_value=-1.0)
    theirs = stackstac.stack(known, ["red", "flag"], epsg=32633, dtype="float64", fill_value=-1.0, rescale=False).compute()
    assert list(ours.band.values) == ["red", "flag"] and np.array_equal(ours.values, theirs.values)
    bare = [i | {"assets": {k: {n: v for n, v in a.items() if n != "nodata"} for k, a in i["assets"].items()}} for i in known]
    for dtype, fill in (("float64", math.nan), ("uint16", 9), ("float32", -5.0)):
        array = swath_py.stack(bare, ["red"], epsg=32633, dtype=dtype, fill_value=fill).values
        outside = array[-1, 0, :, SIDE:]  # The first item lies left of it.
        assert array.dtype == dtype and np.array_equal(outside, np.full_like(outside, fill), equal_nan=True), (dtype, fill)
    with pytest.raises(swath_py.Misuse, match="media types"):
        swath_py.stack(known, {"red"})


def test_a_frame_pickles_with_its_fuser(items):
    import cloudpickle

    array = swath_py.load(items, ["red"], groupby="orbit", fuse_func="test_python_arguments.greatest", chunks={})
    xr.testing.assert_identical(cloudpickle.loads(cloudpickle.dumps(array)).compute(), array.compute())
