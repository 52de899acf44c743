"""``swath.stack``: items to one DataArray, with the arguments, dimensions and coordinates of ``stackstac.stack``."""
from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from . import _grid
from ._access import Credential
from ._errors import Misuse

if TYPE_CHECKING:
    import xarray


def stack(
    items: Any,
    assets: str | Sequence[str] | Set[str] | None = None,
    epsg: int | None = None,
    resolution: float | tuple[float, float] | None = None,
    bounds: Sequence[float] | None = None,
    bounds_latlon: Sequence[float] | None = None,
    snap_bounds: bool | None = None,
    resampling: Any = "nearest",
    chunksize: Any = None,
    dtype: Any = None,
    fill_value: float | None = None,
    rescale: bool = False,
    sortby_date: str | bool = "asc",
    xy_coords: str | bool = "topleft",
    properties: bool | str | Sequence[str] = True,
    band_coords: bool = True,
    gdal_env: None = None,
    errors_as_nodata: Any = (),
    reader: None = None,
    *,
    sign: Callable[[str], str] | None = None,
    credential: Credential = None,
) -> xarray.DataArray:
    """Make a lazy DataArray (time, band, y, x) of items, a step of time for each.

    The arguments and coordinates are those of ``stackstac.stack``; where nothing is said, values keep their type and pixels their place.

    Parameters
    ----------
    items
        As :func:`swath.load`.
    assets
        Asset keys, names of bands or of their colours, or ``asset:band``; a set of media types for the assets of these; all rasters where
        nothing is said.
    epsg, resolution
        The CRS and the pixel size in its units; the items' own, and the finest, where they are not said.
    bounds, bounds_latlon
        The frame in units of the CRS, or in degrees; the union of the items where it is not said.
    snap_bounds
        Widen the frame to whole multiples of the pixel size; False leaves it. Where it is not said, pixels of items that share a
        grid stay where they are, and the frame is widened where they do not.
    resampling
        As :func:`swath.load`, or one of ``rasterio.enums.Resampling``.
    chunksize
        As Dask takes chunks: ``1024``, ``(1024, 2048)``, ``(1, 1, 512, 512)``, ``"auto"`` by the blocks of the files. None: without Dask.
    dtype, fill_value
        A type to convert to and what stands for what is no data: NaN where `dtype` is a floating point type and nothing is said.
    rescale
        Apply each band's scale and offset; the result is float64 where `dtype` does not say else.
    sortby_date
        ``"asc"``, ``"desc"``, or False for the order of the items.
    xy_coords
        Coordinates of a pixel: its ``"topleft"`` corner, its ``"center"``, or False for none.
    properties, band_coords
        Which properties of items, and whether facts of assets, become coordinates.
    errors_as_nodata
        Whether an asset that cannot be read leaves its pixels empty; any exceptions named here mean yes.
    sign, credential
        As :func:`swath.load`.

    Examples
    --------
    >>> import swath
    >>> array = swath.stack("published", assets=["red"], epsg=32633)
    >>> array.dims, array.dtype, array.shape
    (('time', 'band', 'y', 'x'), dtype('uint16'), (4, 1, 64, 128))
    """
    import xarray

    from ._dataset import coordinates, times
    from ._items import take
    from ._plan import Plan
    from ._refused import STACKSTAC, refuse

    refuse("stack", STACKSTAC, {"gdal_env": gdal_env, "reader": reader})
    if bounds is not None and bounds_latlon is not None:
        raise Misuse("bounds= and bounds_latlon=", where="stack", expected="one of them")
    search = {"bbox": bounds_latlon} if bounds_latlon is not None else None
    taken = take(items, credential, search)
    names = [assets] if isinstance(assets, str) else list(assets or [])
    if isinstance(assets, (set, frozenset)):
        names = _of_types(assets, taken.dicts())
    method = getattr(resampling, "name", resampling)
    frame = _Frame(epsg, resolution, bounds, bounds_latlon, snap_bounds)
    told = _Told(dtype, fill_value, rescale, None if method == "nearest" else method)
    asked = told.asked(names, lenient=bool(errors_as_nodata))
    plan = Plan.of(taken, asked, frame.grid, sign)
    (variable,) = plan.whole(told)
    array, dims = _data(variable, chunksize), ("time", "band", "y", "x")
    coords = {name: coord for name, coord in coordinates(plan.grid)[0].items() if name == "spatial_ref"}
    coords |= _places(plan.grid, xy_coords)
    coords["time"], coords["id"] = ("time", times(plan)), ("time", [step["items"][0] for step in plan.times])
    coords["band"] = ("band", [band["name"] for band in plan.bands])
    made = xarray.DataArray(array, coords, dims, name="stack", attrs=_attrs(plan, variable))
    made.encoding["grid_mapping"] = "spatial_ref"
    order = taken.dicts()
    made, order = _ordered(made, order, sortby_date)
    return _described(made, order, plan, properties, band_coords)


