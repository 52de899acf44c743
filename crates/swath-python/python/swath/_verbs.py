"""The commands that describe and change files, with a plain value as their result."""
from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any

from ._access import Credential, split

if TYPE_CHECKING:
    import distributed


def info(file: str | PathLike, *, statistics: bool = False, credential: Credential = None) -> dict | list[dict]:
    """Describe a raster: structure, georeference, bands.

    Parameters
    ----------
    file
        A path (GeoTIFF, BigTIFF, NetCDF, HDF5, whatever its name), or the URL of a GeoTIFF.
    statistics
        Read every pixel for minimum, maximum, mean and standard deviation; of files on this machine.
    credential
        As :func:`swath.open`.

    Returns
    -------
    dict or list of dict
        One dictionary; a list where the file holds several rasters.

    Examples
    --------
    >>> import swath
    >>> swath.info("raw.tif")["crs"]["code"]
    'EPSG:32633'
    """
    from . import _swath

    bare, access = split(fspath(file), credential)
    rasters = json.loads(_swath.info(bare, statistics, access.spoken()))
    return rasters[0] if len(rasters) == 1 else rasters


def cog(
    input: str | PathLike,
    output: str | PathLike,
    *,
    profile: str = "zstd",
    variable: str | None = None,
    bidx: Sequence[int] | None = None,
    nodata: float | str | None = None,
    add_mask: bool = False,
    blocksize: int | None = None,
    dtype: Any = None,
    overview_level: int | None = None,
    overview_resampling: str | None = None,
    overview_blocksize: int | None = None,
    creation_options: Mapping[str, Any] | None = None,
    unscale: bool = False,
    wrap_longitude: str | None = None,
    web_optimized: bool = False,
    resampling: str | None = None,
    overwrite: bool = False,
) -> dict:
    """Convert one raster to a Cloud-Optimized GeoTIFF; the arguments are the flags of ``swath cog`` and ``rio cogeo create``.

    Returns
    -------
    dict
        ``output``, ``size``, ``sha256``, ``compression``, ``overviews``.

    Examples
    --------
    >>> import swath
    >>> swath.cog("raw.tif", "cog.tif", profile="deflate", overwrite=True)["compression"]
    'deflate'
    """
    from . import _swath

    if dtype is not None and not isinstance(dtype, str):
        import numpy

        dtype = numpy.dtype(dtype).name
    asked = {
        "profile": profile, "variable": variable, "bidx": None if bidx is None else ",".join(str(b) for b in bidx),
        "nodata": None if nodata is None else str(nodata), "add_mask": add_mask, "blocksize": blocksize, "dtype": dtype,
        "overview_level": overview_level, "overview_resampling": overview_resampling, "overview_blocksize": overview_blocksize,
        "creation": [f"{name}={value}" for name, value in (creation_options or {}).items()], "unscale": unscale,
        "wrap_longitude": wrap_longitude, "web_optimized": web_optimized, "resampling": resampling, "overwrite": overwrite,
    }
    return json.loads(_swath.cog(fspath(input), fspath(output), json.dumps(asked)))


def init(folder: str | PathLike, output: str | PathLike = "swath.toml", *, datetime: str | None = None, force: bool = False) -> dict:
    """Read a folder of rasters and write a plan for it.

    Returns
    -------
    dict
        ``plan`` (its path), ``datasets`` as they were understood, ``problems``, and files that were ``unreadable`` or ``ignored``.

    Examples
    --------
    >>> import swath
    >>> swath.init("raw", force=True)["datasets"][0]["items"]
    4
    """
    from . import _swath

    return json.loads(_swath.init(fspath(folder), fspath(output), datetime, force))


def build(
    plan: str | PathLike = "swath.toml", datasets: Sequence[str] = (), *, check: bool = True, client: distributed.Client | None = None
) -> dict:
    """Convert what changed to COGs, write the STAC tree into ``build/`` beside the plan, and check its metadata.

    Parameters
    ----------
    plan
        The plan that :func:`swath.init` wrote.
    datasets
        Ids of datasets; all where none is named.
    check
        Hold the metadata against the files afterwards.
    client
        A ``dask.distributed.Client``: its workers convert, where they see the folder of the plan under the same path and have this
        package. A worker that is lost loses nothing that is finished; called again, it does what is left.

    Returns
    -------
    dict
        The report: ``converted``, ``unchanged``, ``failed`` (one bad file does not stop the others), ``build``, ``findings``, ...

    Examples
    --------
    >>> import swath
    >>> swath.build("swath.toml")["failed"]
    []

    On a cluster, here one of processes on this machine:

    >>> from dask.distributed import Client                                         # doctest: +SKIP
    >>> swath.build("maps/swath.toml", client=Client(n_workers=4))["converted"]     # doctest: +SKIP
    762
    """
    chosen = [datasets] if isinstance(datasets, str) else list(datasets)
    if client is not None:
        from ._cluster import build_on

        return build_on(client, fspath(plan), chosen, check)
    from . import _swath

    return json.loads(_swath.build(fspath(plan), chosen, check))


def publish(
    to: str | PathLike,
    build: str | PathLike = "build",
    *,
    overwrite: str = "if-changed",
    mirror: bool = False,
    prune: bool = False,
    dry_run: bool = False,
    credential: Credential = None,
) -> dict:
    """Upload a build in safe order; running it again resumes.

    Parameters
    ----------
    to
        A folder, or the URL of a container.
    build
        The folder that :func:`swath.build` made.
    overwrite
        What may be replaced: ``"if-changed"`` metadata that differs, ``"never"`` nothing, ``"always"`` anything.
    mirror
        Make what is published exactly this build: retire what others published there.
    prune
        Afterwards remove what nothing refers to.
    dry_run
        Only say what would be uploaded.
    credential
        As :func:`swath.open`.

    Returns
    -------
    dict
        ``uploaded``, ``bytes``, ``present``, ``root`` (the URL to open), ...; of a dry run ``uploads``, ``conflicts``, ...

    Examples
    --------
    >>> import swath
    >>> swath.publish("published")["uploaded"]
    0
    """
    from . import _swath

    bare, access = split(fspath(to), credential)
    asked = {"build": fspath(build), "to": bare, "overwrite": overwrite, "mirror": mirror, "prune": prune, "dry_run": dry_run}
    return json.loads(_swath.publish(json.dumps(asked), access.spoken()))


def check(path: str | PathLike = "build", *, decode: bool = True, credential: Credential = None) -> dict:
    """Hold a build, a file, or a published catalog against itself.

    Parameters
    ----------
    path
        The folder of a catalog, one GeoTIFF, or the URL of a published catalog.
    decode
        Read every block too; of a URL, every byte.
    credential
        As :func:`swath.open`.

    Returns
    -------
    dict
        ``findings`` (a list of ``rule``, ``severity``, ``at``, ``found``, ``right``, ``fix``), ``documents``, ``assets``.

    Examples
    --------
    >>> import swath
    >>> [f for f in swath.check("build")["findings"] if f["severity"] == "error"]
    []
    """
    from . import _swath

    bare, access = split(fspath(path), credential)
    return json.loads(_swath.check(bare, decode, access.spoken()))
