"""The service as real processes, for tests that start, end and kill them: `serve`, `work`, and a client over HTTP."""

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path

import doubles
from vitascope.cli import app as cli
from vitascope.server import local
from vitascope.store.database import Store, file_url

LONG = 120  # seconds until a test gives up; machines are shared


def free_port():
    """One that nothing listens on, for a process that opens it in a moment. Below those that Linux hands out by itself,
    so that no connection made meanwhile gets it.
    """
    while True:
        with closing(socket.socket()) as listener, contextlib.suppress(OSError):
            port = random.SystemRandom().randrange(10_000, 32_000)
            listener.bind(("127.0.0.1", port))
            return port


class Service:
    """One home, database and storage; `serve` and `work` start processes on it, which `close` ends."""

    def __init__(self, folder, database_url="", engine="engines:quick", **settings):
        self.folder, self.engine, self.port, self.started = folder, engine, free_port(), []
        self.url = f"http://127.0.0.1:{self.port}"
        self._cookie = ""
        self.environment = doubles.environment() | {
            "VITASCOPE_HOME": str(folder / "home"),
            "VITASCOPE_DATABASE_URL": database_url,
            **{f"VITASCOPE_{name.upper()}": str(value) for name, value in settings.items()},
        }

    def run(self, *arguments):
        """One command; standard output is a pipe, messages go to a file."""
        command = [sys.executable, "-m", "vitascope", *map(str, arguments)]
        with open(self.folder / f"words-{len(self.started)}", "wb") as words:
            process = subprocess.Popen(
                command, env=self.environment, stdout=subprocess.PIPE, stderr=words, text=True, start_new_session=True
            )
        self.started.append(process)
        return process

    def serve(self, *options, engine=None):
        """Returns when it says that it is ready, with what it said."""
        chosen = ["--engine", engine or self.engine] if (engine or self.engine) != "true" else []
        process = self.run("serve", "--port", self.port, *chosen, *options)
        process.said = []
        for line in process.stdout:
            process.said.append(line.rstrip())
            if "Ctrl-C" in line:
                return process
        raise AssertionError(f"it ended at once: {self.words()}")

    def work(self, *options, engine=None):
        return self.run("work", "--engine", engine or self.engine, *options)

    def get(self, path, method="GET", data=None, **headers):
        body = json.dumps(data).encode() if data is not None else None
        who = {} if "cookie" in headers else {"cookie": self.cookie()}
        headers = {"content-type": "application/json", **who, **headers}
        request = urllib.request.Request(self.url + path, body, headers)
        request.method = method
        with urllib.request.urlopen(request, timeout=LONG) as answer:
            text = answer.read()
        return json.loads(text) if answer.headers.get_content_type() == "application/json" else text

    def link(self):
        """What opens the studio as the owner, as `vitascope studio` makes it."""
        store = Store(self.environment["VITASCOPE_DATABASE_URL"] or file_url(self.folder / "home" / "vitascope.db"))
        try:
            with store.begin() as tx:
                return local.link(tx, self.url, store.clock())
        finally:
            store.close()

    def cookie(self):
        """The owner's, got once, as a browser gets it."""
        if not self._cookie:
            asking = urllib.request.build_opener(_Stay)
            with asking.open(self.link(), timeout=LONG) as answer:
                self._cookie = answer.headers["set-cookie"].partition(";")[0]
        return self._cookie

    def order(self, prompt="a red ball", **more):
        return self.get("/v1/videos", "POST", {"prompt": prompt, "seconds": "1", **more})["id"]

    def video(self, video_id):
        return self.get(f"/v1/videos/{video_id}")

    def words(self):
        return "\n".join(path.read_text(errors="replace")[-3000:] for path in sorted(self.folder.glob("words-*")))

    def close(self):
        for process in self.started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            process.stdout.close()


class _Stay(urllib.request.HTTPRedirectHandler):
    """Goes nowhere else, so that the cookie of the answer is seen."""

    def http_error_303(self, request, answer, code, message, headers):
        return answer


def until(true, what="it", seconds=LONG):
    """Wait until it is so; a server that is away is waited for."""
    ends = time.monotonic() + seconds
    while True:
        try:
            if found := true():
                return found
        except (urllib.error.URLError, ConnectionError, TimeoutError) as error:
            last = error
        else:
            last = None
        assert time.monotonic() < ends, f"{what} did not happen; {last or ''}"
        time.sleep(0.05)


def ended(command, capsys):
    """Exit code and standard error of a command that refuses to begin. `serve` has a process of its own, as it would
    have; the rest run in this one, which starts nothing anew.
    """
    if command[0] == "serve":
        call = [sys.executable, "-m", "vitascope", *command]
        done = subprocess.run(call, env=doubles.environment(), capture_output=True, text=True, timeout=LONG)
        return done.returncode, done.stderr
    return cli.main(command), capsys.readouterr().err


def children(process):
    """Ids of the processes it has started, from whichever thread (Linux)."""
    files = Path(f"/proc/{process.pid}/task").glob("*/children")
    return [int(number) for file in files for number in file.read_text().split()]
