"""``with_properties`` of odc-stac: properties of items as variables over time."""
from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ._errors import Misuse

_KNOWN = ("key", "name", "dtype", "nodata", "units", "fuser")


def variables(asked: Iterable[str | Mapping[str, Any]], steps: list[list[dict]]) -> dict[str, tuple]:
    """For each property a variable: dimensions, values, attributes.

    Parameters
    ----------
    asked
        Names of properties, or dictionaries with ``key`` and, if wanted, ``name``, ``dtype``, ``nodata``, ``units``, ``fuser``.
    steps
        The properties of the items of each step.
    """
    import numpy

    made = {}
    for one in asked:
        told: dict[str, Any] = {"key": one} if isinstance(one, str) else dict(one)
        if "key" not in told or set(told) - set(_KNOWN):
            raise Misuse(f"{one!r}", where="with_properties", expected=f"a name, or a dictionary with {', '.join(_KNOWN)}")
        dtype = numpy.dtype(told.get("dtype", "float32"))
        merge: Callable = told.get("fuser") or _merged
        nodata = told.get("nodata")
        empty = nodata if nodata is not None else math.nan if dtype.kind == "f" else 0
        key = told["key"]
        values = [merge([p[key] for p in step if p.get(key) is not None]) if step else empty for step in steps]
        attrs: dict[str, Any] = {"units": told.get("units", "1")}
        if nodata is not None:
            attrs["nodata"] = dtype.type(nodata)
        name = told.get("name") or key.replace(".", "_").replace(":", "_").replace("-", "_")
        made[name] = (("time",), numpy.array(values, dtype=dtype), attrs)
    return made


def _merged(values: list) -> Any:
    """One of several: words listed, numbers by their mean."""
    if len(values) < 2:
        return values[0] if values else None
    if isinstance(values[0], str):
        return ",".join(str(v) for v in values)
    numbers = [v for v in values if isinstance(v, (int, float)) and math.isfinite(v)]
    if not numbers:
        return None
    return numbers[0] if len(numbers) == 1 else sum(numbers) / len(numbers)
