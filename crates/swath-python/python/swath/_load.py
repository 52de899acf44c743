"""``swath.load``: items to an xarray.Dataset, with the arguments, dimensions and coordinates of ``odc.stac.load``."""
from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from . import _grid
from ._access import Credential
from ._errors import Misuse, Unsupported

if TYPE_CHECKING:
    import xarray

    from ._plan import Plan


def load(
    items: Any,
    bands: str | Sequence[str] | None = None,
    *,
    groupby: str | None = "time",
    resampling: str | Mapping[str, str] | None = None,
    dtype: Any = None,
    chunks: Mapping[str, int | str] | str | None = None,
    crs: Any = None,
    resolution: Any = None,
    anchor: Any = None,
    geobox: Any = None,
    bbox: Sequence[float] | None = None,
    lon: Sequence[float] | None = None,
    lat: Sequence[float] | None = None,
    x: Sequence[float] | None = None,
    y: Sequence[float] | None = None,
    like: Any = None,
    geopolygon: Any = None,
    intersects: Any = None,
    fail_on_error: bool = True,
    patch_url: Callable[[str], str] | None = None,
    sign: Callable[[str], str] | None = None,
    credential: Credential = None,
    measurements: str | Sequence[str] | None = None,
    **more: Any,
) -> xarray.Dataset:
    """Make a lazy Dataset of items: a variable for each band, over time and place.

    Nothing is read before a value is looked at, and then only the blocks that it takes. The arguments, dimensions and coordinates are
    those of ``odc.stac.load``; pixels on the data's own grid are copied, bit by bit, and stay in their place.

    Parameters
    ----------
    items
        What :meth:`Catalog.search` found, a :class:`Catalog` or its URL (searched by `bbox`), pystac items, or dictionaries.
    bands, measurements
        Asset keys, band names, or ``asset:band``; all where none is named.
    groupby
        Which items share a time step: ``"time"``, ``"solar_day"``, or ``"id"`` (None is the same) for none.
    resampling
        ``"nearest"`` where it is not said, ``"bilinear"``, ``"cubic"``, ``"average"``, ``"mode"``, ``"min"``, ``"max"``, ``"median"``;
        or one for each band, ``"*"`` for the rest.
    dtype
        A type to convert to; the files' own where it is not said.
    chunks
        Chunk sizes of a Dask array, as ``{"x": 2048, "y": 2048}``; ``{}`` or ``"auto"`` follows the blocks of the files. None for an
        array without Dask.
    crs, resolution, anchor
        The grid: a CRS (``"utm"`` for the zone of the data), the pixel size in its units (one number, or x and y), and where edges
        lie: ``"edge"``, ``"center"`` or parts of a pixel. The most common of the items where they are not said.
    geobox, like
        The very grid: an ``odc.geo.GeoBox``, or an array that was loaded before.
    bbox, lon, lat, geopolygon, intersects
        The frame in degrees: west, south, east, north; ranges; or a geometry around whose box is drawn.
    x, y
        The frame in units of `crs`.
    fail_on_error
        Whether an asset that cannot be read is an error; else its pixels stay empty, and a warning names it.
    patch_url, sign
        Turns an href into one that may be read, as ``planetary_computer.sign`` does; called where the file is read, just before.
    credential
        As :func:`swath.open`, for items that come without a catalog.

    Raises
    ------
    swath.Misuse
        For arguments that contradict each other, or meet no pixel.

    Examples
    --------
    >>> import swath
    >>> found = swath.open("published").search(datetime="2020")
    >>> array = swath.load(found, bands=["red", "nir"], chunks={"x": 2048, "y": 2048}, dtype="float32")
    >>> ((array.nir - array.red) / (array.nir + array.red)).mean("time").compute().shape
    (64, 128)
    """
    made = plan(
        items, measurements if bands is None else bands, groupby=groupby, resampling=resampling, crs=crs, resolution=resolution,
        anchor=anchor, geobox=geobox, bbox=bbox, lon=lon, lat=lat, x=x, y=y, like=like, geopolygon=geopolygon, intersects=intersects,
        fail_on_error=fail_on_error, patch_url=patch_url, sign=sign, credential=credential, **more,
    )
    return made.load(chunks=chunks, dtype=dtype)


def plan(
    items: Any,
    bands: str | Sequence[str] | None = None,
    *,
    groupby: str | None = "time",
    resampling: str | Mapping[str, str] | None = None,
    fail_on_error: bool = True,
    patch_url: Callable[[str], str] | None = None,
    sign: Callable[[str], str] | None = None,
    credential: Credential = None,
    **grid: Any,
) -> Plan:
    """What :func:`load` would read, without reading: the same arguments, except `chunks` and `dtype`.

    Examples
    --------
    >>> import swath
    >>> swath.plan("published", ["red"])
    <swath.Plan (time: 2, band: 1, y: 64, x: 128) 32.0 KiB, EPSG:32633, copied>
    """
    from ._items import take
    from ._plan import Plan

    _odc_only(grid)
    wanted, exact = _wanted(grid)
    search = {"bbox": wanted.lonlat} if wanted.lonlat is not None else None
    taken = take(items, credential, search)
    names = [bands] if isinstance(bands, str) else list(bands or [])
    groups = {"time": "time", "solar_day": "solar_day", "id": "none", None: "none"}
    if groupby not in groups:
        raise Unsupported(f"{groupby!r}", where="groupby", expected="'time', 'solar_day' or 'id'", hint="group the items and load each group")
    asked = {"assets": names, "groupby": groups[groupby], "errors": "raise" if fail_on_error else "nodata"}
    return Plan.of(taken, asked, resampling, lambda own: exact or _grid.choose(own.files(), wanted, own.grid, own.facts["native"]), sign or patch_url)


