"""STAC items in any number, of files that are nowhere: what a graph is made of before a pixel is read."""

BANDS = ("red", "green", "blue", "nir")
_EXTENSIONS = [
    "https://stac-extensions.github.io/projection/v2.0.0/schema.json",
    "https://stac-extensions.github.io/raster/v2.0.0/schema.json",
]


def item(number):
    """One of a hundred tiles of 1000 x 1000 pixels that lie side by side, a month later for each hundred."""
    col, row = number % 10, number // 10 % 10
    when = f"{2000 + number // 1200:04}-{number // 100 % 12 + 1:02}-01T00:00:00Z"
    asset = lambda name: {  # noqa: E731
        "href": f"https://host.invalid/maps/t{col:02}{row:02}/{number:06}/{name}.tif", "type": "image/tiff; application=geotiff", "roles": ["data"],
        "proj:code": "EPSG:32633", "proj:shape": [1000, 1000], "proj:transform": [30, 0, 499_980 + col * 30_000, 0, -30, 5_000_010 - row * 30_000],
        "data_type": "uint16", "nodata": 0,
    }
    return {
        "type": "Feature", "stac_version": "1.1.0", "id": f"item-{number:06}", "bbox": [15.0, 45.0, 15.1, 45.1], "links": [], "collection": "maps",
        "stac_extensions": _EXTENSIONS,
        "geometry": {"type": "Polygon", "coordinates": [[[15, 45], [15.1, 45], [15.1, 45.1], [15, 45.1], [15, 45]]]},
        "properties": {"datetime": when}, "assets": {name: asset(name) for name in BANDS},
    }
