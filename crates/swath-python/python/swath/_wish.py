"""What becomes of the values of a band: how they are resampled, of what type they are, what stands where there is no data, who merges them."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy

from ._errors import Misuse
from ._pixels import Values, _dtype

#: Types that the engine itself makes of what it reads.
_ENGINE = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float32", "float64")


@dataclass(frozen=True)
class Wish:
    """Bands with one wish, of one type and nodata, are one plan.

    Attributes
    ----------
    method
        Of resampling.
    data_type, nodata
        What the engine makes the array of, where that is not what the files say.
    dtype
        The type of the array at last.
    fuser
        What merges overlapping items, where the first valid pixel is not to stay.
    """

    method: str | None = None
    data_type: str | None = None
    nodata: str | None = None
    dtype: str | None = None
    fuser: str | Callable | None = None

    def values(self, facts: dict) -> Values:
        return Values(numpy.dtype(self.dtype) if self.dtype else _dtype(facts["data_type"]))


def of_band(name: str, value: Any) -> Any:
    """The part of an argument that may be said for each band, ``"*"`` being the rest."""
    return value.get(name, value.get("*")) if isinstance(value, Mapping) else value


def wish(stored: str, known: str | None, *, dtype: Any = None, nodata: float | None = None, **more: Any) -> Wish:
    """A wish for bands whose files have this type and nodata.

    Parameters
    ----------
    dtype, nodata
        As they were asked for.
    """
    wanted = None if dtype is None else numpy.dtype(dtype)
    data_type, text = _engine(_dtype(stored), known, wanted, nodata)
    return Wish(data_type=data_type, nodata=text, dtype=None if wanted is None else wanted.str, **more)


def _engine(stored, known: str | None, wanted, nodata) -> tuple[str | None, str | None]:
    """The type and nodata that the engine is to be told, if any."""
    target = stored if wanted is None else wanted
    if nodata is None:
        # Where nothing tells what is empty, a floating point number can.
        return (_made(target) if known is None and target.kind == "f" and stored.kind in "iu" else None), None
    if stored.kind == "c":
        raise Misuse("nodata of complex numbers", where="nodata", expected="real numbers")
    number = float(nodata)
    text = spelled(number)
    if holds(stored, number):
        return None, text
    if not holds(target, number):
        raise Misuse(f"{text} in {target}", where="nodata", expected="a value that the type holds", hint="say dtype= as well, such as dtype='float32'")
    return _made(target), text


def _made(dtype) -> str:
    if dtype.name == "float16":
        return "float32"
    if dtype.name not in _ENGINE:
        raise Misuse(str(dtype), where="dtype", expected=", ".join(_ENGINE))
    return dtype.name


def spelled(number: float) -> str:
    """A nodata value in words that the engine reads."""
    return "nan" if number != number else str(int(number)) if float(number).is_integer() else repr(float(number))


def holds(dtype, number: float) -> bool:
    """Whether a type of numbers has this one."""
    if dtype.kind == "f":
        return True
    limits = numpy.iinfo(dtype) if dtype.kind in "iu" else None
    return limits is not None and float(number).is_integer() and limits.min <= number <= limits.max
