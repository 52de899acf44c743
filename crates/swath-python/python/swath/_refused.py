"""Arguments of other packages that have no meaning here: what to do instead, so that none is ignored in silence."""
from __future__ import annotations

from typing import Any

from ._errors import Unsupported

#: Of ``odc.stac.load``, with the value that changes nothing.
ODC: dict[str, tuple[Any, str]] = {
    "pool": (None, "leave it out: files are read many at once by swath's own threads, or by Dask's with chunks="),
    "progress": (None, "chunks={} and dask.diagnostics.ProgressBar() show how a computation goes on"),
    "driver": (None, "leave it out: swath reads the files itself; sign= and credential= say how"),
    "use_overviews": (True, "leave it out: an overview is read only where it is no coarser than the array"),
    "align": (None, "anchor=, in parts of a pixel"),
    "debug": (False, "swath.plan(...).explain() says what is read and why"),
}
#: Of ``stackstac.stack``.
STACKSTAC: dict[str, tuple[Any, str]] = {
    "gdal_env": (None, "leave it out: no GDAL reads; sign= and credential= say as whom files are read"),
    "reader": (None, "leave it out: swath reads the files itself"),
}


def refuse(call: str, known: dict[str, tuple[Any, str]], said: dict[str, Any]) -> None:
    """Takes the arguments in `known` out of `said`.

    Raises
    ------
    swath.Unsupported
        For one that would change something elsewhere; the hint says what does it here.
    """
    for name, (nothing, instead) in known.items():
        value = said.pop(name, nothing)
        if not (value is nothing or value == nothing):
            raise Unsupported(f"{name}= has no meaning here", where=call, expected=f"the arguments of swath.{call}", hint=instead)
