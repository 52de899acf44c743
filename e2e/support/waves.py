"""A server that answers in waves: whoever asks is kept waiting until nobody asks any more, so that the waves are the round trips."""
import threading
import time

from support.http import RangeServer

QUIET = 0.3


class WaveServer(RangeServer):
    """`waves` counts how often a client had to wait for answers before it asked on; only names with `suffix` are held back."""

    def __init__(self, root, suffix=".tif"):
        self.suffix, self.waves, self.last = suffix, 0, 0.0
        self.asked = threading.Condition()
        super().__init__(root)
        # All connections come at once: none of them shall have to knock twice.
        self.server.socket.listen(256)

    def read(self, file, wanted):
        if file.name.endswith(self.suffix):
            self.hold()
        return super().read(file, wanted)

    def hold(self):
        with self.asked:
            mine, self.last = self.waves, time.monotonic()
            while self.waves == mine:
                self.asked.wait(0.05)
                if self.waves == mine and time.monotonic() - self.last > QUIET:
                    self.waves += 1
                    self.asked.notify_all()
