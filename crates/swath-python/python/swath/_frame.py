"""The arguments of ``swath.load`` that say the grid, made one."""
from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from . import _grid
from ._box import box
from ._errors import Misuse


def frame(grid: dict) -> tuple[_grid.Wanted, _grid.Grid | None]:
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
    lonlat = None
    if "bbox" in said:
        numbers = box(said["bbox"])
        west, south, east, north = numbers[:2] + numbers[len(numbers) // 2 :][:2]
        lonlat = (west, south, east, north)
    if "lon" in said:
        (west, east), (south, north) = sorted(said["lon"]), sorted(said["lat"])
        lonlat = (float(west), float(south), float(east), float(north))
    outline = None
    shape = said.get("geopolygon", said.get("intersects"))
    if shape is not None:
        outline = _outline(shape)
        lonlat = _grid.around(outline, "EPSG:4326")
    bounds = None
    if "x" in said:
        (left, right), (bottom, top) = sorted(said["x"]), sorted(said["y"])
        bounds = (float(left), float(bottom), float(right), float(top))
    crs = _grid.crs_text(said["crs"]) if "crs" in said else None
    return _grid.Wanted(crs, _steps(said.get("resolution")), _anchor(said.get("anchor")), lonlat, bounds, outline), None


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
        across, down = anchor.xy
        return float(across), float(down)
    word = str(getattr(anchor, "name", anchor)).lower()
    if word in words:
        return words[word]
    if isinstance(anchor, (tuple, list)) and len(anchor) == 2:
        return float(anchor[0]), float(anchor[1])
    raise Misuse(f"{anchor!r}", where="anchor", expected="'edge', 'center', or two parts of a pixel")


def _outline(shape: Any) -> tuple[str, tuple[tuple[float, float], ...]]:
    """The corners of a GeoJSON geometry, feature or collection, or of what has ``__geo_interface__``, and their CRS."""
    crs = getattr(shape, "crs", None)
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

    gather(json.loads(json.dumps(getattr(shape, "__geo_interface__", shape))))
    if not points:
        raise Misuse("a geometry without a point", where="intersects", expected="GeoJSON")
    return "EPSG:4326" if crs is None else _grid.crs_text(crs), tuple(points)
