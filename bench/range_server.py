"""A folder over HTTP with byte ranges, as fast as one thread can, so that what is measured is the client.

    range_server.py FOLDER MILLISECONDS        prints its port, then serves 127.0.0.1 until it is ended

/PATH is a file of the folder, /slow/PATH the same after so many milliseconds for each request, as from an object store some way off. /-/count tells the
requests answered and the bytes of their bodies since it was last asked, and how deep they lay: requests that began after another had been answered count one more.
"""
import asyncio
import json
import pathlib
import re
import sys
import urllib.parse

RANGE = re.compile(rb"\r\nrange: *bytes=(\d+)-(\d*)", re.I)
REST = re.compile(rb"\r\nrange: *bytes=-(\d+)", re.I)
TYPES = {".json": "application/json", ".tif": "image/tiff"}


class Count:
    def __init__(self):
        self.clear()

    def clear(self):
        self.requests = self.bytes = self.answered = self.depth = 0

    def begin(self):
        """The depth of a request is one more than the deepest answered before it began."""
        self.requests += 1
        return self.answered + 1

    def end(self, depth, size):
        self.bytes += size
        self.answered = max(self.answered, depth)

    def told(self):
        said = {"requests": self.requests, "bytes": self.bytes, "deep": self.answered}
        self.clear()
        return json.dumps(said).encode()


class Ranges(asyncio.Protocol):
    count = Count()

    def __init__(self, root, delay):
        self.root, self.delay, self.head, self.last = root, delay, b"", None

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.head += data
        while (end := self.head.find(b"\r\n\r\n")) >= 0:
            head, self.head = self.head[: end + 2], self.head[end + 4 :]
            self.last = asyncio.ensure_future(self.answer(head, self.last))

    async def answer(self, head, before):
        method, target, _ = head.split(b"\r\n", 1)[0].split(b" ", 2)
        path = urllib.parse.unquote(target.decode().split("?")[0])
        if path == "/-/count":
            return self.write("200 OK", [], self.count.told())
        depth, slow = self.count.begin(), path.startswith("/slow/")
        if slow:
            await asyncio.sleep(self.delay)
        if before:
            await before
        file = self.root / path.removeprefix("/slow").lstrip("/")
        sent = await self.send(file, head, method == b"HEAD") if file.is_file() else self.write("404 Not Found", [], b"")
        self.count.end(depth, sent)

    async def send(self, file, head, only_head):
        told = file.stat()
        first, last, status = 0, told.st_size - 1, "200 OK"
        headers = ["Accept-Ranges: bytes", f'ETag: "{told.st_mtime_ns:x}-{told.st_size:x}"', f"Content-Type: {TYPES.get(file.suffix, 'application/octet-stream')}"]
        if found := RANGE.search(head):
            first, last, status = int(found[1]), min(int(found[2] or last), last), "206 Partial Content"
        elif found := REST.search(head):
            first, status = max(0, told.st_size - int(found[1])), "206 Partial Content"
        if first >= told.st_size:
            return self.write("416 Range Not Satisfiable", [f"Content-Range: bytes */{told.st_size}"], b"")
        if status.startswith("206"):
            headers.append(f"Content-Range: bytes {first}-{last}/{told.st_size}")
        if only_head:
            return self.write(status, headers, b"", last + 1 - first)
        self.write(status, headers, b"", last + 1 - first)
        with open(file, "rb") as stream:
            # The system copies, as servers made for files let it: what is measured should not be Python's own copies.
            return await asyncio.get_running_loop().sendfile(self.transport, stream, first, last + 1 - first)

    def write(self, status, headers, body, length=None):
        lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body) if length is None else length}", "", ""]
        self.transport.write("\r\n".join(lines).encode() + body)
        return len(body)


async def main():
    root, delay = pathlib.Path(sys.argv[1]).resolve(), float(sys.argv[2]) / 1000
    server = await asyncio.get_running_loop().create_server(lambda: Ranges(root, delay), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
