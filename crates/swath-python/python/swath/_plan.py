"""What would be read, as a value: to be looked at, kept, sent to a worker, or made an array of."""
from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from . import _swath
from ._grid import Grid, crs_facts
from ._pixels import Pixels, Values, Variable, _dtype


class Plan:
    """The array that was asked for: its grid, its times and bands, and the files behind it; see :func:`swath.plan`.

    Attributes
    ----------
    grid : swath._grid.Grid
        CRS, transform and shape.
    native : bool
        Whether pixels are copied and none is computed.
    reasons : list of str
        Why the grid and the type are as they are.
    """

    def __init__(self, groups: list[tuple[list[str], Pixels]], names: list[str]):
        self._groups, self._names = groups, names
        first = groups[0][1].facts
        self.grid, self.native, self.reasons = _grid_of(first), first["native"], first["reasons"]

    @classmethod
    def of(
        cls, taken, asked: dict, resampling: str | Mapping[str, str] | None, grid: Callable, sign: Any, *, together: bool = False
    ) -> Plan:
        """Plans bands that differ in type, nodata or resampling apart, on one grid; `together`, as one array of one type."""
        own = _Own(_swath.plan(taken.native, json.dumps(asked)))
        target = grid(own)
        names = [band["name"] for band in own.facts["bands"]]
        kinds: dict[tuple, list[str]] = {}
        for band in own.facts["bands"]:
            kind = ("", "") if together else (band["data_type"], band["nodata"])
            kinds.setdefault((*kind, _method(resampling, band["name"])), []).append(band["name"])
        groups = []
        for (_, _, method), members in kinds.items():
            plan = own.plan
            if len(kinds) > 1 or method or target != own.grid:
                whole = {**asked, "grid": target.asked(), "resampling": method}
                plan = _swath.plan(taken.native, json.dumps({**whole, "assets": members} if len(kinds) > 1 else whole))
            root = taken.root or plan.first_href() or "."
            groups.append((members, Pixels(plan, taken.access, root, sign)))
        return cls(groups, names)

    def load(self, *, chunks: Mapping[str, int | str] | str | None = None, dtype: Any = None):
        """The Dataset of this plan, as :func:`swath.load` gives it."""
        from ._dataset import dataset

        return dataset(self, chunks, dtype)

    def variables(self, dtype: Any = None) -> dict[str, tuple[Variable, dict]]:
        """For each band the way to its pixels, and what is known of it."""
        found = {}
        for members, pixels in self._groups:
            for index, band in enumerate(pixels.facts["bands"]):
                found[band["name"]] = (Variable(pixels, _values(band, pixels.facts, dtype), index), band)
        return {name: found[name] for name in self._names if name in found}

    def whole(self, told) -> list[Variable]:
        """All bands of each group as one array; `told` says what becomes of the values."""
        return [Variable(pixels, told.values(pixels.facts)) for _, pixels in self._groups]

    @property
    def bands(self) -> list[dict]:
        """What is known of each band: ``name``, ``asset``, ``unit``, ``scale``, ``offset``, ``data_type``, ``nodata``."""
        known = {band["name"]: band for _, pixels in self._groups for band in pixels.facts["bands"]}
        return [known[name] for name in self._names if name in known]

    @property
    def times(self) -> list[dict]:
        """Of each step ``datetime`` and the ids of its ``items``."""
        return self._groups[0][1].facts["times"]

    @property
    def nbytes(self) -> int:
        """Bytes of the whole array."""
        return sum(pixels.facts["bytes"] for _, pixels in self._groups)

    def explain(self) -> str:
        """The plan in words: the array, the reasons for its grid, and each file with the part that it fills."""
        return "\n\n".join(pixels.plan.explain() for _, pixels in self._groups)

    def cost(self) -> dict[str, int]:
        """Requests and bytes that reading the whole array takes; the headers of the files are read for it."""
        total = {"requests": 0, "bytes": 0}
        for _, pixels in self._groups:
            for name, count in json.loads(pixels.plan.survey(pixels.root, pixels.access.spoken(), pixels.sign)).items():
                total[name] += count
        return total

    def __repr__(self):
        rows, columns = self.grid.shape
        how = "copied" if self.native else f"resampled, {self._groups[0][1].facts['resampling']}"
        return (
            f"<swath.Plan (time: {len(self.times)}, band: {len(self._names)}, y: {rows}, x: {columns}) "
            f"{_size(self.nbytes)}, {_short(self.grid.crs)}, {how}>"
        )

    def _repr_html_(self):
        rows, columns = self.grid.shape
        facts = self._groups[0][1].facts
        step_x, step_y = abs(self.grid.transform[0]), abs(self.grid.transform[4])
        lines = {
            "array": f"time {len(self.times)} × band {len(self._names)} × y {rows} × x {columns}, {_size(self.nbytes)}",
            "grid": f"{_short(self.grid.crs)}, pixels {step_x:g} × {step_y:g}",
            "pixels": "copied" if self.native else f"resampled, {facts['resampling']}",
            "bands": ", ".join(self._names),
            "files": sum(pixels.facts["sources"] for _, pixels in self._groups),
            "why": "; ".join(self.reasons),
        }
        cells = "".join(f"<tr><th style='text-align:left'>{k}</th><td>{escape(str(v))}</td></tr>" for k, v in lines.items())
        return f"<div><strong>swath.Plan</strong><table>{cells}</table><pre>{escape(self.explain()[:4000])}</pre></div>"


class _Own:
    """The engine's own choice, before a grid was asked for."""

    def __init__(self, plan):
        self.plan, self.facts = plan, json.loads(plan.facts())
        self.grid = _grid_of(self.facts)

    def files(self) -> list[dict]:
        return json.loads(self.plan.grids())


def _grid_of(facts: dict) -> Grid:
    grid = facts["grid"]
    return Grid(grid["crs"], tuple(grid["transform"]), (grid["shape"]["height"], grid["shape"]["width"]))


def _method(resampling, band: str) -> str | None:
    if isinstance(resampling, Mapping):
        return resampling.get(band, resampling.get("*"))
    return resampling


def _values(band: dict, facts: dict, dtype: Any) -> Values:
    """As odc-stac has it: values as they are stored, in the type asked for."""
    import numpy

    wanted = dtype.get(band["name"], dtype.get("*")) if isinstance(dtype, Mapping) else dtype
    return Values(_dtype(facts["data_type"]) if wanted is None else numpy.dtype(wanted))


def _size(count: int) -> str:
    units = ("B", "KiB", "MiB", "GiB", "TiB")
    step = min(len(units) - 1, max(0, (max(count, 1).bit_length() - 1) // 10))
    return f"{count / 1024**step:.1f} {units[step]}" if step else f"{count} B"


def _short(crs: str) -> str:
    return crs if len(crs) < 40 else crs_facts(crs)["name"]
