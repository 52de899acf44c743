"""What would be read, as a value: to be looked at, kept, sent to a worker, or made an array of."""
from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

from . import _groups
from ._config import Config
from ._fused import Fused, function
from ._grid import Grid, crs_facts
from ._groups import ENGINE
from ._pixels import Pixels, Values, Variable
from ._wish import Wish, of_band, wish

if TYPE_CHECKING:
    import xarray


@dataclass
class Asked:
    """What an array is to be like, but for its grid; see :func:`swath.load`."""

    names: list[str]
    groupby: str | Callable | None = "time"
    in_order: bool = False
    lenient: bool = False
    resampling: Any = None
    dtype: Any = None
    nodata: float | None = None
    fuse: Any = None
    config: Config = field(default_factory=lambda: Config(None))
    properties: Any = ()

    def wish(self, facts: dict, band: dict, label: str, told: dict) -> tuple[Wish, tuple]:
        """What is wished for a band of which the configuration says `told`, and what else parts it from others."""
        dtype, nodata = of_band(label, self.dtype), self.nodata
        if dtype is None and told.get("data_type") not in (None, band["data_type"]):
            dtype = told["data_type"]
        if nodata is None and told.get("nodata") is not None and str(float(told["nodata"])) != str(float(band["nodata"] or "nan")):
            nodata = float(told["nodata"])
        kind = (band["data_type"], band["nodata"])
        return wish(*kind, dtype=dtype, nodata=nodata, method=of_band(label, self.resampling), fuser=of_band(label, self.fuse)), kind


