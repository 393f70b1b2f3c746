"""Replicate's predictions: a model by its owner and name (or a version), and an `input` whose fields are the model's
own. A call may be held open until the end (`Prefer: wait`). Pure.

The SDK's `run` goes on polling after such a call only while the answer says "starting"; it takes "processing" for the
end. So a held call whose time is over says "starting", as Replicate's own does.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from typing import Any

from vitascope.errors import VitascopeError
from vitascope.outbound import standard_webhooks
from vitascope.vendors import host_inputs
from vitascope.vendors.api import Balance, Call, Dialect, Listing, Page, Reply, Route
from vitascope.vendors.callback import Callback, Message, Secrets
from vitascope.vendors.common import iso, sentence
from vitascope.vendors.fields import bad, structure, text
from vitascope.vendors.id_formats import HEX
from vitascope.vendors.replicate import files as replicate_files
from vitascope.vendors.replicate import models as replicate_models
from vitascope.vendors.request import Asked
from vitascope.vendors.view import View

PREFIX = "/replicate"
STATUS = {
    "queued": "starting",
    "running": "processing",
    "succeeded": "succeeded",
    "failed": "failed",
    "cancelled": "canceled",
}
EVENTS = {"start": ("running",), "output": ("succeeded",), "logs": ("running",),
          "completed": ("succeeded", "failed", "cancelled")}  # fmt: skip
HOLD_SECONDS = 60  # what `Prefer: wait` means; the SDK hangs up half a second later
PAGE = 100
_TITLES = {
    401: "Unauthenticated",
    402: "Insufficient credit",
    403: "Permission denied",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    413: "Payload too large",
    415: "Unsupported media type",
    422: "Input validation failed",
    429: "Too many requests",
}
_VERSION = re.compile(r"[0-9a-f]{32,64}")


def claims(path: str, headers: Mapping[str, str]) -> bool:
    return bool(re.match(r"/v1/(predictions|deployments)(/|$)|/v1/models/[^/]+/[^/]+/(predictions|versions)", path))


def parse(call: Call) -> Asked:
    """What a prediction asks for. A version that is a hash says nothing of its model, so the usual one makes it."""
    fields = call.fields
    given = structure(fields, "input")
    if not isinstance(given, Mapping):
        raise bad("input", "input is missing.", 'For example {"input": {"prompt": "a red ball bounces on snow"}}.')
    model, notes = _model(call)
    asked = host_inputs.read(
        given,
        model,
        callback_url=text(fields, "webhook", "webhook_completed", limit=2000).strip(),
        callback_states=_states(fields),
    )
    return Asked(**{**vars(asked), "notes": (*asked.notes, *notes)})


def created(call: Call, view: View) -> Reply:
    """201; held open, and not done in time, it says "starting"."""
    told = prediction(call, view)
    if hold(call) and not view.done:
        return Reply(202, {**told, "status": "starting"})
    return Reply(201, told)


def shown(call: Call, view: View) -> Reply:
    return Reply(200, prediction(call, view))


def prediction(call: Call, view: View) -> dict[str, Any]:
    here = f"{call.base}/v1/predictions/{view.handle}"
    owner, _, version = view.asked_model.partition(":")
    seconds = view.finished - view.started if view.finished and view.started else None
    metrics = {"predict_time": round(seconds, 3), "total_time": round(view.finished - view.created, 3)} if (
        seconds is not None and view.finished) else {}  # fmt: skip
    return {
        "id": view.handle,
        "model": owner or view.model,
        "version": version or view.model,
        "input": {"prompt": view.prompt, **view.echo},
        "logs": _logs(view),
        "output": _output(view),
        "data_removed": False,
        "error": sentence(view.error) if view.error else None,
        "source": "api",
        "status": STATUS[view.state],
        "created_at": iso(view.created),
        "started_at": iso(view.started),
        "completed_at": iso(view.finished),
        "metrics": metrics,
        "urls": {"get": here, "cancel": f"{here}/cancel", "web": view.url or here},
    }


def listing(call: Call) -> Listing:
    return Listing(limit=PAGE, after=_cursor(call.query.get("cursor", "")))


def listed(call: Call, views: list[View], page: Page) -> Reply:
    following = f"{call.base}/v1/predictions?cursor={_pointed(views[-1].handle)}" if page.has_more and views else None
    told = {"previous": None, "next": following, "results": [prediction(call, view) for view in views]}
    return Reply(200, told)


def secret(call: Call, secrets: Secrets) -> Reply:
    return Reply(200, {"key": secrets.webhook})


def account(call: Call, balance: Balance) -> Reply:
    name = balance.account_id
    return Reply(200, {"type": "user", "username": name, "name": name, "github_url": None, "avatar_url": None})


def fail(error: VitascopeError, call: Call | None) -> Reply:
    """A problem with title, detail and status; what is wrong with a field names it."""
    told = sentence(error)
    status = 422 if error.status == 400 else error.status
    body: dict[str, Any] = {"title": _TITLES.get(status, "Internal server error"), "detail": told, "status": status}
    if field := error.field:
        name = field if field in ("input", "version", "webhook") else f"input.{field}"
        body["invalid_fields"] = [{"type": error.code, "field": name, "description": told}]
    if status == 429:
        body["retry_after"] = max(1, round(getattr(error, "retry_after", 1.0)))
    return Reply(status, body)


def write(view: View, state: str, secrets: Secrets, id: str, now: float) -> Message:
    """The prediction, signed as Standard Webhooks have it."""
    call = Call(base=view.origin)
    body = json.dumps(prediction(call, view), separators=(",", ":"), ensure_ascii=False).encode()
    return Message(body, standard_webhooks.headers(secrets.webhook, id, int(now), body))


def hold(call: Call) -> float:
    """How long `Prefer: wait` or `wait=N` holds the answer open."""
    found = re.search(r"\bwait\b(?:\s*=\s*(\d{1,3}))?", call.headers.get("prefer", ""))
    if not found:
        return 0.0
    return float(max(0, min(int(found[1] or HOLD_SECONDS), HOLD_SECONDS) - 1))


def _model(call: Call) -> tuple[str, tuple[str, ...]]:
    """(the model as it was asked for, notes)."""
    named = "/".join(call.params[part] for part in ("owner", "name") if part in call.params)
    asked = text(call.fields, "version", limit=300).strip()
    if named:
        return (f"{named}:{asked}" if asked and not _VERSION.fullmatch(asked) else named), ()
    if not asked:
        raise bad("version", "version is missing.", "A version's id, or owner/name.")
    if _VERSION.fullmatch(asked):
        return "", (f"Version {asked[:12]} is of a model that is not here; the usual one makes it.",)
    return asked.partition(":")[0], ()


def _states(fields: Mapping[str, Any]) -> tuple[str, ...]:
    wanted = structure(fields, "webhook_events_filter")
    if wanted is None:
        return ()
    if not isinstance(wanted, list) or not all(event in EVENTS for event in wanted):
        raise bad("webhook", "webhook_events_filter must be a list of events.", f"Of {', '.join(EVENTS)}.")
    return tuple(dict.fromkeys(state for event in wanted for state in EVENTS[event]))


def _output(view: View) -> Any:
    takes = [take for take in view.takes or (view,) if take.state == "succeeded"]
    links = [take.image_url if take.is_still else take.url for take in takes]
    if view.state != "succeeded" or not links:
        return None
    return links if len(links) > 1 else links[0]


def _logs(view: View) -> str:
    """What was decided otherwise than asked, and how far it is, in the form in which the SDK reads progress."""
    lines = list(view.notes)
    if view.started and view.steps:
        done = round(view.progress * view.steps)
        bar = "█" * round(10 * view.progress)
        lines.append(f"{round(100 * view.progress)}%|{bar:<10}| {done}/{view.steps}")
    return "\n".join(lines)


def _cursor(text: str) -> str:
    """The handle in a cursor; empty without one."""
    try:
        handle = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii")
    except ValueError:
        handle = ""
    if text and not HEX.read(handle):
        raise bad("cursor", "This is not a cursor of this server.", "Follow `next` of the page before.")
    return handle


def _pointed(handle: str) -> str:
    return base64.urlsafe_b64encode(handle.encode()).decode().rstrip("=")


_ROUTES = (
    Route(
        method="POST",
        path="/v1/models/{owner}/{name}/predictions",
        does="create",
        name="predict with a model",
        parse=parse,
        show=created,
        hold=hold,
    ),
    Route(
        method="POST",
        path="/v1/deployments/{owner}/{name}/predictions",
        does="create",
        name="predict with a deployment",
        parse=parse,
        show=created,
        hold=hold,
    ),
    Route(
        method="POST",
        path="/v1/predictions",
        does="create",
        name="predict with a version",
        parse=parse,
        show=created,
        hold=hold,
    ),
    Route(method="GET", path="/v1/predictions/{id}", does="get", name="get", show=shown),
    Route(method="POST", path="/v1/predictions/{id}/cancel", does="cancel", name="cancel", show=shown),
    Route(method="GET", path="/v1/predictions", does="list", name="list", parse=listing, show=listed),
    Route(
        method="GET",
        path="/v1/webhooks/default/secret",
        does="secret",
        name="secret of callbacks",
        show=secret,
    ),
    Route(method="GET", path="/v1/account", does="balance", name="account", show=account, root=False),
    Route(
        method="POST",
        path="/v1/trainings",
        does="refuse",
        name="training",
        refused="be trained from here",
        hint="`vitascope train` trains models.",
    ),
)

DIALECT = Dialect(
    name="replicate",
    title="Replicate",
    prefix=PREFIX,
    routes=(*_ROUTES, *replicate_files.ROUTES, *replicate_models.ROUTES),
    fail=fail,
    claims=claims,
    callback=Callback(write),
    snippet="""\
import replicate
client = replicate.Client(api_token="{key}", base_url="{base}")
output = client.run("wan-video/wan-2.2-t2v-fast", input={"prompt": "a red ball bounces on snow"})
print(output)  # the address of the mp4
""",
    sdk="replicate",
    base="",
    ignored=("disable_safety_checker", "prompt_optimizer", "go_fast", "output_format", "output_quality", "cfg_scale",
             "optimize_prompt", "enhance_prompt", "sample_shift", "interpolate_output"),
    aliases=("wan-video/*", "kwaivgi/*", "minimax/*", "google/veo-*", "bytedance/seedance-*", "luma/ray*",
             "pixverse/*", "openai/sora*", "runwayml/*", "lightricks/*", "tencent/hunyuan-video*", "leonardoai/*",
             "wavespeedai/*", "xai/grok-imagine-video*", "black-forest-labs/flux*", "google/imagen*"),
    docs="https://replicate.com/docs/reference/http",
)  # fmt: skip
