"""Overlapping items merged by a function of the caller's: ``fuse_func`` of odc-stac."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy

from ._errors import Misuse
from ._pixels import Pixels, _dtype


def function(fuser: str | Callable) -> Callable:
    """The function itself; a name is found where it is used.

    Raises
    ------
    swath.Misuse
        Where the name leads to no function.
    """
    if callable(fuser):
        return fuser
    from importlib import import_module

    module, _, name = str(fuser).rpartition(".")
    try:
        found = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError):
        found = None
    if not callable(found):
        raise Misuse(f"{fuser!r}", where="fuse_func", expected="a function, or its name with that of its module: 'module.function'")
    return found


class Fused(Pixels):
    """Pixels whose plan has a step for each item, and which are merged step by step as they are read.

    Parameters
    ----------
    layers
        How many steps of the plan make each step of the array.
    fuser
        Called with what is there and what an item adds, for the pixels that the item covers; changes the former.
    dtype
        The type that it works in.
    """

    def __init__(self, pixels: Pixels, layers: list[int], times: list[dict], fuser: str | Callable, dtype: str | None):
        super().__init__(pixels.plan, pixels.access, pixels.root, pixels.sign)
        self.layers, self.fuser = layers, fuser
        own = numpy.dtype(dtype) if dtype else _dtype(self.facts["data_type"])
        self.facts = {**self.facts, "data_type": own.name, "times": times}
        self.shape = (len(times), *self.shape[1:])
        self._again = (layers, times, fuser, dtype)

    def __reduce__(self):
        return _again, (Pixels(self.plan, self.access, self.root, self.sign), *self._again)

    def token(self):
        return (super().token(), self.layers, self.fuser if isinstance(self.fuser, str) else repr(self.fuser))

    def read(self, times: slice, bands: slice, rows: slice, columns: slice):
        height, width = max(0, rows.stop - rows.start), max(0, columns.stop - columns.start)
        nodata = self.facts["nodata"]
        dtype = _dtype(self.facts["data_type"])
        empty = float(nodata) if nodata is not None else numpy.nan if dtype.kind == "f" else 0
        made = numpy.full((max(0, times.stop - times.start), max(0, bands.stop - bands.start), height, width), empty, dtype)
        if made.size == 0:
            return made
        fuse = function(self.fuser)
        for step, at in enumerate(range(times.start, times.stop)):
            first = sum(self.layers[:at])
            for place, band in enumerate(range(bands.start, bands.stop)):
                window = [rows.start, columns.start, height, width]
                for layer, row, column, down, across in self.plan.touched((first, first + self.layers[at]), band, window):
                    part = (
                        slice(layer, layer + 1), slice(band, band + 1), slice(rows.start + row, rows.start + row + down),
                        slice(columns.start + column, columns.start + column + across),
                    )
                    source = self.stored(*part)[0, 0].astype(dtype, copy=False)
                    fuse(made[step, place, row : row + down, column : column + across], source)
        return made


def _again(pixels: Pixels, layers: list[int], times: list[dict], fuser: Any, dtype: str | None) -> Fused:
    return Fused(pixels, layers, times, fuser, dtype)
