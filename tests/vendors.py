"""What the tests of dialects share: a call and a job as plain data, and every error that a caller can meet."""

import contextlib
import dataclasses
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from vitascope.errors import (
    BadPicture,
    BadSpec,
    Conflict,
    NotAllowed,
    NotEnoughCredits,
    NotFound,
    NotSignedIn,
    NotSupported,
    PolicyRefused,
    TooLarge,
    TooMany,
    Unavailable,
    UnknownModel,
)
from vitascope.server.errors import inside, made
from vitascope.vendors.api import Call
from vitascope.vendors.fields import bad
from vitascope.vendors.view import Fault, View

ID = "0192f3a4b5c6d7e8f9012345"
T = 1_800_000_000.0

#: HTTP status -> an error that has it.
ERRORS = {
    400: BadSpec("The prompt is empty.", hint="Say what to show."),
    401: NotSignedIn("No key was sent.", hint="Send one."),
    402: NotEnoughCredits(500, 100),
    403: NotAllowed("This account may not do that.", hint="Ask the operator of this server."),
    404: NotFound('There is no task "x".', hint="It was deleted."),
    405: made(405, "method_not_allowed", "/x does not take PUT.", "GET"),
    409: Conflict("The task is queued.", hint="Wait."),
    413: TooLarge("More than 96 MB was sent.", hint="Send less."),
    415: made(415, "unsupported_media_type", "A body of text/html is not read.", "Send JSON."),
    422: NotSupported("No model here can move lips.", hint="Leave it out."),
    429: TooMany("Too many requests.", hint="Wait.", retry_after=7.0),
    500: inside(ValueError("x")),
    503: Unavailable("The blobs do not answer.", hint="Try again."),
}
FIELD = bad("seed", 'seed must be an integer, got "x".', "For example 7.")
REFUSED = PolicyRefused("A rule refuses this.", hint="Say it otherwise.", rule="no-blood", field="prompt")
PICTURE = BadPicture("The picture cannot be read.", hint="Send PNG.")
UNKNOWN = UnknownModel("x", ["vitascope-nano"])


def call(fields=None, /, *, base="http://here", **given):
    return Call(fields=fields or {}, base=base, now=T, **given)


def view(skin, state="queued", **given):
    """A job of one second in this state, its id in this skin."""
    started = {} if state == "queued" else {"started": T + 1}
    made = {
        "queued": {"queue_position": 3},
        "running": {"progress": 0.5},
        "succeeded": {
            "progress": 1.0,
            "finished": T + 3,
            "url": "http://here/files/ball.mp4",
            "image_url": "http://here/files/first.png",
            "bytes": 1000,
        },
        "failed": {"finished": T + 3, "error": Fault("internal", "failed", "It broke.", "Try again.")},
        "cancelled": {"finished": T + 3, "error": Fault("input", "cancelled", "It was cancelled.")},
    }[state]
    shape = {"width": 352, "height": 192, "seconds": 1.0, "frames": 17, "seed": 7, "steps": 4, "credits": 2.0}
    plain = {"model": "vitascope-nano", "prompt": "a ball", "created": T, "updated": T, "origin": "http://here"}
    one = View(ID, skin.show(ID), state, **{**plain, **shape, **started, **made, **given})
    return one if "takes" in given else dataclasses.replace(one, takes=(one,))


@contextlib.contextmanager
def receiving(answer=lambda body: b""):
    """(a URL, what came there as (headers, body)). `answer(body)`: the bytes that are said to it."""
    came = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            came.append((dict(self.headers), body))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answer(body))

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook", came
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def answering(answers):
    """(a URL, what came there as (method, path, headers, body)) of a server that answers each path, without its query,
    with (status, JSON or bytes); with 404 where there is none. `answers` may be changed meanwhile.
    """
    came = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self):
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            came.append((self.command, self.path, headers, body))
            status, told = answers.get(self.path.partition("?")[0], (404, {}))
            sent = told if isinstance(told, bytes) else json.dumps(told).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        do_GET = do_POST = answer

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", came
    finally:
        server.shutdown()
        server.server_close()
