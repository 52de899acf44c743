"""A static HTTP server with ranges and ETags that writes down every request."""
import http.server
import os
import pathlib
import re
import threading
import urllib.parse
from dataclasses import dataclass


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: str
    range: str | None
    headers: dict
    status: int
    sent: int


class RangeServer:
    """Serves a folder on 127.0.0.1; `requests` lists what was asked, in order."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.requests = []
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def forget(self):
        self.requests.clear()

    def of(self, suffix):
        return [r for r in self.requests if r.path.endswith(suffix)]

    def sent(self, suffix=""):
        return sum(r.sent for r in self.of(suffix))

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def _handler(outer):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 30

            def do_GET(self):
                self.answer(body=True)

            def do_HEAD(self):
                self.answer(body=False)

            def log_message(self, *_):
                pass

            def answer(self, body):
                parts = urllib.parse.urlsplit(self.path)
                name = urllib.parse.unquote(parts.path)
                file = (outer.root / name.lstrip("/")).resolve()
                wanted = self.headers.get("Range")
                status, content, headers = outer.read(file, wanted)
                self.send_response(status)
                for key, value in headers.items():
                    self.send_header(key, value)
                self.end_headers()
                sent = 0
                if body:
                    self.wfile.write(content)
                    sent = len(content)
                outer.requests.append(Request(self.command, name, parts.query, wanted, dict(self.headers), status, sent))

        return Handler

    def read(self, file, wanted):
        if not file.is_relative_to(self.root.resolve()) or not file.is_file():
            return 404, b"absent", {"Content-Length": "6"}
        size = file.stat().st_size
        headers = {"Accept-Ranges": "bytes", "ETag": f'"{file.stat().st_mtime_ns:x}-{size:x}"', "Content-Type": kind(file)}
        first, last, status = 0, size - 1, 200
        if wanted:
            found = re.fullmatch(r"bytes=(\d+)-(\d*)|bytes=-(\d+)", wanted)
            first = int(found[1] or max(0, size - int(found[3] or 0))) if found else size
            if first >= size:
                return 416, b"", {"Content-Range": f"bytes */{size}", "Content-Length": "0"}
            last, status = min(int(found[2] or size - 1), size - 1), 206
            headers["Content-Range"] = f"bytes {first}-{last}/{size}"
        with open(file, "rb") as stream:
            stream.seek(first)
            content = stream.read(last - first + 1)
        return status, content, headers | {"Content-Length": str(len(content))}


def kind(file):
    return {".json": "application/json", ".tif": "image/tiff"}.get(os.path.splitext(file)[1], "application/octet-stream")
