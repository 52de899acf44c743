"""What we write is valid for, and opens in, the software that scientists already use."""
import json

import numpy as np
import pystac
import pytest
import rasterio

from support.catalog import documents, open_catalog
from support.schemas import pystac_validator, stac_valid


@pytest.fixture(scope="module")
def tree(built):
    return documents(built / "build")


def test_pystac_finds_no_error_in_core_and_extensions(tree, shared):
    judge = pystac_validator(shared / "schemas")
    assert len(tree) == 19 + 2
    for document in tree:
        thing = {"Feature": pystac.STACObjectType.ITEM, "Collection": pystac.STACObjectType.COLLECTION}[document.body["type"]]
        judge.validate(document.body, thing, "1.1.0", document.body.get("stac_extensions", []), href=str(document.path))


def test_stac_valid_finds_no_error(tree, shared):
    for document in tree:
        verdict = stac_valid(document.path, shared / "schemas")
        assert verdict["valid_stac"], verdict


def test_the_judges_do_find_errors(tree, shared, tmp_path):
    document = next(d for d in tree if d.body["type"] == "Feature")
    broken = tmp_path / "broken.json"
    body = json.loads(json.dumps(document.body))
    next(iter(body["assets"].values()))["file:checksum"] = "no multihash"
    broken.write_text(json.dumps(body))
    assert not stac_valid(broken, shared / "schemas")["valid_stac"]
    with pytest.raises(pystac.errors.STACValidationError):
        pystac_validator(shared / "schemas").validate(body, pystac.STACObjectType.ITEM, "1.1.0", body["stac_extensions"])


def test_only_extensions_in_use_are_declared(tree):
    prefixes = {"projection": "proj:", "raster": "raster:", "eo": "eo:", "file": "file:", "classification": "classification:", "render": "renders", "datacube": "cube:", "storage": "storage:"}
    for document in tree:
        text = document.path.read_text()
        for extension in document.body.get("stac_extensions", []):
            name = extension.split("/")[3]
            assert prefixes.get(name, name) in text.replace(extension, ""), f"{document.path.name} declares {name} and does not use it"


def test_pystac_walks_the_whole_tree(built):
    root = pystac.Collection.from_file(str(built / "build/collection.json"))
    items = list(root.get_items(recursive=True))
    assert len(items) == 19
    for item in items:
        assert len(item.assets) == 12
        assert item.get_collection().id == item.collection_id
        assert item.get_root().id == root.id
    low, high = root.extent.temporal.intervals[0]
    assert low == min(i.datetime for i in items) and high == max(i.datetime for i in items)


def test_another_reader_of_stac_geoparquet_reads_the_table(catalog):
    """In a process of its own: the reader works, then sometimes crashes while its interpreter ends."""
    import subprocess
    import sys

    script = (
        "import asyncio, json, sys, rustac\n"
        "async def main():\n"
        "    found = await rustac.read(sys.argv[1])\n"
        "    print(json.dumps(sorted(f['id'] for f in found['features'])), flush=True)\n"
        "asyncio.run(main())\n"
    )
    table = catalog.collections[0].path.parent / "items.parquet"
    done = subprocess.run([sys.executable, "-c", script, str(table)], capture_output=True, text=True, timeout=120)
    assert json.loads(done.stdout) == sorted(i.body["id"] for i in catalog.items), done.stderr


def test_the_extent_of_a_collection_holds_its_items(catalog):
    for collection in [catalog.root, *catalog.collections]:
        boxes = collection.body["extent"]["spatial"]["bbox"]
        assert len(boxes) != 2
        west, south, east, north = boxes[0]
        for item in catalog.items:
            assert west <= item.body["bbox"][0] and south <= item.body["bbox"][1]
            assert east >= item.body["bbox"][2] and north >= item.body["bbox"][3]


def test_footprints_lie_where_the_pixels_are(catalog):
    from rasterio.warp import transform_bounds

    for item in catalog.items:
        boxes = []
        for key in item.body["assets"]:
            with rasterio.open(item.asset(key)) as dataset:
                boxes.append(transform_bounds(dataset.crs, "EPSG:4326", *dataset.bounds, densify_pts=101))
        union = [min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)]
        assert item.body["bbox"] == pytest.approx(union, abs=1e-3)


