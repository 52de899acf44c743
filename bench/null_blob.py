"""A blob service that throws everything away: as fast as one thread can read, so that what is measured is the client.

    null_blob.py        prints its port, then serves 127.0.0.1 until it is ended

It answers what uploads ask: every container is there, every write succeeds, and of what was written the length is known, which azcopy asks for. Nothing
can be read back, and no signature is checked.
"""
import asyncio
import re

LISTING = b'<?xml version="1.0" encoding="utf-8"?><EnumerationResults><Blobs></Blobs><NextMarker/></EnumerationResults>'
ABSENT = b'<?xml version="1.0" encoding="utf-8"?><Error><Code>BlobNotFound</Code><Message>nothing is kept here</Message></Error>'
COMMON = "Server: null\r\nx-ms-request-id: 0\r\nx-ms-version: 2024-11-04\r\nDate: Sun, 22 Nov 2026 12:00:00 GMT\r\n"
WRITTEN = 'ETag: "0x1"\r\nLast-Modified: Sun, 22 Nov 2026 12:00:00 GMT\r\nx-ms-request-server-encrypted: true\r\n'
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.I)


class Blobs(asyncio.BufferedProtocol):
    """Bodies land in one buffer, over and over."""

    buffer = memoryview(bytearray(1 << 20))
    #: Lengths by path: of blobs, and of blocks that are no blob yet.
    sizes, blocks = {}, {}

    def connection_made(self, transport):
        self.transport, self.head, self.left = transport, b"", 0

    def get_buffer(self, _):
        return self.buffer

    def buffer_updated(self, count):
        at = 0
        while at < count:
            if self.left:
                eaten = min(self.left, count - at)
                self.left, at = self.left - eaten, at + eaten
                if not self.left:
                    self.answer()
                continue
            self.head += bytes(self.buffer[at:count])
            at = count
            end = self.head.find(b"\r\n\r\n")
            if end < 0:
                return
            rest = len(self.head) - end - 4
            found = LENGTH.search(self.head, 0, end)
            length = int(found[1]) if found else 0
            if b"100-continue" in self.head[:end]:
                self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            at, self.left, self.length, self.line = count - rest, length, length, self.head.split(b"\r\n", 1)[0]
            self.head = b""
            if not length:
                self.answer()

    def answer(self):
        method, target, _ = self.line.split(b" ", 2)
        path, _, query = target.partition(b"?")
        if method in (b"PUT", b"POST"):
            self.keep(path, query)
            self.write("201 Created", WRITTEN)
        elif method == b"DELETE":
            self.write("202 Accepted")
        elif method == b"GET" and (b"comp=list" in target or path.count(b"/") < 3):
            self.write("200 OK", "Content-Type: application/xml\r\n", LISTING)
        elif b"restype=container" in target:
            self.write("200 OK", WRITTEN)
        elif method == b"HEAD" and path in self.sizes:
            self.write("200 OK", WRITTEN + "x-ms-blob-type: BlockBlob\r\n", length=self.sizes[path])
        else:
            self.write("404 The specified blob does not exist", "x-ms-error-code: BlobNotFound\r\n", b"" if method == b"HEAD" else ABSENT)

    def keep(self, path, query):
        if b"comp=blocklist" in query:
            self.sizes[path] = self.blocks.pop(path, 0)
        elif b"comp=block" in query:
            self.blocks[path] = self.blocks.get(path, 0) + self.length
        else:
            self.sizes[path] = self.length

    def write(self, status, headers="", body=b"", length=None):
        length = len(body) if length is None else length
        self.transport.write(f"HTTP/1.1 {status}\r\n{COMMON}{headers}Content-Length: {length}\r\n\r\n".encode() + body)


async def main():
    server = await asyncio.get_running_loop().create_server(Blobs, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
