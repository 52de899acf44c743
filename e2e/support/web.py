"""A web server as a publisher should have one: ranges, If-Match, CORS, types and caching by kind; each can be spoiled."""
import email.utils
import time

from .http import RangeServer

TYPES = {".tif": "image/tiff; application=geotiff; profile=cloud-optimized", ".json": "application/json"}


class WebServer(RangeServer):
    def __init__(self, root, *, cors=True, if_match=True, ranges=True, etags=True, types=TYPES, clock=0.0):
        self.cors, self.if_match, self.ranges, self.etags, self.types, self.clock = cors, if_match, ranges, etags, types, clock
        super().__init__(root)

    def read(self, file, wanted):
        status, content, headers = super().read(file, wanted if self.ranges else None)
        if status < 300:
            headers["Content-Type"] = self.types.get(file.suffix, "application/octet-stream")
            headers["Cache-Control"] = "max-age=31536000, immutable" if file.suffix == ".tif" else "max-age=60"
        if not self.etags:
            headers.pop("ETag", None)
        return status, content, headers

    def _handler(outer):
        class Handler(super()._handler()):
            def do_OPTIONS(self):
                self.send_response(200 if outer.cors else 403)
                if outer.cors:
                    self.send_header("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS")
                    self.send_header("Access-Control-Allow-Headers", "Range, If-Match")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def answer(self, body):
                file = (outer.root / self.path.split("?")[0].lstrip("/")).resolve()
                wanted = self.headers.get("If-Match")
                if outer.if_match and wanted and file.is_file() and wanted != outer.read(file, None)[2].get("ETag"):
                    self.send_response(412)
                    self.send_header("Content-Length", "0")
                    return self.end_headers()
                super().answer(body)

            def end_headers(self):
                if outer.cors and self.headers.get("Origin"):
                    self.send_header("Access-Control-Allow-Origin", "*")
                    self.send_header("Access-Control-Expose-Headers", "Content-Range, ETag")
                super().end_headers()

            def date_time_string(self, timestamp=None):
                return email.utils.formatdate((timestamp or time.time()) + outer.clock, usegmt=True)

        return Handler
