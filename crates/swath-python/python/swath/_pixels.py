"""Pixels that are not read yet: a plan, the way to its files, and what becomes of the values."""
from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

import numpy

from . import _swath
from ._access import Access


@dataclass(frozen=True)
class Values:
    """What becomes of the samples of a file.

    Attributes
    ----------
    dtype
        What they are given as.
    holes
        The stored value that means nothing, and what stands there instead; None where both are the same.
    scale, offset
        Of each band, with two dimensions behind; None where values stay as they are stored.
    """

    dtype: numpy.dtype
    holes: tuple[float, float] | None = None
    scale: numpy.ndarray | None = None
    offset: numpy.ndarray | None = None

    def of(self, stored, bands: slice = slice(None)):
        """The values of samples as they are stored; `bands` says which bands these are."""
        if self.scale is not None and self.offset is not None:
            values = (stored * self.scale[bands] + self.offset[bands]).astype(self.dtype, copy=False)
        else:
            values = stored.astype(self.dtype, copy=self.holes is not None)
        if self.holes is not None:
            nodata, empty = self.holes
            values[_is(stored, nodata)] = empty
        return values


def _is(stored, nodata):
    if nodata != nodata:
        return numpy.isnan(stored)
    return stored == stored.dtype.type(nodata)


class Pixels:
    """A (time, band, row, column) array behind a plan. It pickles small, and without any secret.

    Parameters
    ----------
    plan
        What to read.
    access
        As whom.
    root
        The catalog, or the first file where there is none.
    sign
        Turns an href into one that may be read; called where and when it is read.
    """

    def __init__(self, plan, access: Access, root: str, sign=None, facts: dict | None = None):
        self.plan, self.access, self.root, self.sign = plan, access, root, sign
        self.facts = facts or json.loads(plan.facts())
        rows, columns = self.facts["grid"]["shape"]["height"], self.facts["grid"]["shape"]["width"]
        self.shape = (len(self.facts["times"]), len(self.facts["bands"]), rows, columns)
        self._whole, self._type = self.shape, self.facts["data_type"]
        # Whether a header was asked for, how it went: once for all bands.
        self._asked = False

    def __reduce__(self):
        return _again, (self.plan, self.access, self.root, self.sign)

    def token(self):
        """What tells it from others: no secret, and not which versions of the files were read so far."""
        return (self.plan.to_bytes(), self.root, repr(self.sign))

    def chunks(self, size: int) -> tuple[list[int], list[int]]:
        """Lengths of chunks of about `size` rows and columns, cut where the blocks of the files are; a header is read for it."""
        if max(self.shape[2:]) > size and not self._asked:
            self._asked = True
            self.plan = self.plan.with_blocks(self.root, self.access.spoken(), self.sign)
        return self.plan.chunks(size, size)

    def read(self, times: slice, bands: slice, rows: slice, columns: slice):
        """The samples of a part; slices have a start and a stop, and a step of one."""
        return self.stored(times, bands, rows, columns)

    def stored(self, times: slice, bands: slice, rows: slice, columns: slice):
        """The samples of a part of the plan, as the engine makes them."""
        shape = tuple(max(0, part.stop - part.start) for part in (times, bands, rows, columns))
        if 0 in shape:
            return numpy.zeros(shape, _dtype(self._type))
        part = self.plan
        if shape != self._whole:
            window = [rows.start, columns.start, shape[2], shape[3]]
            part = self.plan.cut((times.start, times.stop), (bands.start, bands.stop), window)
        memory, lost = part.read(self.root, self.access.spoken(), self.sign)
        _warn(json.loads(lost))
        return _array(memory, self._type).reshape(shape)


def _again(plan, access, root, sign):
    return Pixels(plan, access, root, sign)


def _warn(lost: list[dict]):
    if lost:
        import warnings

        first = lost[0]
        more = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
        warnings.warn(f"pixels are empty: {first['found']}{more}", RuntimeWarning, stacklevel=4)


def _dtype(name: str) -> numpy.dtype:
    return numpy.dtype({"complex_int16": "complex64", "complex_int32": "complex128"}.get(name, name))


def _array(memory, name: str):
    if name.startswith("complex_int"):
        parts = numpy.frombuffer(memory, name.removeprefix("complex_"))
        whole = numpy.empty(len(parts) // 2, _dtype(name))
        whole.real, whole.imag = parts[0::2], parts[1::2]
        return whole
    return numpy.frombuffer(memory, _dtype(name))


@dataclass(frozen=True)
class Variable:
    """One variable of a Dataset, or the whole of a DataArray: which bands of the pixels, and what becomes of their values."""

    pixels: Pixels
    values: Values
    band: int | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        times, bands, rows, columns = self.pixels.shape
        return (times, rows, columns) if self.band is not None else (times, bands, rows, columns)

    def read(self, *parts: slice):
        """A part, by slices over the dimensions of this variable."""
        if self.band is None:
            return self.values.of(self.pixels.read(*parts), parts[1])
        times, rows, columns = parts
        return self.values.of(self.pixels.read(times, slice(self.band, self.band + 1), rows, columns)[:, 0])

    def with_dtype(self, dtype: Any) -> Variable:
        return replace(self, values=replace(self.values, dtype=numpy.dtype(dtype)))