class Group(NamedTuple):
    """Bands, by the names of the engine, that one plan is of."""

    members: list[str]
    pixels: Pixels
    wish: Wish


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
    properties : dict
        Variables over time that are properties of the items: dimensions, values, attributes.
    """

    def __init__(self, groups: list[Group], names: list[str], labels: dict[str, str], units: dict[str, str]):
        self._groups, self._names, self._labels, self._units = groups, names, labels, units
        self.properties: dict[str, tuple] = {}
        self._given = False
        first = groups[0].pixels.facts
        self.grid = _grid_of(first)
        self.native: bool = first["native"]
        self.reasons: list[str] = first["reasons"]

    @classmethod
    def of(cls, taken, asked: Asked, grid: Callable, sign: Any) -> Plan:
        """Plans bands that differ in type, nodata or what is wished for them apart, on one grid and with one axis of time."""
        collection = taken.collection() if asked.config.told else None
        named = asked.config.named(collection, asked.names)
        material = taken.material(named, asked.config.plain(), asked.lenient, sign)
        base: dict[str, Any] = {"assets": material.names(), "errors": "nodata" if asked.lenient else "raise"}
        steps = None
        if callable(asked.groupby) or asked.groupby not in ENGINE or asked.in_order:
            steps = _groups.steps(taken, material, asked.groupby, asked.in_order)
            base["steps"] = steps
        else:
            base["groupby"] = ENGINE[asked.groupby]
        own = _Own(material.plan(json.dumps(base)))
        if asked.in_order and steps is not None:
            for step, start in zip(own.facts["times"], _groups.starts(taken, steps)):
                step["datetime"] = start
        target = grid(own)
        labels = _labels(asked.names, material.names(), own.facts["bands"])
        kinds: dict[tuple, list[str]] = {}
        units: dict[str, str] = {}
        for band in own.facts["bands"]:
            told = asked.config.asset(collection, band["asset"])
            if told.get("unit"):
                units[band["name"]] = told["unit"]
            wish, kind = asked.wish(own.facts, band, labels[band["name"]], told)
            kinds.setdefault((wish, *kind), []).append(band["name"])
        apart = len(kinds) > 1
        if steps is None and (apart or any(wish.fuser for wish, *_ in kinds)):
            steps = own.steps(material, base.pop("groupby"))
        groups = []
        for (wish, *_), members in kinds.items():
            whole = {**base, "grid": target.asked(), "resampling": wish.method, "data_type": wish.data_type, "nodata": wish.nodata}
            if steps is not None:
                whole["steps"] = [[item] for step in steps for item in step] if wish.fuser else steps
            if apart:
                whole["assets"] = members
            as_it_is = not apart and target == own.grid and not (wish.method or wish.data_type or wish.nodata or wish.fuser)
            plan = own.plan if as_it_is else material.plan(json.dumps(whole))
            pixels = Pixels(plan, taken.access, taken.root or plan.first_href() or ".", sign, own.facts if as_it_is else None)
            if steps is not None:
                pixels.facts["times"] = own.facts["times"]
            if wish.fuser:
                function(wish.fuser)
                pixels = Fused(pixels, [len(step) for step in steps or ()], own.facts["times"], wish.fuser, wish.dtype)
            groups.append(Group(members, pixels, wish))
        made = cls(groups, [band["name"] for band in own.facts["bands"]], labels, units)
        made._given = asked.in_order
        if properties := asked.properties or asked.config.with_properties(collection):
            from ._properties import variables

            known = {item["id"]: item["properties"] for item in taken.dicts()}
            made.properties = variables(properties, [[known[name] for name in step["items"]] for step in made.times])
        return made

    def load(self, *, chunks: Mapping[str, int | str] | str | None = None, dtype: Any = None) -> xarray.Dataset:
        """The Dataset of this plan, as :func:`swath.load` gives it."""
        from ._dataset import dataset

        return dataset(self, chunks, dtype)

    def variables(self, dtype: Any = None) -> dict[str, tuple[Variable, dict]]:
        """For each band the way to its pixels, and what is known of it."""
        import numpy

        found = {}
        for members, pixels, wish in self._groups:
            for index, (name, band) in enumerate(zip(members, pixels.facts["bands"])):
                label = self._labels[name]
                wanted = of_band(label, dtype)
                values = wish.values(pixels.facts) if wanted is None else Values(numpy.dtype(wanted))
                found[name] = (Variable(pixels, values, index), {**band, "name": label, "unit": self._units.get(name, band["unit"])})
        return {self._labels[name]: found[name] for name in self._names if name in found}

    def whole(self, told) -> list[Variable]:
        """All bands of each group as one array; `told` says what becomes of the values."""
        return [Variable(pixels, told.values(pixels.facts)) for _, pixels, _ in self._groups]

    @property
    def bands(self) -> list[dict]:
        """What is known of each band: ``name``, ``asset``, ``unit``, ``scale``, ``offset``, ``data_type``, ``nodata``."""
        return [band for _, band in self.variables().values()]

    @property
    def times(self) -> list[dict]:
        """Of each step ``datetime`` and the ids of its ``items``."""
        return self._groups[0].pixels.facts["times"]

    @property
    def nbytes(self) -> int:
        """Bytes of the whole array."""
        return sum(pixels.facts["bytes"] for _, pixels, _ in self._groups)

    def explain(self) -> str:
        """The plan in words: the array, the reasons for its grid, and each file with the part that it fills."""
        return "\n\n".join(_ordered(group, self._given) for group in self._groups)

    def cost(self) -> dict[str, int]:
        """Requests and bytes that reading the whole array takes; the headers of the files are read for it."""
        total = {"requests": 0, "bytes": 0}
        for _, pixels, _ in self._groups:
            for name, count in json.loads(pixels.plan.survey(pixels.root, pixels.access.spoken(), pixels.sign)).items():
                total[name] += count
        return total

    def pin(self) -> Plan:
        """Read the header of every file now: then all parts of the array, on whatever worker, are of the versions that are there now.

        Without it each process holds a file to the version that it read first. Either way a file that changes between two reads is an
        error (:class:`swath.Conflict`), and never a mixture.

        Examples
        --------
        >>> import swath
        >>> swath.plan("published", ["red"]).pin().load(chunks={}).red.shape
        (2, 64, 128)
        """
        for _, pixels, _ in self._groups:
            pixels.plan.pin(pixels.root, pixels.access.spoken(), pixels.sign)
        return self

    def __repr__(self) -> str:
        rows, columns = self.grid.shape
        how = "copied" if self.native else f"resampled, {self._groups[0].pixels.facts['resampling']}"
        return (
            f"<swath.Plan (time: {len(self.times)}, band: {len(self._names)}, y: {rows}, x: {columns}) "
            f"{_size(self.nbytes)}, {_short(self.grid.crs)}, {how}>"
        )

    def _repr_html_(self) -> str:
        rows, columns = self.grid.shape
        facts = self._groups[0].pixels.facts
        step_x, step_y = abs(self.grid.transform[0]), abs(self.grid.transform[4])
        lines = {
            "array": f"time {len(self.times)} × band {len(self._names)} × y {rows} × x {columns}, {_size(self.nbytes)}",
            "grid": f"{_short(self.grid.crs)}, pixels {step_x:g} × {step_y:g}",
            "pixels": "copied" if self.native else f"resampled, {facts['resampling']}",
            "bands": ", ".join(self._names),
            "files": sum(pixels.facts["sources"] for _, pixels, _ in self._groups),
            "why": "; ".join(self.reasons),
        }
        cells = "".join(f"<tr><th style='text-align:left'>{k}</th><td>{escape(str(v))}</td></tr>" for k, v in lines.items())
        return f"<div><strong>swath.Plan</strong><table>{cells}</table><details><summary>files</summary><pre>{escape(self.explain()[:4000])}</pre></details></div>"


class _Own:
    """The engine's own choice, before a grid was asked for."""

    def __init__(self, plan):
        self.plan, self.facts = plan, json.loads(plan.facts())
        self.grid = _grid_of(self.facts)

    def files(self) -> list[dict]:
        return json.loads(self.plan.grids())

    def steps(self, material, by: str) -> list[list[int]]:
        """The places of the items of each step of this plan: of all that there are, those that meet the grid."""
        ids = material.ids()
        every = iter(material.steps(by))
        found = []
        for step in self.facts["times"]:
            found.append(next(places for places in every if [ids[i] for i in places] == step["items"]))
        return found


