"""Pixel grids: the one asked for, or the one that odc-stac would choose, worked out from what the files say of themselves.

Where files share a lattice whose edges are no multiples of the pixel size, odc-stac mirrors their place in a pixel and so moves them; here they stay.
"""
from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import dataclass
from typing import Any

from ._errors import Misuse

# Parts of a pixel that two edges may differ and still be one, as odc-geo has it.
_NEAR_EDGE, _NEAR_ANCHOR = 0.01, 1e-3


@dataclass(frozen=True)
class Grid:
    """CRS (a code or WKT), affine transform (a, b, c, d, e, f) and shape (rows, columns)."""

    crs: str
    transform: tuple[float, ...]
    shape: tuple[int, int]

    def asked(self) -> dict:
        return {"crs": self.crs, "transform": list(self.transform), "shape": list(self.shape)}

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        a, _, c, _, e, f = self.transform
        rows, columns = self.shape
        xs, ys = sorted((c, c + a * columns)), sorted((f, f + e * rows))
        return xs[0], ys[0], xs[1], ys[1]

    def centres(self):
        """Coordinates of pixel centres: rows, then columns."""
        import numpy

        a, _, c, _, e, f = self.transform
        rows, columns = self.shape
        return numpy.arange(rows) * e + (f + e / 2), numpy.arange(columns) * a + (c + a / 2)


def of_geobox(box: Any) -> Grid:
    """The grid of an odc-geo GeoBox, or of anything with ``crs``, ``transform`` and ``shape``."""
    affine = getattr(box, "transform", None) or box.affine
    rows, columns = box.shape
    return Grid(crs_text(box.crs), tuple(float(v) for v in tuple(affine)[:6]), (int(rows), int(columns)))


def of_like(like: Any) -> Grid:
    """The grid of an array that was loaded before."""
    if not (hasattr(like, "coords") and hasattr(like, "dims")):
        return of_geobox(like)
    reference = next((c for c in like.coords.values() if c.ndim == 0 and "crs_wkt" in {**c.attrs} or "spatial_ref" in c.attrs), None)
    names = next(((y, x) for y, x in (("y", "x"), ("latitude", "longitude"), ("lat", "lon")) if y in like.dims and x in like.dims), None)
    if reference is None or names is None:
        raise Misuse("no CRS or no spatial dimensions", where="like", expected="an array that swath.load or odc.stac.load made, or a GeoBox")
    shape = (like.sizes[names[0]], like.sizes[names[1]])
    crs = crs_text(reference.attrs.get("crs_wkt") or reference.attrs["spatial_ref"])
    told = reference.attrs.get("GeoTransform")
    ys, xs = (like.coords[name].values for name in names)
    if told and _fits(told, xs, ys):
        c, a, b, f, d, e = (float(v) for v in told.split())
        return Grid(crs, (a, b, c, d, e, f), shape)
    if min(shape) < 2:
        raise Misuse("one row or column has no pixel size", where="like", expected="two of each, or a GeoTransform")
    a, e = (float(xs[-1] - xs[0]) / (len(xs) - 1), float(ys[-1] - ys[0]) / (len(ys) - 1))
    return Grid(crs, (a, 0.0, float(xs[0]) - a / 2, 0.0, e, float(ys[0]) - e / 2), shape)


def _fits(told: str, xs, ys) -> bool:
    c, a, _, f, _, e = (float(v) for v in told.split())
    near = lambda got, edge, step: abs((got - edge) / step - 0.5) < _NEAR_EDGE  # noqa: E731
    return near(float(xs[0]), c, a) and near(float(ys[0]), f, e)


def crs_text(crs: Any) -> str:
    """A CRS as the engine reads it: a code where there is one, else WKT."""
    if isinstance(crs, int):
        return f"EPSG:{crs}"
    if isinstance(crs, str):
        return crs
    for name in ("to_epsg", "epsg"):
        code = getattr(crs, name, None)
        code = code() if callable(code) else code
        if code:
            return f"EPSG:{code}"
    for name in ("to_wkt", "wkt"):
        text = getattr(crs, name, None)
        text = text() if callable(text) else text
        if text:
            return text
    raise Misuse(f"a {type(crs).__name__}", where="crs", expected="an EPSG code, WKT, or a CRS of pyproj, rasterio or odc-geo")


def crs_facts(crs: str) -> dict:
    from . import _swath

    return json.loads(_swath.crs_facts(crs))


