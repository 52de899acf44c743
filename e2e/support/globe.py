"""Items over all the world and ten years, the same ones each time."""
import time

WKT = 'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]]'


def item(k, href="https://host/cogs", collection="data"):
    """The k-th item: a box of 0.25 to 10 degrees, four assets."""
    u, v, t = (k * 0.6180339887498949) % 1, (k * 0.7548776662466927) % 1, (k * 0.5698402909980532) % 1
    size = 0.25 + 9.75 * ((k * 7919) % 1000 / 1000) ** 4
    west, south = round(-180 + u * (360 - size), 6), round(-80 + v * (160 - size), 6)
    east, north = round(west + size, 6), round(south + size, 6)
    when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1420070400 + int(t * 10 * 365.25 * 86400)))
    name = f"item-{k:07d}"
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    kind = "image/tiff; application=geotiff; profile=cloud-optimized"
    return {
        "type": "Feature", "stac_version": "1.1.0", "id": name, "collection": collection,
        "stac_extensions": ["https://stac-extensions.github.io/projection/v2.0.0/schema.json", "https://stac-extensions.github.io/eo/v1.1.0/schema.json"],
        "bbox": [west, south, east, north], "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": {
            "datetime": when, "proj:code": "EPSG:4326", "proj:wkt2": WKT, "proj:shape": [3000, 3000],
            "proj:transform": [size / 3000, 0.0, west, 0.0, -size / 3000, north, 0.0, 0.0, 1.0], "eo:cloud_cover": (k * 37) % 100,
        },
        "links": [],
        "assets": {f"b{b}": {"href": f"{href}/{name}_b{b}.tif", "type": kind, "roles": ["data"]} for b in (1, 2, 3, 4)},
    }


def items(count, **said):
    return [item(k, **said) for k in range(count)]


def overlaps(a, b):
    return a[0] <= b[2] and b[0] <= a[2] and a[1] <= b[3] and b[1] <= a[3]


def collection(name, links=()):
    return {
        "type": "Collection", "stac_version": "1.1.0", "id": name, "description": name, "license": "CC-BY-4.0", "links": list(links),
        "extent": {"spatial": {"bbox": [[-180, -90, 180, 90]]}, "temporal": {"interval": [["2015-01-01T00:00:00Z", "2025-01-01T00:00:00Z"]]}},
    }
