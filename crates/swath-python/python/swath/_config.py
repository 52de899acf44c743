"""``stac_cfg`` of odc-stac: what items do not say of their assets, by collection."""
from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ._errors import Misuse, Unsupported

_FIELDS = {"data_type", "nodata", "unit", "units"}
_PARTS = {"assets", "aliases", "warnings", "with_properties"}


class Config:
    """What a person says of assets and bands.

    Parameters
    ----------
    told
        ``{collection: {"assets": {asset: {"data_type": ..., "nodata": ..., "unit": ...}}, "aliases": {alias: asset}}}``, with ``"*"``
        for all collections, and for all assets; or the same without the level of collections.
    """

    def __init__(self, told: Mapping[str, Any] | None):
        self.told = {} if told is None else dict(told)
        single = bool(self.told) and set(self.told) <= _PARTS
        self.collections: dict[str, Any] = {"*": self.told} if single else {k: v for k, v in self.told.items() if k != "with_properties"}
        for name, part in self.collections.items():
            if not isinstance(part, Mapping):
                raise Misuse(f"a {type(part).__name__} for {name!r}", where="stac_cfg", expected="assets and aliases, by collection")
            for unknown in set(part) - _PARTS:
                raise Unsupported(f"{unknown!r} of {name!r}", where="stac_cfg", expected="assets, aliases", hint="write what it says into the items")
            for asset, words in part.get("assets", {}).items():
                for unknown in set(words) - _FIELDS:
                    raise Unsupported(f"{unknown!r} of asset {asset!r}", where="stac_cfg", expected="data_type, nodata, unit")

    def plain(self) -> dict | None:
        """For the engine, which adds what items do not say."""
        return {name: {"assets": {k: _plain(v) for k, v in part.get("assets", {}).items()}} for name, part in self.collections.items()} or None

    def of(self, collection: str | None) -> Mapping[str, Any]:
        """What is said of one collection."""
        return {**self.collections.get("*", {}), **self.collections.get(collection or "*", {})}

    def named(self, collection: str | None, names: list[str]) -> list[str]:
        """Assets and bands, for names that may be aliases of them."""
        aliases = self.of(collection).get("aliases", {})
        return [_key(aliases[name]) if name in aliases else name for name in names]

    def asset(self, collection: str | None, asset: str) -> dict:
        """What is said of this very asset; it stands above what the items say."""
        assets = self.of(collection).get("assets", {})
        return _plain({**assets.get("*", {}), **assets[asset]}) if asset in assets and asset != "*" else {}

    def with_properties(self, collection: str | None) -> list:
        return list(self.of(collection).get("with_properties", self.told.get("with_properties", [])))


def _key(target: Any) -> str:
    return target if isinstance(target, str) else f"{target[0]}:{target[1]}"


def _plain(words: Mapping[str, Any]) -> dict:
    plain = {("unit" if name == "units" else name): value for name, value in words.items()}
    if isinstance(plain.get("nodata"), float) and not math.isfinite(plain["nodata"]):
        plain["nodata"] = str(plain["nodata"])
    return plain
