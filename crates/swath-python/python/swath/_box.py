"""Bounding boxes as people write them."""
from __future__ import annotations

from typing import Any

from ._errors import Misuse


def box(value: Any) -> list[float]:
    """Numbers of a bounding box: a sequence, or text with commas."""
    try:
        numbers = [float(v) for v in (value.split(",") if isinstance(value, str) else value)]
    except (TypeError, ValueError):
        numbers = []
    if len(numbers) not in (4, 6):
        raise Misuse(repr(value), where="bbox", expected="four numbers: west, south, east, north in degrees")
    return numbers
