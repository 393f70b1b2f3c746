"""We are the client of a ComfyUI. An order is a workflow with its marked inputs filled, queued under our own name as
its prompt_id, by which it is found again. Pure: requests out, answers in.

What the answers look like was recorded from ComfyUI 0.3.64. Three things there call for care: a queued prompt is in no
history until it has ended; queue and history are forgotten when it is started anew; the same prompt_id may be queued
twice, so an order is looked for before it is sent again.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vitascope.clip import Picture
from vitascope.vendors.client import Answer, Refused, Request, Seen, Steps, TaskOrder, Ticket, Unclear
from vitascope.vendors.comfy.workflow import Graph, Workflow, called

FOLDER = "vitascope"  # of our files, in its folders of inputs and outputs
MOST_FILES = 2_000  # of a clip that comes as single pictures
LISTEN_SECONDS = 1.5
MOST_BYTES = 512 * 2**20
_KINDS = ("videos", "video", "gifs", "images")  # where a node lists its files, clips before pictures
_CLIPS = (".mp4", ".webm", ".mov", ".mkv", ".gif", ".webp", ".apng")
_PLACE = re.compile(r"(?<![\w:/])(?:[A-Za-z]:[\\/]|/)(?:[^\s'\"/\\]+[\\/])+")  # folders of the machine it runs on


@dataclass(frozen=True)
class Client:
    """`out`: the node whose files are the clip."""

    workflow: Workflow
    out: str

    def submit(self, order: TaskOrder) -> Steps[Ticket]:
        values = self.values(order)
        for mark, picture in (("image", order.spec.image), ("last_image", order.spec.last_image)):
            if picture:
                values[mark] = yield from _upload(picture)
        graph = self.workflow.filled(values)
        saved = graph[self.out]["inputs"]
        if isinstance(saved.get("filename_prefix"), str):  # a name of its own, so that nothing cached answers for it
            saved["filename_prefix"] = f"{FOLDER}/{order.name}"
        told = {"prompt": graph, "client_id": order.name, "prompt_id": order.name}
        answer = yield Request(method="POST", path="/prompt", json=told, paid=True)
        said = answer.json()
        if not answer.is_good:
            raise _refusal(answer, graph)
        id = said.get("prompt_id") if isinstance(said, dict) else None
        if not isinstance(id, str) or not id:
            raise Unclear("it answered without a prompt_id")
        ticket = self._ticket(id, order)
        if self.out in _without(said.get("node_errors")):  # the rest is queued all the same
            yield from self.cancel(ticket)
            raise Refused("input", _nodes(said["node_errors"], graph))
        return ticket

    def poll(self, tickets: Sequence[Ticket]) -> Steps[list[Seen]]:
        found = []
        for ticket in tickets:
            found.append((yield from self._look(ticket)))
        return found

    def fetch(self, ticket: Ticket) -> Steps[None]:
        """Several downloads where the clip comes as single pictures."""
        ended = yield from _history(ticket.handle)
        files = _files(ended, self.out) if ended else [ticket.facts["file"]] if ticket.facts.get("file") else []
        if not files:
            raise Refused("fault", "it has forgotten its result")
        size = 0
        for number, file in enumerate(files[:MOST_FILES]):
            answer = yield Request(method="GET", path=_view(file), download=True, part=number)
            if answer.status in (400, 403, 404):
                raise Refused("fault", f"its result is gone ({answer.status})")
            if answer.status != 200:
                raise Unclear(f"it answered {answer.status} when its result was fetched")
            length = answer.headers.get("content-length", "")
            size += int(length) if length.isascii() and length.isdigit() else 0
            if size > MOST_BYTES:
                raise Refused("fault", f"its result has more than {MOST_BYTES >> 20} MiB")

    def cancel(self, ticket: Ticket) -> Steps[bool]:
        """Takes it from the queue; interrupts it only when it is the one that runs."""
        answer = yield Request(method="POST", path="/queue", json={"delete": [ticket.handle]})
        if not answer.is_good:
            raise Unclear(f"it answered {answer.status} when an order was taken back")
        running, _ = yield from _queue()
        if ticket.handle in running:
            answer = yield Request(method="POST", path="/interrupt", json={"prompt_id": ticket.handle})
        return answer.is_good

    def find(self, order: TaskOrder, taken: frozenset[str]) -> Steps[Ticket | None]:
        ticket = self._ticket(order.name, order)
        seen = yield from self._look(ticket)
        return None if seen.state == "gone" else ticket

    def values(self, order: TaskOrder) -> dict[str, Any]:
        """What the marked inputs get, but pictures. Raises Refused for what this workflow cannot be told."""
        spec, shape, marks = order.spec, order.shape, self.workflow.marks
        cannot = [
            name
            for name, given in (
                ("extend", spec.extend), ("references", spec.references), ("camera", spec.camera),
                ("loras", spec.loras), ("preset", spec.preset), ("options", spec.options),
                ("negative_prompt", spec.negative_prompt and "negative" not in marks),
                ("image", spec.image and "image" not in marks),
                ("last_image", spec.last_image and "last_image" not in marks),
            )
            if given
        ]  # fmt: skip
        if cannot:
            raise Refused("input", f"its workflow has no input for {', '.join(cannot)}")
        for mark, picture in (("image", spec.image), ("last_image", spec.last_image)):
            if mark in marks and not picture:
                raise Refused("input", f"its workflow needs {mark}")
        fps = float(shape.fps)
        told = {
            "prompt": spec.prompt, "negative": spec.negative_prompt or None, "seed": spec.seed, "width": shape.width,
            "height": shape.height, "frames": shape.frames, "fps": int(fps) if fps.is_integer() else fps,
            "steps": shape.steps or None, "guidance": shape.guidance,
        }  # fmt: skip
        return {mark: value for mark, value in told.items() if mark in marks and value is not None}

    def _ticket(self, id: str, order: TaskOrder) -> Ticket:
        facts: dict[str, Any] = {"fps": str(order.shape.fps)}
        if self.workflow.graph[self.out]["class_type"] == "SaveVideo":  # so it is called, also when it is forgotten
            facts["file"] = {"filename": f"{order.name}_00001_.mp4", "subfolder": FOLDER, "type": "output"}
        return Ticket(id, facts)

    def _look(self, ticket: Ticket) -> Steps[Seen]:
        """The history before the queue, for it is small; and again after it, in case it ended in between."""
        id = ticket.handle
        ended = yield from _history(id)
        if not ended:
            running, waiting = yield from _queue()
            if id in running:
                return Seen(state="running", progress=(yield from self._progress(id)))
            if id in waiting:
                return Seen(state="queued")
            ended = yield from _history(id)
        if ended:
            return self._seen(ended)
        if file := ticket.facts.get("file"):
            answer = yield Request(method="GET", path=_view(file), headers={"range": "bytes=0-63"})
            if answer.status == 206:
                return Seen(state="done", progress=1.0)
        return Seen(state="gone")

    def _progress(self, id: str) -> Steps[float]:
        """By the steps of its nodes; one that has not begun counts as one step. 0: nothing was said now."""
        answer = yield Request(method="GET", path=f"/ws?clientId={_quoted(id)}", listen=LISTEN_SECONDS)
        told, done = answer.json(), 0.0
        for text in told if isinstance(told, list) else []:
            done = max(done, _share(text, id, len(self.workflow.before(self.out))))
        return done

    def _seen(self, ended: Mapping[str, Any]) -> Seen:
        status = ended.get("status")
        status = status if isinstance(status, dict) else {}
        if status.get("status_str") == "success":
            if _files(ended, self.out):
                return Seen(state="done", progress=1.0)
            return Seen(state="failed", message=f"{called(self.workflow.graph, self.out)} gave no file")
        for kind, data in reversed(_messages(status)):
            if kind == "execution_interrupted":
                return Seen(state="cancelled")
            if kind == "execution_error":
                node, type = str(data.get("node_id")), str(data.get("node_type"))
                where = f"{type} (node {node})"
                said = str(data.get("exception_message") or data.get("exception_type")).strip()
                return Seen(state="failed", message=f"{where}: {_unplaced(said)}")
        return Seen(state="failed", message="it does not say why")


def _share(text: Any, id: str, count: int) -> float:
    """0 to 1, of a message that tells how far the nodes are; `count`: how many there are."""
    try:
        said = json.loads(text)
        nodes = said["data"]["nodes"] if said["type"] == "progress_state" and said["data"]["prompt_id"] == id else {}
        steps = [(float(node["value"]), float(node["max"])) for node in nodes.values()]
    except (ValueError, TypeError, KeyError, AttributeError):
        return 0.0
    whole = sum(most for _, most in steps) + max(0, count - len(steps))
    return min(max(sum(value for value, _ in steps) / whole, 0.0), 1.0) if whole > 0 else 0.0


def _upload(picture: Picture) -> Steps[str]:
    """What the picture is called there. By its content, so that it is kept once."""
    name = f"{hashlib.sha256(picture.png).hexdigest()[:32]}.png"
    form: dict[str, str | tuple[str, bytes, str]] = {
        "subfolder": FOLDER,
        "type": "input",
        "overwrite": "true",
        "image": (name, picture.png, "image/png"),
    }
    answer = yield Request(method="POST", path="/upload/image", form=form)
    if answer.status == 413:
        raise Refused("input", "a picture is too large for it")
    if answer.status >= 500 or answer.status in (408, 429):
        raise Refused("limit", f"it answered {answer.status} to a picture")
    told = answer.json()
    if not answer.is_good or not isinstance(told, dict) or not isinstance(told.get("name"), str):
        raise Refused("auth" if answer.status in (401, 403) else "fault", f"it answered {answer.status} to a picture")
    subfolder = str(told.get("subfolder") or "").strip("/")
    return f"{subfolder}/{told['name']}" if subfolder else told["name"]


def _queue() -> Steps[tuple[set[str], set[str]]]:
    """The ids of what runs and of what waits."""
    answer = yield Request(method="GET", path="/queue")
    told = answer.json()
    if not answer.is_good or not isinstance(told, dict):
        raise Unclear(f"it answered {answer.status} when its queue was asked for")

    def ids(rows: Any) -> set[str]:
        rows = rows if isinstance(rows, list) else []
        return {str(row[1]) for row in rows if isinstance(row, list) and len(row) > 1}

    return ids(told.get("queue_running")), ids(told.get("queue_pending"))


def _history(id: str) -> Steps[dict[str, Any] | None]:
    """None: it waits, it runs, or it is not known."""
    answer = yield Request(method="GET", path=f"/history/{_quoted(id)}")
    told = answer.json()
    if not answer.is_good or not isinstance(told, dict):
        raise Unclear(f"it answered {answer.status} when a prompt was asked for")
    entry = told.get(id)
    return entry if isinstance(entry, dict) else None


def _files(ended: Mapping[str, Any], out: str) -> list[Mapping[str, str]]:
    """A clip, or else the pictures of which it is made. A name that leads out of its folder is none."""
    outputs = ended.get("outputs")
    listed = outputs.get(out) if isinstance(outputs, dict) else None
    listed = listed if isinstance(listed, dict) else {}
    files = [file for kind in _KINDS for file in _listed(listed.get(kind))]
    clips = [file for file in files if file["filename"].lower().endswith(_CLIPS)]
    return clips[:1] or files


def _listed(rows: Any) -> Iterator[Mapping[str, str]]:
    for row in rows if isinstance(rows, list) else []:
        if not isinstance(row, dict):
            continue
        name, subfolder, kind = row.get("filename"), row.get("subfolder", ""), row.get("type", "output")
        if not all(isinstance(part, str) for part in (name, subfolder, kind)) or not name:
            continue
        parts = re.split(r"[/\\]", subfolder)
        if re.search(r"[/\\]", name) or ".." in (name, *parts) or subfolder[:1] in ("/", "\\") or ":" in subfolder:
            continue
        yield {"filename": name, "subfolder": subfolder, "type": kind}


def _view(file: Mapping[str, str]) -> str:
    return "/view?" + "&".join(f"{name}={_quoted(value)}" for name, value in file.items())


def _quoted(text: str) -> str:
    """As part of a path or a query: whatever could end it is quoted."""
    return "".join(
        chr(byte) if byte < 128 and (chr(byte).isalnum() or byte in b"-_.~") else f"%{byte:02X}"
        for byte in text.encode("utf-8", "replace")
    )


def _messages(status: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    rows = status.get("messages")
    rows = rows if isinstance(rows, list) else []
    return [
        (str(row[0]), row[1]) for row in rows if isinstance(row, list) and len(row) == 2 and isinstance(row[1], dict)
    ]


def _without(errors: Any) -> set[str]:
    """The outputs that are not made because of these errors."""
    found: set[str] = set()
    for id, one in errors.items() if isinstance(errors, dict) else ():
        depend = one.get("dependent_outputs") if isinstance(one, dict) else None
        found |= {id, *(str(out) for out in depend if isinstance(depend, list))} if depend else {id}
    return found


def _nodes(errors: Mapping[str, Any], graph: Graph) -> str:
    """ "EmptyImage (node 2): Value -5 smaller than min of 1 (width)"."""
    found = []
    for id, one in errors.items():
        for error in one.get("errors") or [] if isinstance(one, dict) else []:
            if isinstance(error, dict):
                details = f" ({error['details']})" if error.get("details") else ""
                found.append(f"{called(graph, id)}: {error.get('message')}{details}")
    return _unplaced("; ".join(found))


def _refusal(answer: Answer, graph: Graph) -> Exception:
    told = answer.json()
    told = told if isinstance(told, dict) else {}
    error, errors = told.get("error"), told.get("node_errors")
    error = error if isinstance(error, dict) else {"message": error} if isinstance(error, str) else {}
    said = _nodes(errors, graph) if isinstance(errors, dict) else ""
    details = f" ({error['details']})" if error.get("details") else ""
    message = said or _unplaced(f"{error.get('message') or f'it answered {answer.status}'}{details}")
    if answer.status == 429 or answer.status == 503:
        return Refused("limit", message, wait=answer.seconds("retry-after"))
    if answer.status in (401, 403):
        return Refused("auth", message)
    if 300 <= answer.status < 400:
        return Refused("fault", f"it leads somewhere else ({answer.status}); its address is not quite right")
    if answer.status in (400, 404, 405, 413, 422):
        return Refused("input" if answer.status == 400 else "fault", message)
    return Unclear(f"{answer.status}: {message}")


def _unplaced(text: str) -> str:
    """Without the folders of the machine where it runs."""
    return _PLACE.sub("", text)
