"""A ComfyUI for tests: it answers as 0.3.64 did (`recorded/comfyui-0.3.64.json`), which test_comfyui compares. It runs
no node; a prompt takes as long as its slow nodes say. It can stand in for the way out of the house, with a clock that
a test moves, or serve real HTTP.
"""

import copy
import io
import json
import re
import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import av
import numpy as np
from PIL import Image

from vitascope.outbound.vendor import CutOff, NotReached

RECORDED = json.loads((Path(__file__).parent / "recorded" / "comfyui-0.3.64.json").read_text("utf-8"))
SCENES = {scene["scene"]: scene for scene in RECORDED["scenes"]}
ADDRESS = "http://10.0.0.5:8188"
BROKEN = (
    500,
    {"content-type": "text/plain; charset=utf-8"},
    b"500 Internal Server Error\n\nServer got itself in trouble",
)
#: Not recorded; ComfyUI has it since 0.3.30 (comfy_extras/nodes_primitive.py).
TEXT = {"input": {"required": {"value": ["STRING", {"multiline": False}]}}, "output": ["STRING"], "output_node": False}


def whole(value):
    """A recorded body with its graphs written out, as `about.graphs` there says."""
    if isinstance(value, list):
        return [whole(one) for one in value]
    if isinstance(value, str):
        return value.replace("{ROOT}", "/srv/comfy")
    if not isinstance(value, dict):
        return value
    if "$graph" not in value:
        return {key: whole(one) for key, one in value.items()}
    graph = copy.deepcopy(RECORDED["graphs"][value["$graph"]])
    for path in value.get("$remove", []):
        *way, last = path.split("/")
        table = graph
        for key in way:
            table = table[key]
        del table[last]
    for path, new in value.get("$set", {}).items():
        *way, last = path.split("/")
        table = graph
        for key in way:
            table = table[key]
        table[last] = new
    return graph


@cache
def refusals():
    """Graph, as text -> what it was answered, when that was not simply its id."""
    found = {}
    for scene in ("bad-prompts", "accepted-in-part"):
        for one in SCENES[scene]["http"]:
            sent, got = one.get("request", {}), one.get("response", {})
            sends = sent.get("path") == "/prompt" and isinstance(sent.get("json"), dict) and "json" in got
            if sends and (got["status"] == 400 or got["json"].get("node_errors")):
                found[json.dumps(whole(sent["json"]).get("prompt"))] = got["status"], whole(got["json"])
    return found


@dataclass
class Prompt:
    id: str
    number: int
    graph: dict
    extra: dict
    outs: list
    takes: float
    began: float | None = None
    interrupted: bool = False


