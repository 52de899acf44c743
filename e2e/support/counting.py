"""A proxy of plain connections that counts what passes towards the server."""
import select
import socket
import threading


class Counter:
    """`sent` grows by every byte that a client sends; `url` is where it listens."""

    def __init__(self, port):
        self.target = ("127.0.0.1", port)
        self.sent = 0
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._pass, args=(client,), daemon=True).start()

    def _pass(self, client):
        with client, socket.create_connection(self.target) as server:
            while True:
                readable, _, _ = select.select([client, server], [], [])
                for end in readable:
                    try:
                        data = end.recv(1 << 18)
                        if not data:
                            return
                        (server if end is client else client).sendall(data)
                    except OSError:
                        return
                    if end is client:
                        with self.lock:
                            self.sent += len(data)
