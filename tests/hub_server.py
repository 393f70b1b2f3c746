"""A server on this machine that speaks as much of the hub's API as huggingface_hub needs to list and fetch files, with
the faults that hubs have. `Hub.seen` holds what was asked.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import namedtuple
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from processes import LONG

COMMIT = "c0ffee" + "0" * 34
Asked = namedtuple("Asked", "method path token range host")


class Hub:
    """`files`: path -> bytes; those over 1000 bytes are large files with a SHA-256. `elsewhere`: another `Hub` that
    large files are redirected to. `breaks`: a share of a large file after which the connection ends, and after which
    the hub answers 503 until it is set to None. `wrong`: a path whose bytes are others than announced.
    """

    def __init__(self, repo, files):
        self.repo, self.files, self.seen = repo, files, []
        self.gated = self.breaks = self.elsewhere = self.wrong = None
        self.broken, self.slow, self.sizes = False, threading.Event(), {}
        self.slow.set()
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args):
                pass

            def do_GET(self):
                hub.answer(self, body=True)

            def do_HEAD(self):
                hub.answer(self, body=False)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *error):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def fetched(self, method="GET"):
        """Paths of files that were asked for, without the repository and the commit."""
        return [one.path.split(f"{COMMIT}/")[1] for one in self.seen if one.method == method and COMMIT in one.path]

    def answer(self, request, *, body):
        method = "GET" if body else "HEAD"
        path = request.path.partition("?")[0]
        headers = request.headers
        self.seen.append(
            Asked(method, request.path, headers.get("Authorization"), headers.get("Range"), headers.get("Host"))
        )
        if path.startswith("/api/models/"):
            known = path in (f"/api/models/{self.repo}", f"/api/models/{self.repo}/revision/main")
            if not known:
                return self.reply(request, 404, {"X-Error-Code": "RepoNotFound"}, b"{}")
            return self.reply(request, 200, {"Content-Type": "application/json"}, json.dumps(self.info()).encode())
        if self.gated and headers.get("Authorization") != f"Bearer {self.gated}":
            return self.reply(request, 403, {"X-Error-Code": "GatedRepo"}, b"", body=body)
        name = path.split(f"/resolve/{COMMIT}/")[-1].removeprefix("/there/")
        if name not in self.files:
            return self.reply(request, 404, {"X-Error-Code": "EntryNotFound"}, b"", body=body)
        data, (tag, _) = self.files[name], self.hashes(name)
        told = {"X-Repo-Commit": COMMIT, "ETag": f'"{tag}"', "X-Linked-ETag": f'"{tag}"', "Accept-Ranges": "bytes"}
        if len(data) > 1000 and self.elsewhere and not path.startswith("/there/"):
            told |= {"X-Linked-Size": str(len(data)), "Location": f"{self.elsewhere.address}/there/{name}"}
            return self.reply(request, 302, told, b"", body=body)
        if not body:
            return self.reply(request, 200, told, data, body=False)
        self.slow.wait(LONG)
        if self.broken:
            return self.reply(request, 503, {}, b"")
        if name == self.wrong:
            data = b"x" + data[1:]
        start = int(headers["Range"].removeprefix("bytes=").rstrip("-")) if headers.get("Range") else 0
        if start:
            told["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        if self.breaks and len(data) > 1_000_000:
            self.broken = True
            return self.reply(request, 200, told, data, cut=int(len(data) * self.breaks))
        return self.reply(request, 206 if start else 200, told, data[start:])

    def reply(self, request, status, headers, data, *, body=True, cut=None):
        request.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **headers}.items():
            request.send_header(name, value)
        request.end_headers()
        if body:
            request.wfile.write(data[:cut])
        if cut is not None:
            request.close_connection = True

    def hashes(self, name):
        data = self.files[name]
        git = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
        return (hashlib.sha256(data).hexdigest(), True) if len(data) > 1000 else (git, False)

    def info(self):
        every = []
        for name, data in self.files.items():
            tag, large = self.hashes(name)
            size = self.sizes.get(name, len(data))
            one = {"rfilename": name, "size": size, "blobId": "0" * 40 if large else tag}
            if large:
                one["lfs"] = {"sha256": tag, "size": size, "pointerSize": 100}
            every.append(one)
        told = {"id": self.repo, "sha": COMMIT, "siblings": every, "gated": "manual" if self.gated else False}
        return {**told, "private": False, "disabled": False, "tags": [], "downloads": 0, "likes": 0}