def _of_types(types: Iterable[str], items: list[dict]) -> list[str]:
    """Keys of the assets whose media type is one of these, whatever its parameters."""
    wanted = {kind.partition(";")[0].strip().lower() for kind in types}
    if wrong := sorted(kind for kind in wanted if "/" not in kind):
        raise Misuse(f"{wrong[0]!r} in a set", where="assets", expected="media types", hint="a list names assets: assets=[...]")
    keys = {
        key: None for item in items for key, asset in item["assets"].items()
        if (asset.get("type") or "").partition(";")[0].strip().lower() in wanted
    }
    if not keys:
        raise Misuse(f"no asset of type {', '.join(sorted(wanted))}", where="assets", expected="types that the items have")
    return list(keys)


class _Told:
    """What is to become of the values."""

    def __init__(self, dtype, fill_value, rescale, method):
        self.dtype, self.fill_value, self.rescale, self.method = dtype, fill_value, rescale, method

    def asked(self, names: list[str], lenient: bool):
        from ._plan import Asked

        told = self

        class Together(Asked):
            """All bands are one array."""

            def wish(self, facts, band, label, config):
                return told.wish(facts), ()

        return Together(names=names, groupby="id", lenient=lenient)

    def wish(self, facts: dict):
        """For the engine: where nothing tells what is empty, `fill_value` has to."""
        from ._pixels import _dtype
        from ._wish import Wish, holds, spelled

        stored, (given, fill) = _dtype(facts["data_type"]), self._types(facts)
        if fill in (None, 0) or facts["nodata"] is not None or stored.kind not in "iu":
            return Wish(method=self.method)
        if holds(stored, fill):
            return Wish(method=self.method, nodata=spelled(fill))
        return Wish(method=self.method, data_type="float32" if given.name == "float32" else "float64", nodata="nan")

    def _types(self, facts: dict):
        """The type of the array, and what stands in it where there is no data."""
        import numpy

        from ._pixels import _dtype

        stored = _dtype(facts["data_type"])
        given = (numpy.dtype("float64") if self.rescale else stored) if self.dtype is None else numpy.dtype(self.dtype)
        fill = self.fill_value
        if fill is None and given.kind in "fc" and (self.dtype is not None or self.rescale):
            fill = math.nan
        if fill is not None and fill != fill and given.kind not in "fc":
            raise Misuse(f"NaN in {given}", where="fill_value", expected="a number that the type holds")
        return given, fill

    def values(self, facts: dict):
        import numpy

        from ._pixels import Values, _dtype

        stored, (given, fill) = _dtype(facts["data_type"]), self._types(facts)
        nodata = float(facts["nodata"]) if facts["nodata"] is not None else math.nan if stored.kind == "f" else None
        values = Values(given, None if nodata is None or fill is None else (nodata, fill))
        if not self.rescale:
            return values
        of = lambda name, plain: numpy.array([plain if b[name] is None else b[name] for b in facts["bands"]])[:, None, None]  # noqa: E731
        return replace(values, scale=of("scale", 1.0), offset=of("offset", 0.0))


