"""A small STAC API 1.0: core, collections, features, item search, and, where it is told to, filter and sort."""
import http.server
import json
import re
import threading
import urllib.parse
from dataclasses import dataclass

from .globe import collection, overlaps

CLASSES = {
    "core": "https://api.stacspec.org/v1.0.0/core",
    "collections": "https://api.stacspec.org/v1.0.0/collections",
    "features": "https://api.stacspec.org/v1.0.0/ogcapi-features",
    "search": "https://api.stacspec.org/v1.0.0/item-search",
    "filter": "https://api.stacspec.org/v1.0.0/item-search#filter",
    "sort": "https://api.stacspec.org/v1.0.0/item-search#sort",
}


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    query: dict
    body: dict | None
    headers: dict


class StacApi:
    """`paging`: token (the body of `next` stands for itself), merge (only what changes is said), get. `asked` lists every request."""

    def __init__(self, items, *, paging="merge", classes=tuple(CLASSES), largest=40, key=None, root="/api/v1", next_at=None, hides_post=False):
        self.items, self.paging, self.classes, self.largest, self.key, self.root = items, paging, classes, largest, key, root
        self.next_at, self.hides_post, self.asked = next_at, hides_post, []
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.host = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.url = self.host + root
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def searches(self):
        return [a for a in self.asked if a.path.endswith("/search")]

    def answer(self, asked):
        """Status and document."""
        if self.key and asked.query.get("key") != self.key:
            return 401, {"code": "Unauthorized", "description": "no key"}
        parts = [urllib.parse.unquote(p) for p in asked.path.removeprefix(self.root).strip("/").split("/")]
        match parts:
            case [""]:
                return 200, self.landing()
            case ["conformance"]:
                return 200, {"conformsTo": [CLASSES[c] for c in self.classes]}
            case ["collections"]:
                return 200, {"collections": [self.collection(name) for name in self.names()], "links": []}
            case ["collections", name] if name in self.names():
                return 200, self.collection(name)
            case ["collections", name, "items"]:
                return 200, self.page(asked, {**asked.query, "collections": name})
            case ["collections", _, "items", name]:
                found = [i for i in self.items if i["id"] == name]
                return (200, found[0]) if found else (404, {})
            case ["search"] if "search" in self.classes:
                return 200, self.page(asked, asked.body if asked.method == "POST" else asked.query)
        return 404, {"code": "NotFound", "description": asked.path}

    def names(self):
        return sorted({i["collection"] for i in self.items})

    def landing(self):
        links = [{"rel": "self", "href": self.url}, {"rel": "root", "href": self.url}, {"rel": "data", "href": f"{self.url}/collections"},
                 {"rel": "conformance", "href": f"{self.url}/conformance"}]
        if "search" in self.classes:
            kind = "application/geo+json"
            links.append({"rel": "search", "href": f"{self.url}/search", "type": kind, "method": "GET"})
            if not self.hides_post and self.paging != "get":
                links.append({"rel": "search", "href": f"{self.url}/search", "type": kind, "method": "POST"})
        return {"type": "Catalog", "stac_version": "1.0.0", "id": "api", "description": "x", "conformsTo": [CLASSES[c] for c in self.classes], "links": links}

    def collection(self, name):
        links = [("self", f"/collections/{name}"), ("items", f"/collections/{name}/items"), ("root", ""), ("parent", "")]
        return collection(name, [{"rel": rel, "href": self.url + path} for rel, path in links])

    def page(self, asked, told):
        found = [i for i in self.items if self.matches(i, told)]
        for field, down in reversed(self.order(told)):
            found.sort(key=lambda i: i["id"] if field == "id" else i["properties"][field], reverse=down)
        start, size = int(told.get("token", 0)), min(int(told.get("limit", 10)), self.largest)
        answer = {"type": "FeatureCollection", "features": found[start : start + size], "links": [], "numberMatched": len(found)}
        if start + size < len(found):
            answer["links"].append(self.next(asked, start + size))
        return answer

    def next(self, asked, token):
        base = (self.next_at or self.host) + asked.path
        if asked.method == "GET":
            query = urllib.parse.urlencode({**{k: v for k, v in asked.query.items() if k != "key"}, "token": token})
            return {"rel": "next", "href": f"{base}?{query}"}
        link = {"rel": "next", "href": base, "method": "POST"}
        if self.paging == "merge":
            return {**link, "merge": True, "body": {"token": token}}
        return {**link, "body": {**asked.body, "token": token}}

    def matches(self, item, told):
        many = lambda value: value.split(",") if isinstance(value, str) else value
        if told.get("collections") and item["collection"] not in many(told["collections"]):
            return False
        if told.get("ids") and item["id"] not in many(told["ids"]):
            return False
        if told.get("bbox") and not overlaps(item["bbox"], [float(v) for v in many(told["bbox"])]):
            return False
        if told.get("datetime"):
            start, _, end = told["datetime"].partition("/")
            when = item["properties"]["datetime"]
            if (start != ".." and when < start) or ((end or start) != ".." and when > (end or start)):
                return False
        if told.get("filter") and "filter" in self.classes:
            return self.passes(item, told["filter"])
        return True

    @staticmethod
    def passes(item, condition):
        """`property < number` in either spelling."""
        if isinstance(condition, dict):
            assert condition["op"] == "<", condition
            name, most = condition["args"][0]["property"], condition["args"][1]
        else:
            name, most = re.fullmatch(r'\(?"?([\w:]+)"? < ([\d.]+)\)?', condition).groups()
        return item["properties"][name] < float(most)

    def order(self, told):
        if "sort" not in self.classes or not told.get("sortby"):
            return []
        if isinstance(told["sortby"], str):
            return [(key.lstrip("+-").removeprefix("properties."), key.startswith("-")) for key in told["sortby"].split(",")]
        return [(key["field"].removeprefix("properties."), key["direction"] == "desc") for key in told["sortby"]]

    def _handler(outer):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 30

            def do_GET(self):
                self.reply(None)

            def do_POST(self):
                self.reply(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

            def do_HEAD(self):
                self.reply(None)

            def log_message(self, *_):
                pass

            def reply(self, body):
                parts = urllib.parse.urlsplit(self.path)
                asked = Asked(self.command, parts.path, dict(urllib.parse.parse_qsl(parts.query)), body, dict(self.headers))
                outer.asked.append(asked)
                status, document = outer.answer(asked)
                content = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/geo+json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)

        return Handler
