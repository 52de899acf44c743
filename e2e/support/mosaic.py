"""Rasters of any place and kind with an ItemCollection that describes them, made without swath, and what rasterio makes of them."""
import json
import pathlib
from dataclasses import dataclass, field

import numpy as np
import rasterio
from rasterio.transform import from_origin
from rasterio.vrt import WarpedVRT
from rasterio.warp import Resampling, transform_bounds

TYPE = "image/tiff; application=geotiff; profile=cloud-optimized"


@dataclass
class Tile:
    """One file: `array` is (rows, columns) or (bands, rows, columns)."""

    name: str
    array: np.ndarray
    crs: str
    transform: object
    nodata: float | None = None
    date: str = "2020-01-01T00:00:00Z"
    asset: str = "b"
    mask: np.ndarray | None = None
    profile: dict = field(default_factory=dict)
    fields: dict = field(default_factory=dict)
    properties: dict = field(default_factory=dict)
    silent: bool = False

    def write(self, folder):
        bands = self.array if self.array.ndim == 3 else self.array[None]
        path = folder / f"{self.name}_{self.asset}.tif"
        options = {"driver": "GTiff", "count": bands.shape[0], "height": bands.shape[1], "width": bands.shape[2], "dtype": bands.dtype}
        options |= {"crs": self.crs, "transform": self.transform, "nodata": self.nodata, "tiled": True, "blockxsize": 256, "blockysize": 256}
        with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "w", **options | self.profile) as dataset:
            dataset.write(bands)
            if self.mask is not None:
                dataset.write_mask(self.mask)
        return path

    def described(self, path):
        asset = {"href": f"./{path.name}", "type": TYPE}
        if not self.silent:
            asset |= {"data_type": str(self.array.dtype), "proj:shape": list(self.array.shape[-2:]), "proj:transform": list(self.transform)[:6]}
            asset |= {"proj:code": self.crs}
            if self.array.ndim == 3:
                asset["bands"] = [{"name": f"{self.asset}{n + 1}"} for n in range(len(self.array))]
            if self.nodata is not None:
                asset["nodata"] = "nan" if np.isnan(self.nodata) else self.nodata
        return asset | self.fields


def write(folder, tiles):
    """Writes the files and items.json beside them; tiles of one name are assets of one item."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    items = {}
    for tile in tiles:
        path = tile.write(folder)
        if tile.name not in items:
            bbox = list(bounds(path))
            items[tile.name] = {"type": "Feature", "stac_version": "1.1.0", "stac_extensions": [], "id": tile.name, "bbox": bbox, "geometry": outline(bbox)}
            items[tile.name] |= {"properties": {"datetime": tile.date} | tile.properties, "links": [], "assets": {}}
        items[tile.name]["assets"][tile.asset] = tile.described(path)
    (folder / "items.json").write_text(json.dumps({"type": "FeatureCollection", "features": list(items.values())}))
    return folder / "items.json"


def bounds(path):
    with rasterio.open(path) as dataset:
        if not dataset.crs:
            return -180, -90, 180, 90
        west, south, east, north = transform_bounds(dataset.crs, "EPSG:4326", *dataset.bounds)
        return (west, south, east, north) if np.isfinite([west, south, east, north]).all() else (-180, -90, 180, 90)


def outline(bbox):
    """Cut in two where it crosses the antimeridian."""
    west, south, east, north = bbox
    parts = [(west, east)] if west <= east else [(west, 180), (-180, east)]
    rings = [[[[w, south], [e, south], [e, north], [w, north], [w, south]]] for w, e in parts]
    return {"type": "Polygon", "coordinates": rings[0]} if len(rings) == 1 else {"type": "MultiPolygon", "coordinates": rings}


def warped(path, like, resampling="nearest", tolerance=1e-6, **options):
    """What rasterio makes of a file on the grid of another: (bands, rows, columns), masked.

    GDAL computes positions to an eighth of a pixel unless it is told otherwise: here to a millionth.
    """
    with rasterio.open(like) as grid, rasterio.open(path) as dataset:
        options = {"crs": grid.crs, "transform": grid.transform, "width": grid.width, "height": grid.height, "tolerance": tolerance} | options
        with WarpedVRT(dataset, resampling=Resampling[resampling], **options) as there:
            return there.read(masked=True)


def north_up(left, top, step):
    return from_origin(left, top, step, step)