def _ordered(group: Group, given: bool) -> str:
    """A plan in words, with what becomes of overlapping items where that is not the engine's own way."""
    text = group.pixels.plan.explain()
    if group.wish.fuser:
        told = f"in each step by {getattr(group.wish.fuser, '__name__', group.wish.fuser)}, one item after another"
    elif given:
        told = "in each step as the items were given: of two valid pixels the first stays"
    else:
        return text
    return "\n".join(f"order   {told}" if line.startswith("order ") else line for line in text.split("\n"))


def _grid_of(facts: dict) -> Grid:
    grid = facts["grid"]
    return Grid(grid["crs"], tuple(grid["transform"]), (grid["shape"]["height"], grid["shape"]["width"]))


def _labels(asked: list[str], resolved: list[str], bands: list[dict]) -> dict[str, str]:
    """What bands are called: as they were asked for, where each name asks for one of them."""
    alone = Counter(band["asset"] for band in bands)

    def meant(name: str, band: dict) -> bool:
        asset = band["asset"]
        return name == band["name"] or name.startswith(f"{asset}:") or (alone[asset] == 1 and asset in (name, band["name"]))

    if len(asked) == len(bands) and all(meant(name, band) for name, band in zip(resolved, bands)):
        return {band["name"]: band["name"] if ":" in word else word for word, band in zip(asked, bands)}
    return {band["name"]: band["name"] for band in bands}


def _size(count: int) -> str:
    units = ("B", "KiB", "MiB", "GiB", "TiB")
    step = min(len(units) - 1, max(0, (max(count, 1).bit_length() - 1) // 10))
    return f"{count / 1024**step:.1f} {units[step]}" if step else f"{count} B"


def _short(crs: str) -> str:
    return crs if len(crs) < 40 else crs_facts(crs)["name"]