def plain_items(catalog):
    """Items as pystac objects with absolute hrefs, of one tile."""
    items = [pystac.Item.from_file(str(i.path)) for i in catalog.items if "014032" in i.body["id"]]
    for item in items:
        item.make_asset_hrefs_absolute()
    assert len(items) > 3
    return items


def expected(item, key, bounds, step):
    """The asset's pixels inside bounds that lie on its own lattice."""
    with rasterio.open(item.assets[key].href) as dataset:
        window = dataset.window(*bounds)
        return dataset.read(1, window=window, boundless=True, fill_value=0)


def test_odc_stac_reads_from_our_items_what_rasterio_reads(catalog):
    import odc.stac
    from odc.geo.geobox import GeoBox

    item = plain_items(catalog)[0]
    with rasterio.open(item.assets["B4"].href) as dataset:
        box = GeoBox(dataset.shape, dataset.transform, dataset.crs)
        values = dataset.read(1)
    array = odc.stac.load([item], bands=["B4"], geobox=box)["B4"].values[0]
    assert np.array_equal(array, values)


def test_odc_stac_finds_grid_and_crs_by_itself(catalog):
    import odc.stac

    item = plain_items(catalog)[0]
    loaded = odc.stac.load([item], bands=["B4", "B5"])
    with rasterio.open(item.assets["B4"].href) as dataset:
        assert loaded.odc.geobox.crs.to_epsg() == dataset.crs.to_epsg()
        assert abs(loaded.odc.geobox.resolution.x) == pytest.approx(dataset.res[0])


def test_stackstac_reads_from_our_items_what_rasterio_reads(catalog):
    import stackstac

    item = plain_items(catalog)[0]
    with rasterio.open(item.assets["B4"].href) as dataset:
        bounds, step, epsg, values = dataset.bounds, dataset.res[0], dataset.crs.to_epsg(), dataset.read(1)
    body = item.to_dict(include_self_link=False, transform_hrefs=False)
    stack = stackstac.stack([body], assets=["B4"], epsg=epsg, resolution=step, bounds=tuple(bounds), snap_bounds=False, dtype="float64", rescale=False)
    array = np.nan_to_num(stack.compute(scheduler="synchronous").values[0, 0], nan=0)
    assert np.array_equal(array, values)


def test_a_generated_map_of_two_zones_opens_as_one_collection(swath, tmp_path):
    from support import rasters

    for zone in (32632, 32633):
        rasters.write(tmp_path / f"raw/map_z{zone}.tif", rasters.smooth((100, 100)), crs=f"EPSG:{zone}", nodata=0)
    swath("init", "raw", "--datetime", "2020-05-17", cwd=tmp_path)
    swath("build", cwd=tmp_path)
    catalog = open_catalog(tmp_path / "build")
    assert {(i.body["properties"] | next(iter(i.body["assets"].values())))["proj:code"] for i in catalog.items} == {"EPSG:32632", "EPSG:32633"}


def test_the_antimeridian_is_split(swath, tmp_path, shared):
    from support import rasters

    rasters.write(tmp_path / "raw/fiji.tif", rasters.smooth((100, 100)), crs="EPSG:32701", origin=(100_000, 8_100_000), step=2000, nodata=0)
    rasters.write(tmp_path / "raw/world.tif", rasters.smooth((90, 180)), crs="EPSG:4326", origin=(-180, 90), step=2, nodata=0)
    swath("init", "raw", "--datetime", "2020-05-17", cwd=tmp_path)
    swath("build", cwd=tmp_path)
    swath("check", "build", cwd=tmp_path)
    catalog = open_catalog(tmp_path / "build")
    fiji = next(i for i in catalog.items if "fiji" in str(i.path))
    west, _, east, _ = fiji.body["bbox"]
    assert west > east and fiji.body["geometry"]["type"] == "MultiPolygon", fiji.body["bbox"]
    for document in documents(tmp_path / "build"):
        assert stac_valid(document.path, shared / "schemas")["valid_stac"]
