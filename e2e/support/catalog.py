"""Reading a built tree the way a stranger would: only links and hrefs are followed."""
import json
import pathlib
from dataclasses import dataclass


def strict(text):
    """JSON as RFC 8259 has it: no NaN, no Infinity."""

    def refuse(word):
        raise ValueError(f"{word} is not JSON")

    return json.loads(text, parse_constant=refuse)


@dataclass
class Document:
    path: pathlib.Path
    body: dict

    def asset(self, key):
        return (self.path.parent / self.body["assets"][key]["href"]).resolve()

    def save(self):
        self.path.write_text(json.dumps(self.body))


@dataclass
class Catalog:
    root: Document
    collections: list
    items: list

    def item(self, identifier):
        return next(i for i in self.items if i.body["id"] == identifier)


def load(path):
    return Document(pathlib.Path(path), strict(pathlib.Path(path).read_text()))


def follow(document, relation):
    for link in document.body["links"]:
        if link["rel"] == relation:
            yield load((document.path.parent / link["href"]).resolve())


def open_catalog(folder):
    """The root Collection of a folder, everything below it by its links."""
    root = load(pathlib.Path(folder) / "collection.json")
    catalog, todo = Catalog(root, [], []), [root]
    while todo:
        document = todo.pop()
        children = list(follow(document, "child"))
        catalog.collections += children
        todo += children
        catalog.items += list(follow(document, "item"))
    catalog.items.sort(key=lambda i: i.body["id"])
    return catalog


def documents(folder):
    """Every JSON document of a tree, found by name."""
    return [load(p) for p in sorted(pathlib.Path(folder).rglob("*.json")) if strict(p.read_text()).get("stac_version")]