class ComfyUI:
    """`faults`: words of what goes wrong with the next request to a path ("lost after /prompt"), each once.
    `failing`: (node, message) of prompts that end so. `sounding`: its clips have sound.
    """

    def __init__(self, clock=time.time, slow=0.35):
        self.clock, self.slow = clock, slow
        self.queue, self.history, self.files, self.infos = [], {}, {}, infos()
        self.number = self.made = 0
        self.faults, self.failing, self.errors, self.sounding = [], None, None, False
        self.heard = {}
        self.count = Counter()  # of runs, by prompt_id
        self.said, self.headers = [], []
        self.lock = threading.RLock()

    def restart(self):
        self.queue, self.history, self.number = [], {}, 0

    # the way out of the house

    def ask(self, method, url, *, headers, body, limit_seconds):
        assert url.startswith(ADDRESS), url
        what = urlsplit(url).path
        if self._fault(f"unreachable {what}"):
            raise NotReached("10.0.0.5:8188 cannot be reached: ConnectionRefusedError.")
        if self._fault(f"lost before {what}"):
            raise CutOff("10.0.0.5:8188 broke off: ReadError.")
        answer = self.answer(method, url.removeprefix(ADDRESS), headers, body or b"")
        if self._fault(f"lost after {what}"):
            raise CutOff("10.0.0.5:8188 did not answer within 30 s.")
        return answer

    def download(self, url, path, *, home, headers, max_bytes, limit_seconds):
        status, told, body = self.answer("GET", url.removeprefix(ADDRESS), headers, b"")
        if status == 200:
            path.write_bytes(body)
        return status, told

    def listen(self, url, *, headers, seconds):
        """What is said of the one that runs: `heard`, a list of (value, max) by node."""
        id = parse_qs(urlsplit(url).query)["clientId"][0]
        nodes = {node: {"value": value, "max": most, "state": "running"} for node, (value, most) in self.heard.items()}
        said = {"type": "progress_state", "data": {"prompt_id": id, "nodes": nodes}}
        return ["oh", '{"type": "status"}', json.dumps(said)]

    def _fault(self, what):
        if what in self.faults:
            self.faults.remove(what)
            return True
        return False

    # what it does

    def answer(self, method, target, headers, body):
        with self.lock:
            self.said.append((method, target))
            self.headers.append(dict(headers))
            self._run()
            path, query = urlsplit(target).path, parse_qs(urlsplit(target).query, keep_blank_values=True)
            get = {
                "/system_stats": self._stats, "/prompt": self._waits, "/queue": self._queued,
                "/history": lambda: told(self.history), "/view": lambda: self._view(query, headers),
            }  # fmt: skip
            post = {"/prompt": self._prompt, "/queue": self._delete, "/interrupt": self._interrupt}
            if method == "GET" and path in get:
                return get[path]()
            if method == "GET" and path.startswith("/history/"):
                id = unquote(path.removeprefix("/history/"))
                return told({id: self.history[id]} if id in self.history else {})
            if method == "GET" and path.startswith("/object_info/"):
                name = unquote(path.removeprefix("/object_info/"))
                return told({name: self.infos[name]} if name in self.infos else {})
            if method == "POST" and path == "/upload/image":
                return self._upload(headers, body)
            if method == "POST" and path in post:
                try:
                    return post[path](json.loads(body))
                except (ValueError, TypeError, AttributeError):
                    return BROKEN
            return 404, {}, b""

    def _stats(self):
        return told(whole(SCENES["empty-server"]["http"][0]["response"]["json"]))

    def _waits(self):
        return told({"exec_info": {"queue_remaining": len(self.queue)}})

    def _queued(self):
        rows = [[one.number, one.id, one.graph, one.extra, one.outs] for one in self.queue]
        return told({"queue_running": rows[:1], "queue_pending": rows[1:]})

    def _prompt(self, data):
        graph, number = data["prompt"], self.number
        self.number += 1
        status, errors = self.errors or refusals().get(json.dumps(graph), (200, {}))
        errors = errors.get("node_errors", {}) if status == 200 else errors
        if status != 200:
            return told(errors, status)
        missing = next((id for id, node in graph.items() if node["class_type"] not in self.infos), None)
        if missing:
            message = f"Cannot execute because node {graph[missing]['class_type']} does not exist."
            error = {"type": "invalid_prompt", "message": message, "details": f"Node ID '#{missing}'", "extra_info": {}}
            return told({"error": error, "node_errors": {}}, 400)
        for node in graph.values():  # as it keeps them
            if "filename_prefix" in node["inputs"]:
                node["inputs"]["filename_prefix"] = str(node["inputs"]["filename_prefix"])
        outs = [id for id, node in graph.items() if self.infos[node["class_type"]].get("output_node")]
        takes = 0.1 + self.slow * sum(node["class_type"] == "ImageScale" for node in graph.values())
        id, extra = str(data.get("prompt_id")), {"client_id": data["client_id"]} if "client_id" in data else {}
        self.queue.append(Prompt(id, number, graph, extra, [out for out in outs if out not in errors], takes))
        self._run()
        return told({"prompt_id": id, "number": number, "node_errors": errors})

    def _delete(self, data):
        for id in data.get("delete", []):
            self.queue.remove(next(one for one in self.queue[1:] if one.id == id)) if id in self._waiting() else None
        if data.get("clear"):
            self.queue = self.queue[:1]
        return 200, {}, b""

    def _waiting(self):
        return [one.id for one in self.queue[1:]]

    def _interrupt(self, data):
        if self.queue and data.get("prompt_id", self.queue[0].id) == self.queue[0].id:
            self.queue[0].interrupted = True
        return 200, {}, b""

    def _run(self):
        """All that has ended by now."""
        now = self.clock()
        while self.queue:
            one = self.queue[0]
            one.began = now if one.began is None else one.began
            if not one.interrupted and now < one.began + one.takes:
                return
            self.queue.pop(0)
            self.history[one.id] = self._ended(one)
            if self.queue:
                self.queue[0].began = min(now, one.began + one.takes)

    def _ended(self, one):
        self.count[one.id] += 1
        start = ["execution_start", {"prompt_id": one.id, "timestamp": 0}]
        messages = [start, ["execution_cached", {"nodes": [], "prompt_id": one.id, "timestamp": 0}]]
        outputs, last = {}, {"prompt_id": one.id, "timestamp": 0}
        if one.interrupted:
            kind = "execution_interrupted"
            last |= {"node_id": "2", "node_type": "ImageScale", "executed": []}
        elif self.failing:
            kind, (node, message) = "execution_error", self.failing
            last |= {"node_id": node, "node_type": one.graph[node]["class_type"], "exception_message": message}
        else:
            kind = "execution_success"
            outputs = {out: self._saved(one.graph, out) for out in one.outs}
        status = "success" if kind == "execution_success" else "error"
        return {
            "prompt": [one.number, one.id, one.graph, one.extra, one.outs],
            "outputs": outputs,
            "status": {"status_str": status, "completed": status == "success", "messages": [*messages, [kind, last]]},
            "meta": {},
        }

    def _saved(self, graph, out):
        node = graph[out]
        empty = next(one["inputs"] for one in graph.values() if one["class_type"] == "EmptyImage")
        size, frames = (empty["width"], empty["height"]), count(graph, out)
        subfolder, _, stem = node["inputs"].get("filename_prefix", "ComfyUI_temp").rpartition("/")
        kind = "temp" if node["class_type"] == "PreviewImage" else "output"
        if node["class_type"] == "SaveVideo":
            fps = next(one["inputs"]["fps"] for one in graph.values() if one["class_type"] == "CreateVideo")
            return {"images": [self._file(kind, subfolder, stem, "mp4", clip(graph, frames, size, fps, self.sounding))],
                    "animated": [True]}  # fmt: skip
        return {"images": [self._file(kind, subfolder, stem, "png", png(size)) for _ in range(frames)]}

    def _file(self, kind, subfolder, stem, ending, data):
        number = 1
        while (kind, subfolder, f"{stem}_{number:05}_.{ending}") in self.files:
            number += 1
        name = f"{stem}_{number:05}_.{ending}"
        self.files[kind, subfolder, name] = data
        return {"filename": name, "subfolder": subfolder, "type": kind}

    def _view(self, query, headers):
        name, subfolder = query["filename"][0], query.get("subfolder", [""])[0]
        if name.startswith("/") or ".." in name:
            return 400, {}, b""
        if subfolder.startswith("/") or ".." in subfolder:
            return 403, {}, b""
        data = self.files.get((query.get("type", ["output"])[0], subfolder, name))
        if data is None:
            return 404, {}, b""
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", headers.get("range", ""))
        part = data[int(asked[1]) : int(asked[2]) + 1] if asked else data
        return 206 if asked else 200, {"content-length": str(len(part))}, part

    def _upload(self, headers, body):
        fields = form(headers, body)
        if "image" not in fields or not isinstance(fields["image"], tuple):
            return (500 if "image" in fields else 400), {}, b""
        name, data = fields["image"]
        subfolder, kind = fields.get("subfolder", ""), fields.get("type", "input")
        if ".." in name or ".." in subfolder or subfolder.startswith("/"):
            return 400, {}, b""
        if not name or "/" in name or kind not in ("input", "temp", "output"):
            return BROKEN
        place, number = subfolder.strip("/"), 0
        stem, dot, ending = name.rpartition(".")
        while fields.get("overwrite") not in ("true", "1") and self.files.get((kind, place, name), data) != data:
            number += 1
            name = f"{stem} ({number}){dot}{ending}"
        self.files[kind, place, name] = data
        return told({"name": name, "subfolder": subfolder, "type": kind})


