"""A variable as xarray holds it: read when it is looked at, or a Dask array whose chunks are."""
from __future__ import annotations

from typing import Any

import numpy
from xarray.backends import BackendArray
from xarray.core import indexing

from ._pixels import Variable


class LazyArray(BackendArray):
    """What is indexed is read, and nothing else."""

    def __init__(self, variable: Variable):
        self.variable, self.shape, self.dtype = variable, variable.shape, variable.values.dtype

    def __getitem__(self, key):
        return indexing.explicit_indexing_adapter(key, self.shape, indexing.IndexingSupport.BASIC, self._read)

    def _read(self, key):
        parts, after = [], []
        for index, length in zip(key, self.shape):
            part, rest = _contiguous(index, length)
            parts.append(part)
            after.append(rest)
        return self.variable.read(*parts)[tuple(after)]


def _contiguous(index, length: int):
    """The gapless part that holds an index, and the index inside it."""
    if not isinstance(index, slice):
        at = int(index) + (length if index < 0 else 0)
        return slice(at, at + 1), 0
    steps = range(*index.indices(length))
    if len(steps) == 0:
        return slice(0, 0), slice(None)
    low, high = min(steps[0], steps[-1]), max(steps[0], steps[-1])
    return slice(low, high + 1), slice(None, None, steps.step)


def lazily(variable: Variable):
    """For xarray.Variable: an array that reads nothing yet."""
    return indexing.LazilyIndexedArray(LazyArray(variable))


def chunked(variable: Variable, chunks: tuple[tuple[int, ...], ...], shared: Any):
    """A Dask array of one layer: its tasks are a chunk's index and a key, under which the plan lies once."""
    import dask.array

    meta = numpy.empty((0,) * len(chunks), variable.values.dtype)
    return dask.array.map_blocks(
        _chunk, shared=shared, values=variable.values, band=variable.band, edges=tuple(_Edges(c) for c in chunks),
        dtype=variable.values.dtype, chunks=chunks, meta=meta, name=None, token=None,
    )


class _Edges:
    """Where chunks of one axis lie; even ones are three numbers, not a list."""

    __slots__ = ("first", "count", "total", "sizes")

    def __init__(self, sizes: tuple[int, ...]):
        even = all(size == sizes[0] for size in sizes[:-1])
        self.first, self.count, self.total = (sizes[0] if sizes else 0), len(sizes), sum(sizes)
        self.sizes = None if even else sizes

    def __getitem__(self, index: int) -> slice:
        if self.sizes is None:
            return slice(index * self.first, min((index + 1) * self.first, self.total))
        start = sum(self.sizes[:index])
        return slice(start, start + self.sizes[index])

    def __getstate__(self):
        return self.first, self.count, self.total, self.sizes

    def __setstate__(self, state):
        self.first, self.count, self.total, self.sizes = state

    def __dask_tokenize__(self):
        return ("swath._Edges", *self.__getstate__())


def _chunk(shared, values, band, edges, block_id=None):
    return Variable(shared, values, band).read(*(axis[index] for axis, index in zip(edges, block_id)))
