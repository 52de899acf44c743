"""A reader who knows STAC and HTTP and nothing of swath: follows links from the root, and believes an item only when its assets are what it says."""
import hashlib
import http.client
import urllib.parse
from dataclasses import dataclass, field

from .catalog import strict


class Broken(AssertionError):
    """A reader met something that no reader may meet."""


@dataclass
class State:
    """What was found: the documents by URL, the items by id."""

    root: dict
    documents: dict = field(default_factory=dict)
    items: dict = field(default_factory=dict)


class Reader:
    """Reads below `root` (a URL without its query) with a SAS, over one connection."""

    def __init__(self, root, sas=""):
        self.root, self.sas = root.rstrip("/"), sas
        parts = urllib.parse.urlsplit(root)
        self.connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
        #: (url, ETag) of assets that were held against their checksum already, with what was found.
        self.known = {}

    def get(self, url):
        """(status, headers, body)"""
        path = urllib.parse.urlsplit(url).path
        for attempt in (1, 2):
            try:
                self.connection.request("GET", f"{path}?{self.sas}")
                reply = self.connection.getresponse()
                return reply.status, reply.headers, reply.read()
            except (http.client.HTTPException, OSError):
                self.connection.close()
                if attempt == 2:
                    raise

    def document(self, url, why):
        code, _, body = self.get(url)
        if code != 200:
            raise Broken(f"{why} leads to {url}: HTTP {code}")
        try:
            document = strict(body)
        except ValueError as e:
            raise Broken(f"{url} is half a document: {e}") from None
        if b"sig=" in body:
            raise Broken(f"{url} holds a token")
        return document

    def walk(self, assets=True):
        """The whole state, or None while there is no root. Raises Broken."""
        top = f"{self.root}/collection.json"
        code, _, body = self.get(top)
        if code == 404:
            return None
        if code != 200:
            raise Broken(f"the root: HTTP {code}")
        state = State(strict(body))
        state.documents[top] = state.root
        todo = [(top, state.root)]
        while todo:
            here, document = todo.pop()
            for link in document["links"]:
                if link["rel"] not in ("child", "item", "parent", "root", "collection"):
                    continue
                url = urllib.parse.urljoin(here, link["href"])
                if url in state.documents:
                    continue
                found = self.document(url, f"{link['rel']} of {here}")
                state.documents[url] = found
                todo.append((url, found))
                if found["type"] == "Feature":
                    if found["id"] in state.items:
                        raise Broken(f"two items are called {found['id']}")
                    state.items[found["id"]] = found
                    self.hold(url, found, assets)
            for key, asset in document.get("assets", {}).items() if document["type"] == "Collection" else ():
                url = urllib.parse.urljoin(here, asset["href"])
                code, _, body = self.get(url)
                if code != 200:
                    raise Broken(f"asset {key} of {here} leads to {url}: HTTP {code}")
        return state

    def hold(self, url, item, read):
        for key, asset in item["assets"].items():
            where = urllib.parse.urljoin(url, asset["href"])
            wanted = (asset["file:size"], asset["file:checksum"].removeprefix("1220"))
            if not read and where in self.known:
                found = self.known[where]
            else:
                code, _, body = self.get(where)
                if code != 200:
                    raise Broken(f"asset {key} of {item['id']} leads to {where}: HTTP {code}")
                found = self.known[where] = (len(body), hashlib.sha256(body).hexdigest())
            if found != wanted:
                raise Broken(f"asset {key} of {item['id']} is {found}, its item says {wanted}")