def _odc_only(more: dict):
    """Arguments of odc.stac.load that change nothing here, and those that would."""
    for name in ("progress", "pool"):
        more.pop(name, None)
    for name in ("stac_cfg", "with_properties", "driver", "fuse_func", "preserve_original_order"):
        if more.pop(name, None):
            raise Unsupported(f"{name}=", where="load", expected="the arguments of swath.load", hint="write what it says into the items")
    if "output_crs" in more:
        more["crs"] = more.pop("output_crs")


def _wanted(grid: dict) -> tuple[_grid.Wanted, _grid.Grid | None]:
    """The arguments that say the grid, made one."""
    known = ("crs", "resolution", "anchor", "geobox", "bbox", "lon", "lat", "x", "y", "like", "geopolygon", "intersects")
    for name in grid:
        if name not in known:
            raise TypeError(f"load() got an unexpected keyword argument {name!r}")
    said = {name: grid[name] for name in known if grid.get(name) is not None}
    for name, of in (("geobox", _grid.of_geobox), ("like", _grid.of_like)):
        if name in said:
            if len(said) > 1:
                raise Misuse(f"{name}= and {', '.join(n for n in said if n != name)}=", where="load", expected=f"{name}= alone: it says the grid")
            return _grid.Wanted(), of(said[name])
    frames = [n for n in ("bbox", "lon", "x", "geopolygon", "intersects") if n in said or {"lon": "lat", "x": "y"}.get(n) in said]
    if len(frames) > 1:
        raise Misuse(f"{' and '.join(frames)}", where="load", expected="one way to say the frame")
    for one, other in (("lon", "lat"), ("x", "y")):
        if (one in said) != (other in said):
            raise Misuse(f"{one if one in said else other}= alone", where="load", expected=f"{one}= and {other}=")
    if "x" in said and "crs" not in said:
        raise Misuse("x= and y= without crs=", where="load", expected="the CRS that they are in")
    lonlat = tuple(float(v) for v in said["bbox"]) if "bbox" in said else None
    if "lon" in said:
        (west, east), (south, north) = sorted(said["lon"]), sorted(said["lat"])
        lonlat = (float(west), float(south), float(east), float(north))
    if shape := said.get("geopolygon") or said.get("intersects"):
        lonlat = _box(getattr(shape, "__geo_interface__", shape))
    bounds = None
    if "x" in said:
        (left, right), (bottom, top) = sorted(said["x"]), sorted(said["y"])
        bounds = (float(left), float(bottom), float(right), float(top))
    crs = _grid.crs_text(said["crs"]) if "crs" in said else None
    return _grid.Wanted(crs, _steps(said.get("resolution")), _anchor(said.get("anchor")), lonlat, bounds), None


def _steps(resolution: Any) -> tuple[float, float] | None:
    """Signed pixel sizes in x and y; one number is a square pixel, rows from north to south."""
    if resolution is None:
        return None
    if hasattr(resolution, "x") and hasattr(resolution, "y"):
        return float(resolution.x), float(resolution.y)
    if isinstance(resolution, (tuple, list)):
        step_x, step_y = (float(v) for v in resolution)
        return step_x, -abs(step_y)
    return float(resolution), -float(resolution)


def _anchor(anchor: Any) -> tuple[float, float] | None:
    words = {"edge": (0.0, 0.0), "default": (0.0, 0.0), "center": (0.5, 0.5), "centre": (0.5, 0.5)}
    if anchor is None:
        return None
    if hasattr(anchor, "xy"):
        return tuple(float(v) for v in anchor.xy)
    word = str(getattr(anchor, "name", anchor)).lower()
    if word in words:
        return words[word]
    if isinstance(anchor, (tuple, list)) and len(anchor) == 2:
        return float(anchor[0]), float(anchor[1])
    raise Misuse(f"{anchor!r}", where="anchor", expected="'edge', 'center', or two parts of a pixel")


def _box(shape: Any) -> tuple[float, float, float, float]:
    """The box around a GeoJSON geometry, feature or collection."""
    points: list[tuple[float, float]] = []

    def gather(node):
        if isinstance(node, Mapping):
            for key in ("features", "geometry", "geometries", "coordinates"):
                if node.get(key) is not None:
                    gather(node[key])
        elif node and isinstance(node[0], (int, float)):
            points.append((float(node[0]), float(node[1])))
        else:
            for part in node:
                gather(part)

    gather(json.loads(json.dumps(shape)))
    if not points:
        raise Misuse("a geometry without a point", where="intersects", expected="GeoJSON")
    xs, ys = zip(*points)
    return min(xs), min(ys), max(xs), max(ys)
