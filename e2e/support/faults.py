"""An HTTP proxy that does what networks and servers do on a bad day, and writes down every request.

What goes wrong is decided by a rule, a function of the request; `Schedule(seed)` is one that throws dice. The dice fall by what is asked for and how
often it was asked before, never by the clock or the order of arrival, so a seed means the same in every run.
"""
import gzip
import http.client
import http.server
import random
import re
import signal
import socket
import struct
import threading
import time
import urllib.parse
from dataclasses import dataclass, field


@dataclass
class Seen:
    """One request, as it came: `number` counts all of them from 1, `nth` those of the same method and target from 1."""

    number: int
    nth: int
    method: str
    path: str
    query: dict
    headers: dict
    size: int
    fault: "Fault | None" = None
    #: What the server behind said; 0 where it was never asked.
    status: int = 0
    sent: int = 0
    at: float = field(default_factory=time.monotonic)

    @property
    def writes(self):
        return self.method in ("PUT", "DELETE", "POST")

    def __str__(self):
        return f"{self.number} {self.method} {self.path} {self.query.get('comp', '')} #{self.nth} -> {self.status} {self.fault or ''}"


@dataclass(frozen=True)
class Fault:
    kind: str
    value: object = None


@dataclass
class Answer:
    status: int
    headers: list
    body: bytes

    def replaced(self, body=None, status=None, **headers):
        """A copy with other headers (`None` removes one) and, unless it is said, the length that the body has."""
        body = self.body if body is None else body
        wanted = {"content-length": str(len(body))} | {k.replace("_", "-").lower(): v for k, v in headers.items()}
        kept = [(k, v) for k, v in self.headers if k.lower() not in wanted]
        return Answer(status or self.status, kept + [(k, v) for k, v in wanted.items() if v is not None], body)

    def header(self, name):
        return next((v for k, v in self.headers if k.lower() == name.lower()), None)


@dataclass
class Exchange:
    """One request and what may be done with it."""

    proxy: "FaultProxy"
    handler: http.server.BaseHTTPRequestHandler
    seen: Seen
    body: bytes
    answers: list = field(default_factory=list)

    def ask(self, body=None, without=(), path=None):
        """Lets the server behind answer: the Host stays as the client wrote it, since signatures may cover it."""
        body = self.body if body is None else body
        upstream = self.proxy.upstream()
        for attempt in (1, 2):
            try:
                upstream.putrequest(self.seen.method, path or self.handler.path, skip_host=True, skip_accept_encoding=True)
                for key, value in self.handler.headers.items():
                    if key.lower() not in without:
                        upstream.putheader(key, value)
                upstream.endheaders(body or None)
                reply = upstream.getresponse()
                break
            except (http.client.HTTPException, OSError):
                upstream.close()
                if attempt == 2:
                    raise
        hop = {"connection", "keep-alive", "transfer-encoding"}
        headers = [(k, v) for k, v in reply.getheaders() if k.lower() not in hop]
        answer = Answer(reply.status, headers, reply.read())
        self.seen.status = answer.status
        if not any(k.lower() == "content-length" for k, _ in headers) and self.seen.method != "HEAD":
            answer.headers.append(("Content-Length", str(len(answer.body))))
        return answer

    def head_of(self, answer):
        lines = [f"HTTP/1.1 {answer.status} {http.client.responses.get(answer.status, 'Status')}", *(f"{k}: {v}" for k, v in answer.headers)]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def send(self, answer, body=None):
        """The whole answer; `body` in place of its own, whatever the headers say."""
        body = answer.body if body is None else body
        body = b"" if self.seen.method == "HEAD" else body
        self.handler.wfile.write(self.head_of(answer) + body)
        self.seen.sent = len(body)

    def close(self):
        self.handler.close_connection = True

    def reset(self):
        """The connection ends with RST, not with FIN."""
        self.handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.handler.connection.close()
        self.close()

    def hold(self, seconds):
        self.proxy.closing.wait(seconds)


def status(exchange, value):
    """value: a status code, or (code, the Retry-After to send). The server behind is not asked."""
    code, wait = value if isinstance(value, tuple) else (value, None)
    body = f'<?xml version="1.0" encoding="utf-8"?><Error><Code>ServerBusy</Code><Message>the fault proxy says {code}</Message></Error>'.encode()
    headers = [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))]
    exchange.send(Answer(code, headers + ([("Retry-After", str(wait))] if wait is not None else []), body))


def reset_before(exchange, _):
    exchange.reset()