def utm(west: float, south: float, east: float, north: float) -> str:
    """The UTM zone of the middle of a box."""
    zone = int((((west + east) / 2 + 180) % 360) // 6) + 1
    return f"EPSG:{(32600 if south + north >= 0 else 32700) + zone}"


@dataclass(frozen=True)
class Wanted:
    """What was asked of the grid; see :func:`swath.load`."""

    crs: str | None = None
    resolution: tuple[float, float] | None = None
    anchor: tuple[float, float] | None = None
    lonlat: tuple[float, float, float, float] | None = None
    bounds: tuple[float, float, float, float] | None = None
    # Corners of a shape, and their CRS.
    outline: tuple[str, tuple[tuple[float, float], ...]] | None = None

    def is_nothing(self) -> bool:
        return self == Wanted()


def choose(files: list[dict], wanted: Wanted, fallback: Grid, native: bool) -> Grid:
    """The grid of odc-stac for these files; pixels stay where they are wherever they may.

    Parameters
    ----------
    files
        Grids of the items, as ``crs``, ``transform``, ``shape`` and ``count``.
    fallback
        The engine's own choice, for files that differ in CRS.
    native
        Whether that is the lattice that all files share.
    """
    grids = [(Grid(f["crs"], tuple(f["transform"]), tuple(f["shape"])), f["count"]) for f in files]
    if wanted.is_nothing() and len(grids) == 1:
        return grids[0][0]
    if wanted.is_nothing() and native:
        return fallback
    crs, resolution, anchor = wanted.crs, wanted.resolution, wanted.anchor
    if crs is None or resolution is None:
        own_crs, own_resolution, own_anchor = _most_common(grids)
        anchor = own_anchor if anchor is None else anchor
        crs, resolution = crs or own_crs, resolution or own_resolution
    if crs.lower() == "utm":
        crs = utm(*(wanted.lonlat or _lonlat(fallback)))
    if wanted.outline is not None:
        box = around(wanted.outline, crs)
    elif wanted.lonlat is not None:
        box = _projected(wanted.lonlat, "EPSG:4326", crs)
    elif wanted.bounds is not None:
        box = wanted.bounds
    elif all(grid.crs == crs for grid, _ in grids):
        boxes = [grid.bounds for grid, _ in grids]
        box = (min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes))
    else:
        box = fallback.bounds if fallback.crs == crs else _projected(fallback.bounds, fallback.crs, crs)
    return _covering(box, crs, resolution, anchor or (0.0, 0.0))


def _lonlat(grid: Grid):
    return _projected(grid.bounds, grid.crs, "EPSG:4326")


def _projected(box, source: str, target: str):
    left, bottom, right, top = (float(v) for v in box)
    if _same(source, target):
        return left, bottom, right, top
    return around((source, ((left, top), (left, bottom), (right, bottom), (right, top))), target)


def _same(source: str, target: str) -> bool:
    return source == target or (source == "EPSG:4326" and target.upper() in ("EPSG:4326", "OGC:CRS84"))


def around(outline: tuple[str, tuple[tuple[float, float], ...]], target: str) -> tuple[float, float, float, float]:
    """The box around points of one CRS in another."""
    source, points = outline
    if not _same(source, target):
        from . import _swath

        points = tuple(_swath.project_points(points, source, target))
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)


def _most_common(grids):
    counted: Counter = Counter()
    without_anchor: Counter = Counter()
    for grid, count in grids:
        a, _, _, _, e, _ = grid.transform
        counted[grid.crs, (a, e), _anchor(grid.transform)] += count
        without_anchor[grid.crs, (a, e)] += count
    (best, count), = counted.most_common(1)
    if count > 0.1 * sum(counted.values()):
        return best
    (best, _), = without_anchor.most_common(1)
    return (*best, (0.0, 0.0))


def _anchor(transform) -> tuple[float, float]:
    """Where edges of pixels lie between two multiples of the pixel size, in parts of a pixel."""
    a, _, c, _, e, f = transform
    return _part(c / a), _part(f / abs(e))


def _part(position: float) -> float:
    part = _split(position)[1]
    part = 1 + part if part < 0 else part
    if abs(part) < _NEAR_ANCHOR:
        return 0.0
    part = _simple(part)
    return 0.0 if part >= 1 else part


def _simple(part: float) -> float:
    """A part that is nearly 1/n is 1/n, and one that is nearly whole is whole."""
    if part == 0:
        return part
    if part >= 1 - _NEAR_ANCHOR:
        return float(_whole(part, _NEAR_ANCHOR))
    n = _whole(1 / part, _NEAR_ANCHOR)
    return 1 / n if isinstance(n, int) else part


def _split(value: float) -> tuple[float, float]:
    """The nearest whole number, and what is left, between -0.5 and 0.5."""
    part = math.fmod(value, 1.0)
    whole = value - part
    if part > 0.5:
        return whole + 1, part - 1
    if part < -0.5:
        return whole - 1, part + 1
    return whole, part


def _whole(value: float, tolerance: float) -> float:
    whole, part = _split(value)
    return int(whole) if abs(part) < tolerance else value


def _covering(box, crs: str, resolution: tuple[float, float], anchor: tuple[float, float]) -> Grid:
    """The smallest grid of these pixels that covers a box but for a hundredth of a pixel."""
    left, columns = _axis(box[0], box[2], resolution[0], anchor[0])
    top, rows = _axis(box[1], box[3], resolution[1], anchor[1])
    return Grid(crs, (resolution[0], 0.0, left, 0.0, resolution[1], top), (rows, columns))


def _axis(low: float, high: float, step: float, anchor: float) -> tuple[float, int]:
    size = abs(step)
    offset = anchor * size
    first = math.floor(_whole((low - offset) / size, _NEAR_EDGE))
    last = math.ceil(_whole((high - offset) / size, _NEAR_EDGE))
    count = max(1, last - first)
    start = first * size
    return (start if step > 0 else start + count * size) + offset, count