def count(graph, id):
    """How many pictures come to this node."""
    node = graph[id]
    if node["class_type"] == "EmptyImage":
        return node["inputs"]["batch_size"]
    sources = [value[0] for name, value in node["inputs"].items() if isinstance(value, list) and name != "audio"]
    return sum(count(graph, source) for source in sources) or 1


def infos():
    """What each recorded node class takes."""
    found = {"PrimitiveString": TEXT, "ImageScale": {"input": {}, "output_node": False}}
    for one in SCENES["empty-server"]["http"]:
        if one["request"]["path"].startswith("/object_info/"):
            found |= one["response"]["json"]
    return found


def told(data, status=200):
    return status, {"content-type": "application/json; charset=utf-8"}, json.dumps(data).encode()


def form(headers, body):
    mark = headers.get("content-type", "").partition("boundary=")[2]
    found = {}
    for part in body.split(f"--{mark}".encode())[1:-1] if mark else []:
        head, _, value = part.removeprefix(b"\r\n").removesuffix(b"\r\n").partition(b"\r\n\r\n")
        name = re.search(rb' name="([^"]+)"', head)[1].decode()
        file = re.search(rb'filename="([^"]*)"', head)
        found[name] = (file[1].decode(), value) if file else value.decode()
    return found


def clip(graph, frames, size, fps, sound=False):
    """An mp4 that carries the graph, as SaveVideo writes it."""
    data = io.BytesIO()
    with av.open(data, "w", format="mp4", options={"movflags": "use_metadata_tags"}) as box:
        box.metadata["prompt"] = json.dumps(graph)
        stream = box.add_stream("libx264", rate=Fraction(fps).limit_denominator(1001))
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        heard = box.add_stream("aac", rate=44_100) if sound else None
        for number in range(frames):
            shown = np.full((size[1], size[0], 3), 40 + 5 * (number % 40), np.uint8)
            box.mux(stream.encode(av.VideoFrame.from_ndarray(shown, format="rgb24")))
        box.mux(stream.encode(None))
        if heard:
            samples = np.zeros((1, round(44_100 * frames / fps)), np.float32)
            frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
            frame.sample_rate = 44_100
            box.mux(heard.encode(frame))
            box.mux(heard.encode(None))
    return data.getvalue()


