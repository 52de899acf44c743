"""``swath.load``: items to an xarray.Dataset, with the arguments, dimensions and coordinates of ``odc.stac.load``."""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from . import _grid
from ._access import Credential
from ._frame import frame
from ._refused import ODC, refuse

if TYPE_CHECKING:
    import xarray

    from ._plan import Plan


def load(
    items: Any,
    bands: str | Sequence[str] | None = None,
    *,
    groupby: str | Callable | None = "time",
    resampling: str | Mapping[str, str] | None = None,
    dtype: Any = None,
    nodata: float | None = None,
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
    stac_cfg: Mapping[str, Any] | None = None,
    with_properties: Sequence[str | Mapping[str, Any]] | None = None,
    patch_url: Callable[[str], str] | None = None,
    preserve_original_order: bool = False,
    fuse_func: Any = None,
    sign: Callable[[str], str] | None = None,
    credential: Credential = None,
    measurements: str | Sequence[str] | None = None,
    output_crs: Any = None,
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
        Asset keys, names of bands or of their colours, ``asset:band``, or aliases of `stac_cfg`; all where none is named.
    groupby
        Which items share a time step: ``"time"``, ``"solar_day"``, ``"id"`` (None is the same) for none, the name of a property, or a
        function of an item, what is known of it (``id``, ``nominal_datetime``, ``solar_date``, ``properties``) and its place.
    preserve_original_order
        Of overlapping items the one that came first stays on top, not the oldest.
    resampling
        ``"nearest"`` where it is not said, ``"bilinear"``, ``"cubic"``, ``"average"``, ``"mode"``, ``"min"``, ``"max"``, ``"median"``;
        or one for each band, ``"*"`` for the rest.
    dtype
        A type to convert to, or one for each band, ``"*"`` for the rest; the files' own where it is not said.
    nodata
        What stands where there is no data; the files' own where it is not said.
    fuse_func
        What merges overlapping items of a step: a function of the pixels so far and those of one more item, which changes the former, or
        its name, ``"module.function"``; or one for each band. Where nothing is said the first valid pixel stays.
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
    stac_cfg
        What items do not say, by collection (``"*"`` for all): ``assets`` with ``data_type``, ``nodata`` and ``unit``, ``aliases``.
    with_properties
        Properties of items that become variables over time.
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
        items, measurements if bands is None else bands, groupby=groupby, resampling=resampling, dtype=dtype, nodata=nodata,
        crs=output_crs if crs is None else crs, resolution=resolution, anchor=anchor, geobox=geobox, bbox=bbox, lon=lon, lat=lat, x=x, y=y,
        like=like, geopolygon=geopolygon, intersects=intersects, fail_on_error=fail_on_error, stac_cfg=stac_cfg,
        with_properties=with_properties, patch_url=patch_url, preserve_original_order=preserve_original_order, fuse_func=fuse_func,
        sign=sign, credential=credential, **more,
    )
    return made.load(chunks=chunks)


def plan(
    items: Any,
    bands: str | Sequence[str] | None = None,
    *,
    groupby: str | Callable | None = "time",
    resampling: str | Mapping[str, str] | None = None,
    dtype: Any = None,
    nodata: float | None = None,
    fail_on_error: bool = True,
    stac_cfg: Mapping[str, Any] | None = None,
    with_properties: Sequence[str | Mapping[str, Any]] | None = None,
    patch_url: Callable[[str], str] | None = None,
    preserve_original_order: bool = False,
    fuse_func: Any = None,
    sign: Callable[[str], str] | None = None,
    credential: Credential = None,
    **grid: Any,
) -> Plan:
    """What :func:`load` would read, without reading a pixel: the same arguments, except `chunks`.

    Examples
    --------
    >>> import swath
    >>> swath.plan("published", ["red"])
    <swath.Plan (time: 2, band: 1, y: 64, x: 128) 32.0 KiB, EPSG:32633, copied>
    """
    from ._config import Config
    from ._items import take
    from ._plan import Asked, Plan

    refuse("load", ODC, grid)
    wanted, exact = frame(grid)
    config = Config(stac_cfg)
    taken = take(items, credential, {"bbox": wanted.lonlat} if wanted.lonlat is not None else None)
    asked = Asked(
        names=[bands] if isinstance(bands, str) else list(bands or []), groupby=groupby, in_order=preserve_original_order,
        lenient=not fail_on_error, resampling=resampling, dtype=dtype, nodata=nodata, fuse=fuse_func, config=config,
        properties=with_properties or (),
    )
    return Plan.of(taken, asked, lambda own: exact or _grid.choose(own.files(), wanted, own.grid, own.facts["native"]), sign or patch_url)
