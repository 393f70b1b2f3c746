"""Hosts that a stranger may own: each does one rude thing to whoever calls, and knows how many calls it holds."""

import contextlib
import socket
import threading
import time

HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"content-type: image/png\r\ntransfer-encoding: chunked\r\n\r\n"


class Host:
    """A server on loopback; `rude(peer)` gives the bytes to send, a piece at a time."""

    def __init__(self, rude):
        self.rude, self.held, self.called = rude, 0, 0
        self._lock, self._over = threading.Lock(), threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/x.png"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._over.set()
        self._socket.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                peer, _ = self._socket.accept()
                threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer):
        with self._lock:
            self.held += 1
            self.called += 1
        with contextlib.suppress(OSError), peer:
            peer.settimeout(0.02)
            for piece in self.rude():
                if piece:
                    peer.sendall(piece)
                with contextlib.suppress(TimeoutError):
                    while peer.recv(65536):
                        pass
                    break  # it hung up
                if self._over.is_set():
                    break
        with self._lock:
            self.held -= 1


def silence():
    while True:
        yield b""


def header_lines():
    """A header that never ends, a line at a time."""
    yield HEAD
    while True:
        time.sleep(0.05)
        yield b"x-more: 1\r\n"


def interim_answers():
    while True:
        time.sleep(0.05)
        yield b"HTTP/1.1 100 Continue\r\n\r\n"


def chunk_size():
    """The size line of a chunk, a letter at a time."""
    yield CHUNKED + b"1;"
    while True:
        time.sleep(0.05)
        yield b"x"


def body():
    yield HEAD + b"content-length: 100000\r\n\r\n"
    while True:
        time.sleep(0.05)
        yield b"x"


def crumbs():
    """A picture in pieces of one byte, as fast as they are taken."""
    yield CHUNKED
    while True:
        yield b"1\r\nx\r\n" * 2000


RUDE = (silence, header_lines, interim_answers, chunk_size, body)
