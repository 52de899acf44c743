"""One question, one answer, whether the items lie in a folder, a list, a table (ours, stac-geoparquet's) or behind a STAC API."""
import json

import pytest

from support import globe
from support.stac_api import CLASSES, StacApi


def item(name, west, south, east, north, day, heights=None, ring=None):
    body = globe.item(0) | {"id": name, "collection": "a"}
    body["bbox"] = [west, south, east, north] if heights is None else [west, south, heights[0], east, north, heights[1]]
    ring = ring or [[west, south], [east, south], [east, north], [west, north], [west, south]]
    body["geometry"] = {"type": "Polygon", "coordinates": [ring if heights is None else [[*p, heights[0]] for p in ring]]}
    body["properties"] = body["properties"] | {"datetime": f"2020-01-{day:02}T00:00:00Z", "eo:cloud_cover": day * 10}
    return body


def split(name, west, south, east, north, day):
    """Across the antimeridian, as RFC 7946 3.1.9 has it: two polygons, and a box whose west lies above its east."""
    body = item(name, west, south, east, north, day)
    parts = [(west, 180), (-180, east)]
    body["geometry"] = {"type": "MultiPolygon", "coordinates": [[[[w, south], [e, south], [e, north], [w, north], [w, south]]] for w, e in parts]}
    return body


ITEMS = [
    item("plain", 5, 44, 6, 45, 1),
    item("high", 10, 44, 11, 45, 2, heights=(-5, 4000)),
    split("crossing", 178, -19, -178, -16, 3),
    item("west", -179, -19, -177, -16, 4),
    item("turned", 300, 10, 310, 20, 5),
    item("south", 0, -80, 10, -70, 6),
]
FORMS = ["folder", "list", "table", "their table", "api"]


def tree(folder):
    folder.mkdir()
    for body in ITEMS:
        (folder / f"{body['id']}.json").write_text(json.dumps(body))
    root = globe.collection("a", [{"rel": "item", "href": f"./{body['id']}.json"} for body in ITEMS])
    (folder / "collection.json").write_text(json.dumps(root))
    return folder


@pytest.fixture(scope="module", params=FORMS)
def place(request, swath, tmp_path_factory):
    folder = tmp_path_factory.mktemp("places")
    if request.param == "folder":
        yield tree(folder / "tree")
    elif request.param == "api":
        # It judges nothing by itself, as a server may that does not know what a box across the antimeridian is.
        server = StacApi(ITEMS, classes=tuple(c for c in CLASSES if c not in ("filter", "sort")), largest=2)
        server.matches = lambda *_: True
        yield server.url
        server.close()
    else:
        (folder / "items.json").write_text(json.dumps({"type": "FeatureCollection", "features": ITEMS}))
        if request.param == "table":
            swath("search", folder / "items.json", "-o", folder / "items.parquet")
        if request.param == "their table":
            arrow = pytest.importorskip("stac_geoparquet.arrow")
            flat = [{**body, "bbox": [body["bbox"][k] for k in ((0, 1, 3, 4) if len(body["bbox"]) == 6 else (0, 1, 2, 3))]} for body in ITEMS]
            arrow.to_parquet(arrow.parse_stac_items_to_arrow(flat), str(folder / "items.parquet"))
        yield folder / ("items.json" if request.param == "list" else "items.parquet")


@pytest.mark.parametrize("box, expected", [
    ("5.5,44.5,5.6,44.6", ["plain"]),
    ("0,40,20,50", ["plain", "high"]),
    ("10,44,-100,11,45,9000", ["high"]),
    ("177,-20,-178.5,-10", ["crossing", "west"]),
    ("179,-18,179.5,-17", ["crossing"]),
    ("-178.5,-18,-178.1,-17", ["crossing", "west"]),
    ("-55,12,-54,13", ["turned"]),
    ("305,12,306,13", ["turned"]),
    ("-180,-90,180,90", ["plain", "high", "crossing", "west", "turned", "south"]),
    ("20,20,30,30", []),
])
def test_by_place(swath, place, box, expected):
    result = swath("search", place, f"--bbox={box}")
    assert [f["id"] for f in json.loads(result.out)["features"]] == expected


@pytest.mark.parametrize("arguments, expected", [
    (["--sortby", "-datetime", "--limit", "2"], ["south", "turned"]),
    (["--sortby", "+eo:cloud_cover", "--limit", "3", "--datetime", "2020-01-02/.."], ["high", "crossing", "west"]),
    (["--bbox=170,-20,-170,-10", "--sortby", "-datetime", "--limit", "1"], ["west"]),
    (["--filter", "eo:cloud_cover > 45 AND s_intersects(geometry, POINT(5 -75))"], ["south"]),
    (["--limit", "0"], []),
])
def test_by_order_and_limit(swath, place, arguments, expected):
    result = swath("search", place, *arguments)
    assert [f["id"] for f in json.loads(result.out)["features"]] == expected


def test_heights_come_back(swath, place, request):
    found = json.loads(swath("search", place, "--ids", "high").out)["features"][0]["bbox"]
    # Our tables keep the box on the ground, and the heights with the geometry.
    flat = "table" in request.node.callspec.params["place"]
    assert found == ([10, 44, 11, 45] if flat else [10, 44, -5, 11, 45, 4000])