class _Frame:
    """The grid, by the rules of stackstac."""

    def __init__(self, epsg, resolution, bounds, bounds_latlon, snap):
        self.crs = None if epsg is None else _grid.crs_text(epsg)
        self.resolution = resolution if resolution is None or isinstance(resolution, (tuple, list)) else (resolution, resolution)
        self.bounds, self.lonlat, self.snap = bounds, bounds_latlon, snap

    def grid(self, own) -> _grid.Grid:
        nothing = self.crs is self.resolution is self.bounds is self.lonlat is None
        if nothing and self.snap is None and own.facts["native"]:
            return own.grid
        files = [_grid.Grid(f["crs"], tuple(f["transform"]), tuple(f["shape"])) for f in own.files()]
        crs = self.crs or own.grid.crs
        step_x, step_y = self.resolution or self._finest(files, crs, own.grid)
        if self.lonlat is not None:
            box = _grid._projected(self.lonlat, "EPSG:4326", crs)
        elif self.bounds is not None:
            box = tuple(self.bounds)
        else:
            boxes = [_grid._projected(f.bounds, f.crs, crs) for f in files]
            box = (min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes))
        left, bottom, right, top = box
        if self.snap or self.snap is None:
            anchor = (0.0, 0.0) if self.snap or not self._keeps(own, crs, step_x, step_y) else (own.grid.transform[2], own.grid.transform[5])
            down = lambda v, step, at: math.floor((v - at) / step) * step + at  # noqa: E731
            up = lambda v, step, at: math.ceil((v - at) / step) * step + at  # noqa: E731
            left, right = down(left, step_x, anchor[0]), up(right, step_x, anchor[0])
            bottom, top = down(bottom, step_y, anchor[1]), up(top, step_y, anchor[1])
        shape = (int((top - bottom + step_y / 2) / step_y), int((right - left + step_x / 2) / step_x))
        return _grid.Grid(crs, (float(step_x), 0.0, float(left), 0.0, -float(step_y), float(top)), shape)

    @staticmethod
    def _keeps(own, crs, step_x, step_y) -> bool:
        grid = own.grid
        return own.facts["native"] and grid.crs == crs and (step_x, -step_y) == (grid.transform[0], grid.transform[4])

    @staticmethod
    def _finest(files, crs, fallback) -> tuple[float, float]:
        same = [f.transform for f in files if f.crs == crs]
        if not same:
            return abs(fallback.transform[0]), abs(fallback.transform[4])
        return min(abs(t[0]) for t in same), min(abs(t[4]) for t in same)


def _data(variable, chunksize):
    from ._dataset import chunk_sizes, share
    from ._lazy import chunked, lazily

    if chunksize is None:
        return lazily(variable)
    dims = ("time", "band", "y", "x")
    sizes = chunksize if isinstance(chunksize, (tuple, list)) else (chunksize,) * 2
    if len(sizes) not in (2, 4):
        raise Misuse(f"{chunksize!r}", where="chunksize", expected="one number, two for y and x, or four")
    sizes = (1, 1, *sizes) if len(sizes) == 2 else sizes
    chunks = chunk_sizes(variable.pixels, variable.shape, variable.values.dtype, dict(zip(dims, sizes)), dims)
    return chunked(variable, chunks, share(variable.pixels, {}))


def _places(grid, xy_coords) -> dict:
    import numpy

    if xy_coords is False:
        return {}
    if xy_coords not in ("topleft", "center"):
        raise Misuse(f"{xy_coords!r}", where="xy_coords", expected="'topleft', 'center' or False")
    step_x, _, left, _, step_y, top = grid.transform
    rows, columns = grid.shape
    right, bottom = left + step_x * columns, top + step_y * rows
    half_x, half_y = (step_x / 2, step_y / 2) if xy_coords == "center" else (0, 0)
    xs = numpy.linspace(left + half_x, right + half_x, columns, endpoint=False)
    ys = numpy.linspace(top + half_y, bottom + half_y, rows, endpoint=False)
    return {"x": ("x", xs), "y": ("y", ys)}


