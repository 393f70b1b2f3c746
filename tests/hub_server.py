"""Servers on this machine that speak as much of two hubs' APIs as a pull needs to list and fetch files, with the faults
that hubs have: Hugging Face's, for huggingface_hub, and ModelScope's. `Hub.seen` holds what was asked.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import namedtuple
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from processes import LONG

COMMIT = "c0ffee" + "0" * 34
Asked = namedtuple("Asked", "method path token range host cookie", defaults=("",))


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
            with suppress(ConnectionError):  # it has heard enough
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


class ModelScope(Hub):
    """As its own programs and reports of them have it (docs/decisions/0057): the whole status, 200, for a piece of a
    file; what is missing is told under the status 200; large files lie elsewhere. `tells`: changes to the entries of
    the list, by path. `ranges`: whether a piece can be had.
    """

    def __init__(self, repo, files):
        super().__init__(repo, files)
        self.tells, self.ranges, self.status = {}, True, 200

    def fetched(self, method="GET"):
        asked = [parse_qs(urlsplit(one.path).query) for one in self.seen if one.method == method]
        return [one["FilePath"][0] for one in asked if "FilePath" in one]

    def answer(self, request, *, body):
        url, headers = urlsplit(request.path), request.headers
        token, cookie = headers.get("Authorization"), headers.get("Cookie")
        self.seen.append(Asked(request.command, request.path, token, headers.get("Range"), headers.get("Host"), cookie))
        if self.status != 200:
            return self.reply(request, self.status, {}, b"")
        if self.gated and not url.path.startswith("/there/") and cookie != f"m_session_id={self.gated}":
            return self.reply(request, 403, {}, b'{"Code": 403}')
        if url.path == f"/api/v1/models/{self.repo}/repo/files":
            return self.reply(request, 200, {"Content-Type": "application/json"}, json.dumps(self.info()).encode())
        if url.path != f"/api/v1/models/{self.repo}/repo" and not url.path.startswith("/there/"):
            missing = {"Code": 10010205001, "Success": False, "Message": "Not found", "Data": None}
            return self.reply(request, 200, {}, json.dumps(missing).encode())
        name = parse_qs(url.query).get("FilePath", [url.path.removeprefix("/there/")])[0]
        data = self.files[name]
        if len(data) > 1000 and self.elsewhere and not url.path.startswith("/there/"):
            return self.reply(request, 302, {"Location": f"{self.elsewhere.address}/there/{name}"}, b"")
        self.slow.wait(60)
        if self.broken:
            return self.reply(request, 503, {}, b"")
        if name == self.wrong:
            data = b"x" + data[1:]
        start = int(headers["Range"].removeprefix("bytes=").rstrip("-")) if headers.get("Range") and self.ranges else 0
        told = {"Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"} if start else {}
        cut = int(len(data) * self.breaks) if self.breaks and len(data) > 1_000_000 else None
        self.broken = cut is not None
        return self.reply(request, 200, told, data[start:], cut=cut)

    def info(self):
        every = [{"Name": "transformer", "Path": "transformer", "Type": "tree", "Size": 0, "Sha256": ""}]
        for name, data in self.files.items():
            one = {"Name": name.rpartition("/")[2], "Path": name, "Type": "blob", "Mode": "33188", "IsLFS": False}
            one |= {"Size": self.sizes.get(name, len(data)), "Sha256": hashlib.sha256(data).hexdigest()}
            every.append({**one, "Revision": COMMIT, "InCheck": False, **self.tells.get(name, {})})
        return {"Code": 200, "Success": True, "Data": {"Files": every}, "Message": "success", "RequestId": "1"}
