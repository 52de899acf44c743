"""A series of rasters of one place with an ItemCollection that describes it, made without swath."""
import json
import pathlib

import numpy as np
import rasterio
from rasterio.transform import from_origin
from rasterio.warp import transform_bounds

TYPE = "image/tiff; application=geotiff; profile=cloud-optimized"


def write(folder, bands, dates, nodata=None, crs="EPSG:32633", origin=(500_000, 5_000_000), step=30, fields=None, periods=None):
    """Writes each of `bands` ({name: (time, row, column)}) as one file per date; returns the path of items.json.

    `fields` are further fields of every asset ({name: {...}}), `periods` start and end of each date.
    """
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    items = []
    for t, date in enumerate(dates):
        name = date.replace(":", "").replace("-", "")
        assets = {}
        for band, array in bands.items():
            transform = from_origin(*origin, step, step)
            options = {"driver": "GTiff", "count": 1, "height": array.shape[1], "width": array.shape[2], "dtype": array.dtype, "crs": crs}
            options |= {"transform": transform, "nodata": nodata, "tiled": True, "blockxsize": 256, "blockysize": 256}
            with rasterio.open(folder / f"{band}_{name}.tif", "w", **options) as dataset:
                dataset.write(array[t], 1)
                bounds = dataset.bounds
            asset = {"href": f"./{band}_{name}.tif", "type": TYPE, "data_type": str(array.dtype), "proj:shape": list(array.shape[1:])}
            asset |= {"proj:transform": list(transform)[:6], "proj:code": crs} | (fields or {}).get(band, {})
            if nodata is not None:
                asset["nodata"] = "nan" if np.isnan(nodata) else nodata
            assets[band] = asset
        west, south, east, north = transform_bounds(crs, "EPSG:4326", *bounds)
        ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
        instant = date if "T" in date else f"{date}T00:00:00Z"
        properties = {"datetime": instant}
        if periods:
            properties |= dict(zip(("start_datetime", "end_datetime"), periods[t]))
        item = {"type": "Feature", "stac_version": "1.1.0", "stac_extensions": [], "id": name, "bbox": [west, south, east, north]}
        item |= {"geometry": {"type": "Polygon", "coordinates": [ring]}, "properties": properties, "links": [], "assets": assets}
        items.append(item)
    (folder / "items.json").write_text(json.dumps({"type": "FeatureCollection", "features": items}))
    return folder / "items.json"


def with_holes(array, empty, seed=0):
    """The same series with a third of its pixels empty, and a corner that always is."""
    holes = np.random.default_rng(seed).random(array.shape) < 1 / 3
    holes[..., :20, :20] = True
    return np.where(holes, empty, array).astype(array.dtype)


def as_float(array, nodata):
    """What numpy's nan functions take: NaN where there is no data."""
    values = array.astype("float64")
    if nodata is not None:
        values[array == np.asarray(nodata, array.dtype)] = np.nan
    return values