@cache
def png(size):
    data = io.BytesIO()
    Image.new("RGB", size, "red").save(data, "PNG")
    return data.getvalue()


def length(data):
    return bytes([len(data)]) if len(data) < 126 else b"\x7e" + len(data).to_bytes(2, "big")


@contextmanager
def served(server):
    """Its address, while it answers over HTTP."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            if headers.get("upgrade") == "websocket":
                return self.speak()
            status, said, data = server.answer(self.command, self.path, headers, body)
            self.send_response(status)
            for name, value in {**said, "content-length": str(len(data))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        do_POST = do_GET

        def speak(self):
            self.wfile.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n")
            previews = b"\x82\x04\0\0\0\1"  # a binary message
            said = [text.encode() for text in server.listen(self.path, headers={}, seconds=0)]
            frames = [b"\x81" + length(text) + text for text in said[:-1]]
            half = len(said[-1]) // 2  # in two parts, with a ping between
            first, rest = said[-1][:half], said[-1][half:]
            last = b"\x01" + length(first) + first + b"\x89\0" + b"\x80" + length(rest) + rest
            self.wfile.write(b"".join([previews, *frames, last]))
            self.close_connection = True

        def log_message(self, *words):
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=http.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{http.server_port}"
    finally:
        http.shutdown()
        http.server_close()