def lost_answer(exchange, _):
    """The server has done it; the client is never told."""
    exchange.ask()
    exchange.reset()


def reset_during(exchange, _):
    answer = exchange.ask()
    exchange.handler.wfile.write(exchange.head_of(answer) + answer.body[: len(answer.body) // 2])
    exchange.reset()


def reset_after(exchange, _):
    exchange.send(exchange.ask())
    exchange.reset()


def truncated(exchange, _):
    """Half the body, then a clean end."""
    answer = exchange.ask()
    exchange.send(answer, answer.body[: len(answer.body) // 2])
    exchange.close()


def stall_before(exchange, seconds):
    exchange.hold(seconds)
    exchange.reset()


def stall_during(exchange, seconds):
    answer = exchange.ask()
    exchange.handler.wfile.write(exchange.head_of(answer) + answer.body[: len(answer.body) // 2])
    exchange.hold(seconds)
    exchange.reset()


def trickle(exchange, seconds):
    """A byte each quarter second: never silent, never done."""
    answer = exchange.ask()
    exchange.handler.wfile.write(exchange.head_of(answer))
    until = time.monotonic() + seconds
    for at in range(len(answer.body)):
        if time.monotonic() > until or exchange.proxy.closing.is_set():
            break
        exchange.handler.wfile.write(answer.body[at : at + 1])
        exchange.hold(0.25)
    exchange.reset()


def flipped_up(exchange, _):
    """One bit of what the client sends."""
    exchange.send(exchange.ask(body=flip(exchange.body, exchange.seen.nth)))


def flipped_down(exchange, _):
    """One bit of what the server sends."""
    answer = exchange.ask()
    exchange.send(answer, flip(answer.body, exchange.seen.number) if 200 <= answer.status < 300 else answer.body)


def whole_for_range(exchange, _):
    """200 and everything, where 206 and a part was asked for."""
    exchange.send(exchange.ask(without=("range", "x-ms-range")))


def longer_length(exchange, _):
    answer = exchange.ask()
    exchange.send(answer.replaced(content_length=str(len(answer.body) + 1000)), answer.body)
    exchange.close()


def shorter_length(exchange, _):
    answer = exchange.ask()
    half = len(answer.body) // 2
    exchange.send(answer.replaced(content_length=str(half)), answer.body[:half])
    exchange.close()


def wrong_range(exchange, _):
    """The right bytes, said to be from elsewhere."""
    answer = exchange.ask()
    found = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", answer.header("content-range") or "")
    if not found:
        return exchange.send(answer)
    first, last, size = map(int, found.groups())
    exchange.send(answer.replaced(content_range=f"bytes {first + 7}-{last + 7}/{size}"))


def gzipped(exchange, _):
    """Compressed, though nobody asked for it."""
    answer = exchange.ask()
    if answer.body and answer.status < 300:
        answer = answer.replaced(body=gzip.compress(answer.body), content_encoding="gzip")
    exchange.send(answer)


def swapped(exchange, path):
    """The answer of another object."""
    exchange.send(exchange.ask(path=path, without=("if-match",)))


def kill(exchange, when):
    """SIGKILL for the client, `before` the server behind has seen the request or `after` it has answered; nothing passes from then on."""
    if when == "after":
        exchange.ask()
    exchange.proxy.dead = True
    exchange.proxy.kill_client()
    exchange.reset()


def dropped(exchange, _):
    exchange.reset()


KINDS = {
    f.__name__: f
    for f in (
        status, reset_before, lost_answer, reset_during, reset_after, truncated, stall_before, stall_during, trickle, flipped_up, flipped_down,
        whole_for_range, longer_length, shorter_length, wrong_range, gzipped, swapped, kill, dropped,
    )
}  # fmt: skip


def flip(body, seed):
    if not body:
        return body
    body = bytearray(body)
    body[random.Random(seed).randrange(len(body))] ^= 1 << (seed % 8)
    return bytes(body)


class FaultProxy:
    """Between a client and `upstream`, a URL of 127.0.0.1. `rule(seen)` names the fault of a request, or None."""

    def __init__(self, upstream, rule=None, delay=0.0):
        parts = urllib.parse.urlsplit(upstream)
        self.behind, self.rule, self.delay = (parts.hostname, parts.port), rule or (lambda seen: None), delay
        self.requests, self.dead, self.closing = [], False, threading.Event()
        self._active = 0
        self._count, self._lock, self._victim, self._ready, self._own = {}, threading.Lock(), None, threading.Event(), threading.local()
        self.server = Server(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}{parts.path}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()

    def client(self, process):
        """The process that a `kill` is for."""
        self._victim = process
        self._ready.set()

    def kill_client(self):
        assert self._ready.wait(10), "nobody said whom to kill"
        self._victim.send_signal(signal.SIGKILL)

    def again(self, rule=None):
        """Forgets what was seen, for the next client."""
        with self._lock:
            self.requests, self.dead, self._count, self.rule = [], False, {}, rule or (lambda seen: None)
            self._ready.clear()

    def settle(self):
        """Waits until nothing is under way any more, as after a kill."""
        until = time.monotonic() + 30
        while self._active:
            assert time.monotonic() < until, f"requests are under way still\n{self.story()}"
            time.sleep(0.002)

    def story(self):
        """What happened, for the message of a test that failed."""
        return "\n".join(map(str, self.requests))

    def uploaded(self, suffix=""):
        """Bytes of bodies that the server behind has accepted, under names that end so."""
        return sum(s.size for s in self.requests if s.method == "PUT" and s.path.endswith(suffix) and 200 <= s.status < 300 and s.query.get("comp") != "blocklist")

    def upstream(self):
        if not hasattr(self._own, "connection"):
            self._own.connection = http.client.HTTPConnection(*self.behind, timeout=60)
        return self._own.connection

    def _under_way(self, more):
        with self._lock:
            self._active += more

    def _see(self, handler, size):
        parts = urllib.parse.urlsplit(handler.path)
        query = {k: v for k, v in urllib.parse.parse_qsl(parts.query) if k in ("comp", "restype", "blockid", "prefix", "marker")}
        with self._lock:
            asked = (handler.command, parts.path, *sorted(query.items()), handler.headers.get("Range"))
            self._count[asked] = nth = self._count.get(asked, 0) + 1
            seen = Seen(len(self.requests) + 1, nth, handler.command, urllib.parse.unquote(parts.path), query, dict(handler.headers), size)
            self.requests.append(seen)
            seen.fault = Fault("dropped") if self.dead else self.rule(seen)
        return seen

    def _handler(proxy):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def relay(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                if len(body) < length:
                    # The client is gone: a server would not act on half a request.
                    self.close_connection = True
                    return
                proxy._under_way(1)
                try:
                    self.exchange(body)
                finally:
                    proxy._under_way(-1)

            def exchange(self, body):
                seen = proxy._see(self, len(body))
                exchange = Exchange(proxy, self, seen, body)
                if proxy.delay:
                    proxy.closing.wait(proxy.delay)
                try:
                    if seen.fault:
                        KINDS[seen.fault.kind](exchange, seen.fault.value)
                    else:
                        exchange.send(exchange.ask())
                except (OSError, http.client.HTTPException):
                    self.close_connection = True

            do_GET = do_HEAD = do_PUT = do_DELETE = do_POST = do_OPTIONS = relay

            def handle(self):
                try:
                    super().handle()
                except OSError:
                    pass

            def log_message(self, *_):
                pass

        return Handler


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, *_):
        pass


STALL = 3
#: What a day may bring; the client's own patience is `STALL - 2` seconds in these tests.
EVERYDAY = [
    *(Fault("status", code) for code in (429, 500, 503, 408)),
    *(Fault("status", (code, wait)) for code in (429, 503) for wait in (0, 1)),
    *(Fault(kind) for kind in ("reset_before", "lost_answer", "reset_during", "reset_after", "truncated", "flipped_up")),
    *(Fault(kind) for kind in ("whole_for_range", "longer_length", "shorter_length", "wrong_range", "gzipped")),
    *(Fault(kind, STALL) for kind in ("stall_before", "stall_during", "trickle")),
]
#: Slow to pass: seconds each.
SLOW = ("stall_before", "stall_during", "trickle")


class Schedule:
    """Faults by dice: `rate` of the requests go wrong, one in twenty of those by being slow; `choose` narrows the kinds."""

    def __init__(self, seed, rate=0.08, kinds=EVERYDAY):
        self.seed, self.rate = seed, rate
        self.quick = [f for f in kinds if f.kind not in SLOW]
        self.slow = [f for f in kinds if f.kind in SLOW]

    def __call__(self, seen):
        dice = random.Random(f"{self.seed} {seen.method} {seen.path} {sorted(seen.query.items())} {seen.headers.get('Range')} {seen.nth}")
        if dice.random() >= self.rate:
            return None
        return dice.choice(self.slow if self.slow and dice.random() < 0.05 else self.quick)
