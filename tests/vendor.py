"""A vendor for tests: a server with OpenAI's `/v1/videos` inside this process, which keeps its own book. It takes the
place of the way out of the house, so that all on our side of the wire is real. By chance it loses answers, answers
late, repeats itself, tells lies about states, forgets, and lets whoever called it die.
"""

import json
import random
import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import parse_qs, urlsplit

import numpy as np

from vitascope.media import video
from vitascope.outbound.vendor import CutOff, NotReached

ADDRESS = "https://vendor.example.org/v1"
KEY = "sk-a-key-that-nobody-may-see-4711"


class Killed(BaseException):
    """The process that called is dead from here on."""


@dataclass
class Task:
    id: str
    name: str
    prompt: str
    at: float
    ready_at: float
    fate: str  # done, failed, moderation
    listed_at: float = 0.0
    cancelled: bool = False
    fetched: int = 0
    lied: set = field(default_factory=set)


class Vendor:
    """`faults`: name -> how likely. `around` is called with (moment, request) before and after each request is done;
    it may raise Killed, or let time pass and others act.
    """

    def __init__(self, clock, *, profile="vitascope", seed=0, faults=None, around=lambda moment, what: None):
        self.clock, self.profile, self.chance = clock, profile, random.Random(seed)
        self.faults = faults or {}
        self.around = around
        self.tasks: dict[str, Task] = {}
        self.seen = Counter()
        self.said = []  # all that was sent to it
        self.keys = set()

    def likely(self, fault):
        if self.chance.random() < self.faults.get(fault, 0):
            self.seen[fault] += 1
            return True
        return False

    # the way out of the house

    def ask(self, method, url, *, headers, body, limit_seconds):
        parts = urlsplit(url)
        assert url.startswith(ADDRESS), url
        self.said.append((method, url, dict(headers), body or b""))
        self.keys.add(headers.get("authorization"))
        path = parts.path.removeprefix("/v1")
        what = f"{method} {re.sub(r'task_[0-9]+', '{id}', path)}"
        self.around("before", what)
        if self.likely("unreachable"):
            raise NotReached("vendor.example.org cannot be reached: ConnectionRefusedError.")
        if self.likely("lost before"):
            raise CutOff("vendor.example.org broke off: ReadError.")
        if self.likely("busy"):
            answer = (429, {"retry-after": "7"}, self._error("rate_limit_exceeded", "slower, please"))
        elif self.likely("broken"):
            answer = (500, {}, b"<html>oh")
        else:
            answer = self._answer(method, path, parse_qs(parts.query), headers, body or b"")
        self.around("after", what)
        if self.likely("lost after"):
            raise CutOff("vendor.example.org did not answer within 30 s.")
        if self.likely("late"):
            self.clock.forward(self.chance.choice([20, 100, 900]))
        if self.likely("broken after"):
            return 502, {}, b"bad gateway"
        return answer

    def download(self, url, path, *, home, headers, max_bytes, limit_seconds):
        assert home == ADDRESS
        self.said.append(("GET", url, dict(headers), b""))
        task = self.tasks.get(urlsplit(url).path.split("/")[3])
        self.around("before", "fetch")
        if self.likely("lost before"):
            raise CutOff("vendor.example.org broke off: ReadError.")
        if not task or task.fate != "done" or task.ready_at > self.clock():
            return 404, {}
        if self.likely("no file"):
            return 404, {}
        data = clip_bytes()
        if self.likely("half a file"):
            path.write_bytes(data[: len(data) // 2])
            return 200, {}
        path.write_bytes(data)
        task.fetched += 1
        self.around("after", "fetch")
        return 200, {}

    # what it does

    def _answer(self, method, path, query, headers, body):
        if method == "POST" and path == "/videos":
            return self._create(headers, body)
        if method == "GET" and path == "/videos":
            return self._list(query)
        task = self.tasks.get(path.split("/")[2])
        if not task or self.likely("forgets"):
            return 404, {}, self._error("not_found", "no such video")
        if method == "DELETE":  # made or not
            task.cancelled = True
            return 200, {}, b"{}"
        if task.cancelled and self.profile == "vllm":
            return 404, {}, self._error("not_found", "deleted")
        if path.endswith("/cancel"):
            if task.ready_at > self.clock():
                task.cancelled = True
            return self._shown(task)
        return self._shown(task)

    def _create(self, headers, body):
        told = json.loads(body) if headers["content-type"] == "application/json" else _form(headers, body)
        if "refuse" in told["prompt"]:
            return 400, {}, self._error("bad_spec", f"refused; your key is {headers['authorization']}")
        if "wrong key" in told["prompt"]:
            return 401, {}, self._error("unauthorized", "This key is not known here.")
        key = headers.get("idempotency-key", "")
        known = next((task for task in self.tasks.values() if key and task.name == key), None)
        if known:
            self.seen["asked again"] += 1
            return self._shown(known)
        fate = "done"
        if self.likely("fails"):
            fate = self.chance.choice(["failed", "moderation"])
        id = f"task_{len(self.tasks) + 1}"
        takes = self.chance.choice([5, 30, 200])
        listed = self.clock() + (self.chance.choice([10, 200, 2000]) if self.likely("listed late") else 0)
        self.tasks[id] = Task(
            id, key or str(told.get("prompt")), told["prompt"], self.clock(), self.clock() + takes, fate, listed
        )
        return self._shown(self.tasks[id])

    def _list(self, query):
        listed = [task for task in self.tasks.values() if task.listed_at <= self.clock()]
        rows = sorted(listed, key=lambda task: -int(task.id[5:]))
        after = query.get("after", [""])[0]
        if after:
            rows = rows[[row.id for row in rows].index(after) + 1 :]
        page = rows[:3]  # small, so that pages are turned
        shown = [json.loads(self._shown(row, lies=False)[2]) for row in page]
        return 200, {}, json.dumps({"data": shown, "has_more": len(rows) > 3}).encode()

    def _shown(self, task, lies=True):
        now = self.clock()
        status = "completed" if now >= task.ready_at else "in_progress"
        error = None
        if status == "completed" and task.fate != "done":
            status, error = "failed", {"code": task.fate, "message": "it did not work"}
        if task.cancelled:
            status, error = "failed", {"code": "cancelled", "message": "cancelled"}
        if lies and self.likely("lies") and "status" not in task.lied:
            task.lied.add("status")  # once, or nobody could know
            status = self.chance.choice(["failed", "completed", "a new word", "queued"])
        told = {"id": task.id, "status": status, "progress": 50, "error": error, "prompt": task.prompt}
        told |= {"created_at": task.at, "model": "m", "metadata": {"order": task.name}, "credits": 1.5}
        return 200, {"openai-poll-after-ms": "1000"}, json.dumps(told).encode()

    @staticmethod
    def _error(code, message):
        return json.dumps({"error": {"code": code, "message": message}}).encode()

    def made(self):
        """Tasks that it made and bills."""
        now = self.clock()
        return [
            task for task in self.tasks.values() if task.fate == "done" and not task.cancelled and task.ready_at <= now
        ]


def _form(headers, body):
    mark = headers["content-type"].partition("boundary=")[2]
    found = {}
    for part in body.split(f"--{mark}".encode())[1:-1]:
        head, _, value = part.strip(b"\r\n").partition(b"\r\n\r\n")
        name = re.search(rb'name="([^"]+)"', head)[1].decode()
        found[name] = value.decode("utf-8", "replace")
    return found


@cache
def clip_bytes(frames=9, size=(64, 64), fps=16):
    """A small clip that plays."""
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        with video.writing(path, *size, fps=fps) as writer:
            for number in range(frames):
                frame = np.full((size[1], size[0], 3), 40, np.uint8)
                frame[10:30, 2 * number : 2 * number + 20] = (200, 40, 40)
                writer.write(frame)
        return path.read_bytes()
