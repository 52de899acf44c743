"""Our tables open in other people's tools and theirs in `search`, and a search over HTTP reads little of a large one."""
import json
import os

import pytest

from support import globe

#: Items of the large table: many row groups and pages.
COUNT = int(os.environ.get("SWATH_TABLE_ITEMS", "6000"))
BOX = [5, 42, 13, 50]
#: Of every table the end is read at once, whatever is asked.
END = 256 << 10


def found(result):
    return sorted(f["id"] for f in json.loads(result.out)["features"])


def inside(items, box=BOX):
    return sorted(i["id"] for i in items if globe.overlaps(i["bbox"], box))


def box(numbers):
    return ["--bbox", ",".join(map(str, numbers))]


@pytest.fixture(scope="module")
def items():
    return globe.items(COUNT)


@pytest.fixture(scope="module")
def ours(swath, items, tmp_path_factory):
    folder = tmp_path_factory.mktemp("ours")
    (folder / "items.json").write_text(json.dumps({"type": "FeatureCollection", "features": items}))
    swath("search", folder / "items.json", "-o", folder / "items.parquet")
    return folder / "items.parquet"


def test_pyarrow_reads_groups_with_statistics(ours, items):
    parquet = pytest.importorskip("pyarrow.parquet")
    file = parquet.ParquetFile(ours)
    assert file.metadata.num_rows == COUNT
    geo, stac = (json.loads(file.metadata.metadata[key]) for key in (b"geo", b"stac-geoparquet"))
    assert geo["columns"]["geometry"]["covering"]["bbox"]["xmin"] == ["bbox", "xmin"] and "collections" in stac
    names = [file.metadata.row_group(0).column(k).path_in_schema for k in range(file.metadata.num_columns)]
    for name in ("bbox.xmin", "bbox.ymax", "datetime", "id", "eo:cloud_cover"):
        assert file.metadata.row_group(0).column(names.index(name)).statistics.has_min_max, name
    assert file.metadata.row_group(0).column(names.index("bbox.xmin")).has_column_index
    import pyarrow.compute as pc

    column = lambda corner: pc.field("bbox", corner)
    near = (column("xmin") <= BOX[2]) & (column("xmax") >= BOX[0]) & (column("ymin") <= BOX[3]) & (column("ymax") >= BOX[1])
    assert sorted(parquet.read_table(ours, filters=near)["id"].to_pylist()) == inside(items)


def test_geopandas_finds_the_same_by_place(ours, items):
    geopandas = pytest.importorskip("geopandas")
    frame = geopandas.read_parquet(ours, bbox=tuple(BOX))
    assert sorted(frame["id"]) == inside(items) and frame.crs.to_authority() == ("OGC", "CRS84")


def test_duckdb_finds_the_same_by_place_and_time(ours, items):
    duckdb = pytest.importorskip("duckdb")
    where = f"bbox.xmin <= {BOX[2]} and bbox.xmax >= {BOX[0]} and bbox.ymin <= {BOX[3]} and bbox.ymax >= {BOX[1]} and year(datetime) = 2020"
    rows = duckdb.sql(f"select id from read_parquet('{ours}') where {where}").fetchall()
    expected = inside(i for i in items if i["properties"]["datetime"].startswith("2020"))
    assert sorted(r[0] for r in rows) == expected and expected


def test_rustac_reads_every_item_as_it_was(ours, items):
    rustac = pytest.importorskip("rustac")
    back = rustac_read(rustac, ours)
    assert back.keys() == {i["id"] for i in items}
    for item in items[::500]:
        theirs = back[item["id"]]
        assert theirs["properties"]["proj:transform"] == item["properties"]["proj:transform"]
        assert {k: a["href"] for k, a in theirs["assets"].items()} == {k: a["href"] for k, a in item["assets"].items()}


def rustac_read(rustac, path):
    import asyncio

    async def read():
        return await rustac.read(str(path))

    return {i["id"]: i for i in asyncio.run(read())["features"]}


def rustac_table(items, path):
    rustac = pytest.importorskip("rustac")
    import asyncio

    async def write():
        await rustac.write(str(path), items)

    asyncio.run(write())


def stac_geoparquet_table(items, path):
    arrow = pytest.importorskip("stac_geoparquet.arrow")
    arrow.to_parquet(arrow.parse_stac_items_to_arrow(items), str(path))


@pytest.mark.parametrize("write", [rustac_table, stac_geoparquet_table], ids=["rustac", "stac-geoparquet"])
def test_tables_of_others_open(swath, serve, items, tmp_path, write):
    some = items[:1000]
    write(some, tmp_path / "items.parquet")
    server = serve(tmp_path)
    for address in (tmp_path / "items.parquet", f"{server.url}/items.parquet"):
        assert found(swath("search", address, *box(BOX))) == inside(some)
    summer = ["--datetime", "2020-06/2020-08", "--filter", "eo:cloud_cover < 50"]
    expected = [i for i in some if "2020-06" <= i["properties"]["datetime"][:7] <= "2020-08" and i["properties"]["eo:cloud_cover"] < 50]
    assert found(swath("search", server.url, *summer)) == sorted(i["id"] for i in expected)
    back = json.loads(swath("search", server.url, "--ids", some[3]["id"]).out)["features"][0]
    assert back["bbox"] == some[3]["bbox"] and back["properties"]["datetime"] == some[3]["properties"]["datetime"]
    assert back["assets"]["b1"]["href"] == some[3]["assets"]["b1"]["href"]


