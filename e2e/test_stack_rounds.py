"""`stack`: few round trips, few bytes."""
import json

import numpy as np
import pytest
import rasterio

from support import rasters
from support.catalog import open_catalog
from support.waves import WaveServer
from test_stack import published

SIDE = 900


@pytest.fixture(scope="module")
def tiles(swath, tmp_path_factory):
    """3 x 3 tiles of noise, each of several blocks and levels."""
    folder = tmp_path_factory.mktemp("tiles")
    whole = rasters.noise((3 * SIDE, 3 * SIDE))
    for row in range(3):
        for col in range(3):
            part = whole[row * SIDE : (row + 1) * SIDE, col * SIDE : (col + 1) * SIDE]
            rasters.write(folder / f"raw/map_r{row}c{col}.tif", part, origin=(500_000 + col * SIDE * 30, 5_000_000 - row * SIDE * 30), nodata=0)
    return published(swath, folder), whole


def silent(root, folder, *fields):
    """The items of a catalog in one file, without some fields of their assets."""
    items = []
    for item in open_catalog(root).items:
        body = json.loads(json.dumps(item.body))
        for asset in body["assets"].values():
            asset["href"] = str((item.path.parent / asset["href"]).resolve().relative_to(root.resolve()))
            for field in fields:
                asset.pop(field, None)
        body["links"] = []
        items.append(body)
    (folder / "items.json").write_text(json.dumps({"type": "FeatureCollection", "features": items}))
    for path in root.rglob("*.tif"):
        target = folder / path.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.hardlink_to(path)
    return folder / "items.json"


@pytest.mark.parametrize("fields", [[], ["file:size", "file:header_size"]])
@pytest.mark.parametrize("more", [[], ["--resolution", "61"], ["--crs", "EPSG:3857", "--resolution", "200"]])
def test_headers_come_together_and_then_all_blocks(swath, tiles, tmp_path, fields, more):
    root, whole = tiles
    silent(root, tmp_path, *fields)
    server = WaveServer(tmp_path)
    try:
        swath("stack", f"{server.url}/items.json", *more, "-o", tmp_path / "x.tif")
        # One more is allowed for the directory of a file whose header is longer than most.
        assert server.waves <= 3, f"{server.waves} round trips for {len(server.of('.tif'))} requests"
    finally:
        server.close()
    if not more:
        assert np.array_equal(rasters.read(tmp_path / "x.tif")[0], whole)


def test_what_does_not_fit_beside_the_array_comes_while_the_array_is_empty(swath, tmp_path):
    """More than twice the bytes that may wait beside an array: its own memory is lent until pixels lie in it."""
    side, folder = 3200, tmp_path / "map"
    for col in range(4):
        part = rasters.noise((side, side), seed=col)
        rasters.write(folder / f"raw/map_r0c{col}.tif", part, origin=(500_000 + col * side * 30, 5_000_000), nodata=0)
    server = WaveServer(published(swath, folder))
    try:
        swath("stack", f"{server.url}/collection.json")
        assert server.sent(".tif") > 60_000_000
        assert server.waves <= 3, f"{server.waves} round trips for {len(server.of('.tif'))} requests"
    finally:
        server.close()


def blocks_met(path, bounds, level=None):
    """Bytes of the blocks of one level that a frame meets."""
    with rasterio.open(path, **({} if level is None else {"overview_level": level})) as dataset:
        window = rasterio.windows.from_bounds(*bounds, dataset.transform)
        height, width = dataset.block_shapes[0]
        rows = range(int(max(0, window.row_off) // height), int(-(-min(dataset.height, window.row_off + window.height) // height)))
        cols = range(int(max(0, window.col_off) // width), int(-(-min(dataset.width, window.col_off + window.width) // width)))
    with rasterio.open(path) as dataset:
        size = lambda row, col: dataset.get_tag_item(f"BLOCK_SIZE_{col}_{row}", "TIFF", bidx=1, ovr=level)
        return sum(int(size(row, col) or 0) for row in rows for col in cols)


@pytest.mark.parametrize("resolution,level", [("30", None), ("60", 0)])
def test_hardly_more_bytes_move_than_the_blocks_needed(swath, tiles, tmp_path, serve, resolution, level):
    root, _ = tiles
    server = serve(root)
    bounds = (500_000 + 30 * 300, 5_000_000 - 30 * 2500, 500_000 + 30 * 2400, 5_000_000 - 30 * 400)
    swath("stack", f"{server.url}/collection.json", "--bounds", ",".join(map(str, bounds)), "--resolution", resolution, "-o", tmp_path / "x.tif")
    needed = sum(blocks_met(path, bounds, level) for path in root.rglob("*.tif"))
    assert server.sent(".tif") <= 1.05 * needed, (server.sent(".tif"), needed)


def test_items_that_say_nothing_of_their_pixels_are_read_from_the_headers(swath, tiles, tmp_path, serve):
    root, whole = tiles
    silent(root, tmp_path, "proj:code", "proj:transform", "proj:shape", "proj:bbox", "data_type", "nodata", "bands", "raster:bands", "file:size", "file:header_size")
    text = (tmp_path / "items.json").read_text().replace('"proj:', '"was:')
    (tmp_path / "items.json").write_text(text)
    swath("stack", tmp_path / "items.json", "-o", tmp_path / "x.tif")
    assert np.array_equal(rasters.read(tmp_path / "x.tif")[0], whole)


def test_explain_counts_files_requests_and_bytes_as_the_run_then_does(swath, tiles, tmp_path, serve):
    root, _ = tiles
    server = serve(root)
    told = swath("stack", f"{server.url}/collection.json", "--resolution", "60", "--explain")
    reads = next(line for line in told.out.splitlines() if line.startswith("reads"))
    assert "9 files" in reads, reads
    server.forget()
    swath("stack", f"{server.url}/collection.json", "--resolution", "60", "-o", tmp_path / "x.tif")
    assert f"{len(server.of('.tif'))} requests" in reads, (reads, len(server.of(".tif")))
