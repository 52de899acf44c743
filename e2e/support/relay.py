"""Passes requests on to another server, and calls `before(method, path)` ahead of each."""
import http.client
import http.server
import ssl
import threading
import urllib.parse


class Relay:
    def __init__(self, url, before=lambda method, path: None):
        self.target = urllib.parse.urlsplit(url)
        self.before = before
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}{self.target.path}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def connection(self):
        place = (self.target.hostname, self.target.port)
        if self.target.scheme == "http":
            return http.client.HTTPConnection(*place, timeout=30)
        return http.client.HTTPSConnection(*place, timeout=30, context=ssl._create_unverified_context())

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def _handler(outer):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def pass_on(self):
                outer.before(self.command, self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                there = outer.connection()
                there.request(self.command, self.path, body, dict(self.headers))
                answer = there.getresponse()
                body = answer.read()
                self.send_response_only(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in ("content-length", "transfer-encoding", "connection", "keep-alive"):
                        self.send_header(name, value)
                self.send_header("Content-Length", answer.headers["Content-Length"] if self.command == "HEAD" else str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)
                there.close()

            do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = pass_on

        return Handler