def _attrs(plan, variable) -> dict:
    step_x, step_y = plan.grid.transform[0], abs(plan.grid.transform[4])
    size = {"resolution": step_x} if step_x == step_y else {"resolution_xy": (step_x, step_y)}
    attrs: dict[str, Any] = {"crs": plan.grid.crs.lower(), "transform": plan.grid.transform, **size}
    holes, nodata = variable.values.holes, variable.pixels.facts["nodata"]
    if holes is not None:
        attrs["nodata"] = holes[1]
    elif nodata is not None:
        attrs["nodata"] = variable.values.dtype.type(float(nodata)).item()
    return attrs


def _ordered(array, items: list[dict], sortby_date):
    """The steps in the order of stackstac: by date, and items of one date as they came."""
    told = lambda item: item["properties"].get("datetime") or ""  # noqa: E731
    if sortby_date is not False:
        if sortby_date not in ("asc", "desc"):
            raise Misuse(f"{sortby_date!r}", where="sortby_date", expected="'asc', 'desc' or False")
        items = sorted(items, key=told, reverse=sortby_date == "desc")
    places: dict[str, list[int]] = {}
    for index, name in enumerate(array["id"].values):
        places.setdefault(str(name), []).append(index)
    kept = [item for item in items if places.get(item["id"])]
    order = [places[item["id"]].pop(0) for item in kept]
    return (array if order == sorted(order) else array.isel(time=order)), kept


def _described(array, items, plan, properties, band_coords):
    coords: dict[str, Any] = {}
    if properties:
        names = None if properties is True else [properties] if isinstance(properties, str) else list(properties)
        coords |= _facts([item["properties"] for item in items], "time", names, {"datetime"})
    if band_coords:
        assets = [_agreed([item["assets"].get(band["asset"], {}) for item in items]) for band in plan.bands]
        colours = [a.pop("eo:bands", None) for a in assets]
        coords |= _facts(assets, "band", None, {"href", "type", "roles"})
        colours = [c[0] if isinstance(c, list) and len(c) == 1 else {} for c in colours]
        if any(colours):
            coords |= _facts(colours, "band", ["common_name", "center_wavelength", "full_width_half_max"], set())
    code = plan.grid.crs.rpartition(":")[2]
    coords = {name: value for name, value in coords.items() if name not in array.dims and name not in ("id", "spatial_ref")}
    if code.isdigit():
        coords["epsg"] = int(code)
    return array.assign_coords(coords)


def _agreed(dicts: list[dict]) -> dict:
    """Fields that have one value wherever they are said."""
    agreed: dict[str, Any] = {}
    for one in dicts:
        for name, value in one.items():
            agreed[name] = value if agreed.get(name, value) == value else None
    return {name: value for name, value in agreed.items() if value is not None}


def _facts(dicts: list[dict], dim: str, names: Iterable[str] | None, without: set[str]) -> dict:
    """A coordinate for each field: without a dimension where all say the same."""
    import numpy
    import xarray

    if names is None:
        names = dict.fromkeys(name for one in dicts for name in one if name not in without)
    coords = {}
    for name in names:
        values = [_plain(one.get(name)) for one in dicts]
        if any(isinstance(v, (list, dict, tuple)) for v in values):
            continue
        if all(v == values[0] for v in values):
            coords[name] = xarray.Variable((), numpy.array(values[0]))
        else:
            mixed = len({type(v) for v in values}) > 1
            coords[name] = xarray.Variable((dim,), numpy.array(values, dtype=object if mixed else None))
    return coords


def _plain(value):
    """A list of one is that one, a list of several words a set: what xarray can hold without a dimension."""
    while isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, list) and all(isinstance(v, (str, int, float)) for v in value):
        return set(value)
    return value
