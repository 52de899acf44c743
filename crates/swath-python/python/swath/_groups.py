"""Which items share a step of time, where a name of a way is not enough: by a property, by a function, in the order given."""
from __future__ import annotations

import datetime as clock
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ._errors import Misuse
from ._items import as_dict

#: Ways that the engine has, by the names of odc-stac.
ENGINE = {"time": "time", "solar_day": "solar_day", "id": "none", None: "none"}


@dataclass(frozen=True)
class Parsed:
    """What a function that groups items is given beside the item, with the names of odc-stac's ``ParsedItem``."""

    id: str
    collection_id: str | None
    properties: dict
    mid_longitude: float | None

    @property
    def datetime(self) -> clock.datetime | None:
        return _instant(self.properties.get("datetime"))

    @property
    def datetime_range(self) -> tuple[clock.datetime | None, clock.datetime | None]:
        return _instant(self.properties.get("start_datetime")), _instant(self.properties.get("end_datetime"))

    @property
    def nominal_datetime(self) -> clock.datetime:
        for known in (self.datetime, *self.datetime_range):
            if known is not None:
                return known
        raise Misuse("no datetime", where=f"item {self.id}", expected="datetime, start_datetime or end_datetime")

    @property
    def solar_date(self) -> clock.datetime:
        return self.nominal_datetime if self.mid_longitude is None else self.solar_date_at(self.mid_longitude)

    def solar_date_at(self, lon: float) -> clock.datetime:
        return self.nominal_datetime + clock.timedelta(hours=int(lon / 15))


def steps(taken: Any, material: Any, by: str | Callable | None, in_order: bool) -> list[list[int]]:
    """Places of the items of each step, in the order in which they fill it: by time and id, or `in_order` as they came."""
    if by in ENGINE:
        found = material.steps(ENGINE[by])
    else:
        found = _keyed(taken, material, by)
    return [sorted(step) for step in found] if in_order else found


def starts(taken: Any, steps: list[list[int]]) -> list[str]:
    """When the first item of each step was taken: the time of a step whose items are in the order given."""
    taken_at = [parsed.nominal_datetime.astimezone(clock.timezone.utc) for _, parsed in _pairs(taken)]
    return [taken_at[step[0]].isoformat().replace("+00:00", "Z") for step in steps]


def _keyed(taken, material, by) -> list[list[int]]:
    key = by if callable(by) else (lambda item, parsed, index: parsed.properties.get(by))
    keys = [key(item, parsed, index) for index, (item, parsed) in enumerate(_pairs(taken))]
    groups: dict[Any, list[int]] = {}
    for (index,) in material.steps("none"):
        try:
            groups.setdefault(keys[index], []).append(index)
        except TypeError:
            raise Misuse(f"{keys[index]!r} of item {index}", where="groupby", expected="a key that can be hashed") from None
    try:
        return [groups[key] for key in sorted(groups)]
    except TypeError:
        kinds = ", ".join(sorted({type(key).__name__ for key in groups}))
        raise Misuse(
            f"keys that have no order among each other ({kinds})", where="groupby", expected="one kind of key for all items",
            hint=f"items without the property {by!r} have None" if isinstance(by, str) else None,
        ) from None




def _pairs(taken):
    for item in taken.objects():
        plain = item if isinstance(item, dict) else as_dict(item)
        yield item, Parsed(plain["id"], plain.get("collection"), plain["properties"], _middle(plain.get("bbox")))


def _middle(bbox) -> float | None:
    if not bbox:
        return None
    west, east = bbox[0], bbox[len(bbox) // 2]
    return (west + east + (360 if west > east else 0)) / 2


def _instant(text: Any) -> clock.datetime | None:
    if text is None or isinstance(text, clock.datetime):
        return text
    read = clock.datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=clock.timezone.utc)
