"""A Dataset of a plan: variables, coordinates, and how the chunks of a Dask array lie."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy
import xarray

from ._errors import Misuse
from ._grid import Grid, crs_facts
from ._lazy import chunked, lazily
from ._plan import Plan

# About so many pixels each way make a chunk, where the blocks of the files leave the choice.
_CHUNK = 2048


def dataset(plan: Plan, chunks: Mapping[str, Any] | str | None, dtype: Any) -> xarray.Dataset:
    """The Dataset, with dimensions, coordinates and attributes as odc-stac names them."""
    coords, dims = coordinates(plan.grid)
    coords["time"] = ("time", times(plan))
    shared: dict[int, Any] = {}
    variables = {}
    for name, (variable, band) in plan.variables(dtype).items():
        if chunks is None:
            data = lazily(variable)
        else:
            sizes = chunk_sizes(variable.pixels, variable.shape, variable.values.dtype, chunks, ("time", *dims))
            data = chunked(variable, sizes, share(variable.pixels, shared))
        attrs = _attrs(variable, band)
        variables[name] = xarray.Variable(("time", *dims), data, attrs, encoding={"grid_mapping": "spatial_ref"})
    made = xarray.Dataset({**variables, **plan.properties}, coords)
    made.encoding["swath"] = plan
    return made


def share(pixels, known: dict[int, Any]):
    """The pixels as one node of the graph, which all chunks name."""
    import dask
    from dask.base import tokenize

    if id(pixels) not in known:
        name = f"swath-plan-{tokenize(pixels.token())}"
        known[id(pixels)] = dask.delayed(pixels, name=name, pure=True, traverse=False)
    return known[id(pixels)]


def _attrs(variable, band: dict) -> dict:
    attrs: dict[str, Any] = {}
    if band["unit"]:
        attrs["units"] = band["unit"]
    if band["scale"] is not None or band["offset"] is not None:
        attrs["scale"], attrs["offset"] = band["scale"] or 1.0, band["offset"] or 0.0
    nodata = variable.pixels.facts["nodata"]
    if nodata is not None:
        attrs["nodata"] = int(nodata) if nodata.lstrip("-").isdigit() else float(nodata)
    return attrs


def times(plan: Plan):
    """Instants in UTC, as xarray has them: without a zone."""
    return numpy.array([t["datetime"].removesuffix("Z").replace("+00:00", "") for t in plan.times], "datetime64[ns]")


def coordinates(grid: Grid) -> tuple[dict[str, Any], tuple[str, str]]:
    """Pixel centres and ``spatial_ref``, and the names of the dimensions."""
    facts = crs_facts(grid.crs)
    dims = ("latitude", "longitude") if facts["geographic"] else ("y", "x")
    text = _odc_name(facts)
    units, reference = _described(facts)
    coords: dict[str, Any] = {}
    for dim, values, unit, step in zip(dims, grid.centres(), units, (grid.transform[4], grid.transform[0])):
        coords[dim] = (dim, values, {"units": unit, "resolution": step, "crs": text})
    code = facts["code"] or ""
    number = int(code.rpartition(":")[2]) if code.upper().startswith("EPSG:") else 0
    coords["spatial_ref"] = ((), numpy.asarray(number, "int32"), {**reference, "GeoTransform": geotransform(grid)})
    return coords, dims


def geotransform(grid: Grid) -> str:
    """GDAL's order of the transform, in plain decimals."""
    a, b, c, d, e, f = grid.transform
    return " ".join(f"{v:.24f}".rstrip("0").rstrip(".") for v in (c, a, b, f, d, e))


def _odc_name(facts: dict) -> str:
    return facts["code"].upper() if facts["code"] else facts["wkt"]


def _described(facts: dict) -> tuple[tuple[str, str], dict]:
    """Units of rows and columns, and the attributes of the CRS as CF has them; pyproj knows them all, the engine the most needed."""
    wkt = facts["wkt"]
    plain = ("degrees_north", "degrees_east") if facts["geographic"] else (facts["unit"],) * 2
    try:
        from pyproj import CRS
    except ImportError:
        return plain, {"spatial_ref": wkt, "crs_wkt": wkt}
    crs = CRS.from_user_input(facts["code"] or wkt)
    cf = crs.to_cf()
    axes = {{"north": "y", "south": "y", "east": "x", "west": "x"}.get(a.direction, a.direction): a.unit_name for a in crs.axis_info}
    units = plain if facts["geographic"] else (axes.get("y", ""), axes.get("x", ""))
    return units, {"spatial_ref": cf.get("crs_wkt") or wkt, **cf}


def chunk_sizes(pixels, shape: tuple[int, ...], dtype, chunks: Mapping[str, Any] | str, dims: tuple[str, ...]) -> tuple[tuple[int, ...], ...]:
    """Chunk sizes along each dimension: as asked, and by the blocks of the files where nothing is said."""
    if isinstance(chunks, str):
        chunks = {dim: chunks for dim in dims[-2:]}
    short = {"y": dims[-2], "x": dims[-1]}
    asked = {short.get(dim, dim): size for dim, size in chunks.items()}
    for dim in asked:
        if dim not in dims:
            raise Misuse(f"{dim!r}", where="chunks", expected=f"sizes for some of {', '.join(dims)}")
    auto = any(asked.get(dim, "auto") in ("auto", None) for dim in dims[-2:])
    own = pixels.chunks(_CHUNK) if auto else ()
    sizes = []
    for axis, (dim, length) in enumerate(zip(dims, shape)):
        size = asked.get(dim, "auto")
        spatial = axis >= len(dims) - 2
        if size in ("auto", None) and spatial:
            sizes.append(tuple(own[axis - len(dims) + 2]))
        else:
            sizes.append(_even(length, 1 if size in ("auto", None) else size))
    return tuple(sizes)


def _even(length: int, size: Any) -> tuple[int, ...]:
    if isinstance(size, (tuple, list)):
        if sum(size) != length:
            raise Misuse(f"{size} for {length}", where="chunks", expected="sizes that add up")
        return tuple(size)
    size = length if size == -1 else min(int(size), length)
    if length == 0 or size < 1:
        return (length,)
    whole, rest = divmod(length, size)
    return (size,) * whole + ((rest,) if rest else ())