def test_a_search_by_place_reads_a_part_of_the_table(swath, serve, ours, items):
    server = serve(ours.parent)
    result = swath("search", f"{server.url}/items.parquet", *box(BOX))
    assert found(result) == inside(items)
    share = (server.sent("items.parquet") - END) / ours.stat().st_size
    assert share < (0.4 if COUNT < 50_000 else 0.03), f"{share:.1%} of the table was read beyond its end"
    assert len([r for r in server.requests if r.method == "HEAD"]) == 0, "the end of a table tells its size"


def test_newest_first_with_a_limit_reads_few_items(swath, serve, ours, items):
    server = serve(ours.parent)
    result = swath("search", f"{server.url}/items.parquet", "--sortby", "-datetime", "--limit", "3")
    newest = sorted(items, key=lambda i: i["properties"]["datetime"], reverse=True)[:3]
    assert [f["id"] for f in json.loads(result.out)["features"]] == [i["id"] for i in newest]
    assert json.loads(result.out)["numberMatched"] == COUNT
    assert server.sent("items.parquet") - END < ours.stat().st_size * 0.6


def test_cql2_as_text_and_as_json_find_the_same(swath, ours, items):
    text = "eo:cloud_cover < 10 AND datetime >= TIMESTAMP('2020-01-01T00:00:00Z')"
    tree = {"op": "and", "args": [{"op": "<", "args": [{"property": "eo:cloud_cover"}, 10]}, {"op": ">=", "args": [{"property": "datetime"}, {"timestamp": "2020-01-01T00:00:00Z"}]}]}
    expected = sorted(i["id"] for i in items if i["properties"]["eo:cloud_cover"] < 10 and i["properties"]["datetime"] >= "2020")
    assert found(swath("search", ours, "--filter", text)) == found(swath("search", ours, "--filter", json.dumps(tree))) == expected
    assert "is no CQL2" in swath("search", ours, "--filter", '{"op": "<"', rc=2).err


def test_a_table_that_is_replaced_is_never_mixed(swath, tmp_path, items):
    """Every answer is that of one version: the pages of two would not fit together."""
    from support.http import RangeServer

    for name, some in (("a", items[: COUNT // 2]), ("b", items[COUNT // 2 :])):
        (tmp_path / f"{name}.json").write_text(json.dumps({"type": "FeatureCollection", "features": some}))
        swath("search", tmp_path / f"{name}.json", "-o", tmp_path / f"{name}.parquet")

    class Swapping(RangeServer):
        def read(self, file, wanted):
            turn = len(self.requests)
            return super().read(tmp_path / ("b.parquet" if turn >= self.after else "a.parquet"), wanted)

    for after in (1, 2, 3, 4):
        server = Swapping(tmp_path)
        server.after = after
        try:
            result = swath("search", f"{server.url}/items.parquet", *box(BOX), rc=None)
        finally:
            server.close()
        if result.rc == 0:
            assert found(result) in (inside(items[: COUNT // 2]), inside(items[COUNT // 2 :]))
        else:
            assert "changed while it was read" in result.err, result


@pytest.mark.parametrize("claimed", [1000, 2**27 - 1], ids=["less", "more"])
def test_a_page_that_lies_about_its_size_is_named(swath, ours, tmp_path, claimed):
    """The third number of a page's header (Thrift's compact protocol: field by field, zigzag) is what it unpacks to."""
    parquet, pyarrow = pytest.importorskip("pyarrow.parquet"), pytest.importorskip("pyarrow")
    path = tmp_path / "items.parquet"
    rows = parquet.read_table(ours).slice(0, 20)
    parquet.write_table(rows.append_column("x:long", pyarrow.array(["a" * 1_000_000] * 20)), path, compression="zstd", use_dictionary=False, data_page_size=1 << 30)
    group = parquet.ParquetFile(path).metadata.row_group(0)
    at = next(c.data_page_offset for c in map(group.column, range(group.num_columns)) if c.path_in_schema == "x:long") + 3
    body = bytearray(path.read_bytes())
    digits = next(k for k in range(10) if not body[at + k] & 0x80) + 1
    assert body[at - 1] == 0x15 and digits == 4
    body[at : at + digits] = [((2 * claimed) >> 7 * k & 0x7F) | (0x80 if k < digits - 1 else 0) for k in range(digits)]
    path.write_bytes(body)
    result = swath("search", path, rc=8)
    assert found(result) == [] and str(path) in result.err
