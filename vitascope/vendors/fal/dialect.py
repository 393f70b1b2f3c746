"""fal's queue: POST to the model's own path, then follow the addresses that the answer gave. Any path of two segments
or more is a model's, so these routes come last, and at the root only for callers with fal's own kind of key. Pure.

A failed request is COMPLETED there; asking for its result tells why. A synchronous call (fal.run) lies under /run.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

from vitascope.errors import VitascopeError
from vitascope.vendors import host_inputs
from vitascope.vendors.api import Call, Dialect, Reply, Route
from vitascope.vendors.callback import Callback, Message, Secrets
from vitascope.vendors.common import iso, sentence
from vitascope.vendors.fal import ed25519
from vitascope.vendors.fal import storage as fal_storage
from vitascope.vendors.fields import text
from vitascope.vendors.id_formats import UUID
from vitascope.vendors.request import Asked
from vitascope.vendors.view import Fault, View

PREFIX = "/fal"
HOLD_SECONDS = 600.0  # of a synchronous call; the server bounds it besides
NAMESPACES = ("workflows", "comfy")  # an app's path has one more segment there
#: Paths at the root that belong to others, whatever key comes with them.
RESERVED = ("v1", "v1beta", "v1beta1", "v2", "api", "openapi", "proxy", "files", "upload", "account", "customers")
_TYPES = {
    "not_signed_in": "unauthorized",
    "not_allowed": "forbidden",
    "not_enough_credits": "insufficient_credits",
    "too_many": "rate_limited",
    "not_found": "not_found",
    "unknown_model": "app_not_found",
    "cancelled": "client_cancelled",
    "unavailable": "runner_scheduling_failure",
    "missing_extra": "feature_not_supported",
}
_OF_FIELDS = {
    "bad_picture": "image_load_error",
    "bad_clip": "file_download_error",
    "policy_refused": "content_policy_violation",
    "not_supported": "feature_not_supported",
    "too_large": "file_too_large",
}
_STATUS = {"input": 422, "auth": 403, "quota": 402, "safety_input": 422, "safety_output": 422, "internal": 500}


def is_ours(call: Call) -> bool:
    """At the root: a key of fal's kind, and no path of another house."""
    if call.prefix:
        return True
    return claims(call.path, call.headers)


def claims(path: str, headers: Mapping[str, str]) -> bool:
    scheme = headers.get("authorization", "").partition(" ")[0].lower()
    return scheme == "key" and path.strip("/").partition("/")[0] not in RESERVED


def app_of(call: Call) -> str:
    """The model's path: "fal-ai/wan/v2.2-a14b/text-to-video"."""
    return f"{call.params['owner']}/{call.params['app'].strip('/')}"


def short_app(model: str) -> str:
    """What the addresses of a request are made of: owner and app, without what comes behind them."""
    parts = model.split("/")
    return "/".join(parts[: 3 if parts[0] in NAMESPACES else 2])


def parse(call: Call) -> Asked:
    model, told_to = app_of(call), text(call.query, "fal_webhook", limit=2000).strip()
    if told_to:
        ed25519.require()
    return host_inputs.read(call.fields, model, callback_url=told_to)


def submitted(call: Call, view: View) -> Reply:
    return Reply(200, {**_urls(call, view, app_of(call)), **_status(view)})


def status(call: Call, view: View) -> Reply:
    logs = _logs(view) if call.query.get("logs", "").lower() in ("1", "true") else None
    urls = _urls(call, view, app_of(call))
    told: dict[str, Any] = {**_status(view), "logs": logs, **urls}
    if view.done:
        told["metrics"] = {"inference_time": _seconds(view)}
    if view.state in ("failed", "cancelled"):
        fault = view.error or Fault("internal", "failed", "It could not be made.")
        told |= {"error": fault.message, "error_type": _type_of(fault)}
    return Reply(200 if view.done else 202, told)


def result(call: Call, view: View) -> Reply:
    """The model's own output, or what went wrong."""
    if view.state == "succeeded":
        return Reply(200, output(view), {"x-fal-request-id": view.handle})
    if not view.done:
        return Reply(400, {"detail": "Request is still in progress"}, {"x-fal-request-id": view.handle})
    return _failed(view)


def cancelled(call: Call, view: View) -> Reply:
    if view.state in ("succeeded", "failed"):
        return Reply(400, {"status": "ALREADY_COMPLETED"})
    return Reply(202, {"status": "CANCELLATION_REQUESTED"})


def at_once(call: Call, view: View) -> Reply:
    """The answer to a synchronous call: the output, or 504 when it is not there in time."""
    if view.done:
        return result(call, view)
    told = {"detail": "Request timed out", "error_type": "request_timeout", "request_id": view.handle}
    return Reply(504, told, {"x-fal-error-type": "request_timeout", "x-fal-request-id": view.handle})


def output(view: View) -> dict[str, Any]:
    takes = [take for take in view.takes or (view,) if take.state == "succeeded"]
    if view.is_still:
        images = [
            {
                "url": take.image_url,
                "width": take.width,
                "height": take.height,
                "content_type": "image/png",
                "file_name": f"{view.handle}-{number}.png",
            }
            for number, take in enumerate(takes)
        ]
        return {"images": images, "seed": view.seed, "prompt": view.prompt, "timings": {"inference": _seconds(view)}}
    files = [
        {
            "url": take.url,
            "content_type": "video/mp4",
            "file_name": f"{view.handle}.mp4" if number == 0 else f"{view.handle}-{number}.mp4",
            "file_size": take.bytes,
            "width": take.width,
            "height": take.height,
            "fps": take.fps,
            "duration": take.seconds,
            "num_frames": take.frames,
        }
        for number, take in enumerate(takes)
    ]
    told: dict[str, Any] = {"video": files[0] if files else None, "seed": view.seed, "prompt": view.prompt}
    if len(files) > 1:
        told["videos"] = files
    if view.notes:
        told["notes"] = list(view.notes)
    return told


def fail(error: VitascopeError, call: Call | None) -> Reply:
    """What is wrong with the input is a list of fields; all else is one sentence and a type."""
    told, field = sentence(error), error.field
    if error.status in (400, 413, 422) and error.code != "unknown_model":
        kind = _OF_FIELDS.get(error.code, "value_error")
        loc = ["body", *field.split(".")] if field else ["body"]
        status = 413 if error.status == 413 else 422
        headers = {"x-fal-error-type": kind, "x-fal-retryable": "false"}
        return Reply(status, {"detail": [{"loc": loc, "msg": told, "type": kind}]}, headers)
    kind = _TYPES.get(error.code, "internal_server_error" if error.status >= 500 else error.code)
    headers = {"x-fal-error-type": kind, "x-fal-retryable": str(error.status in (429, 503)).lower()}
    return Reply(error.status, {"detail": told, "error_type": kind}, headers)


def write(view: View, state: str, secrets: Secrets, id: str, now: float) -> Message:
    """The output or the error, signed with ED25519 over ids, time and the body's hash; the key is at /.well-known."""
    good = view.state == "succeeded"
    fault = view.error or Fault("internal", "failed", "It could not be made.")
    told = {
        "request_id": view.handle,
        "gateway_request_id": view.handle,
        "status": "OK" if good else "ERROR",
        "payload": output(view) if good else _failed(view).body,
        "error": None if good else fault.message,
    }
    body = json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode()
    at, user = str(int(now)), sha256(secrets.plain.encode()).hexdigest()[:16]  # the account, told to no other
    headers = {"X-Fal-Webhook-Request-Id": view.handle, "X-Fal-Webhook-User-Id": user, "X-Fal-Webhook-Timestamp": at}
    covered = "\n".join((view.handle, user, at, sha256(body).hexdigest())).encode()
    headers["X-Fal-Webhook-Signature"] = ed25519.sign(secrets.seed, covered).hex()
    return Message(body, headers)


def keys(call: Call, secrets: Secrets) -> Reply:
    """The public key that callbacks can be checked with."""
    return Reply(200, {"keys": [ed25519.jwk(secrets.seed)]})


def _logs(view: View) -> list[dict[str, Any]]:
    """What was made otherwise than asked."""
    at = iso(view.created)
    return [{"message": note, "level": "INFO", "source": "USER", "timestamp": at} for note in view.notes]


def _status(view: View) -> dict[str, Any]:
    if view.state == "queued":
        return {"status": "IN_QUEUE", "queue_position": max(0, (view.queue_position or 1) - 1)}
    return {"status": "IN_PROGRESS" if view.state == "running" else "COMPLETED"}


def _urls(call: Call, view: View, model: str) -> dict[str, str]:
    here = f"{call.base}/{short_app(model)}/requests/{view.handle}"
    return {
        "request_id": view.handle,
        "response_url": here,
        "status_url": f"{here}/status",
        "cancel_url": f"{here}/cancel",
    }


def _failed(view: View) -> Reply:
    fault = view.error or Fault("internal", "failed", "It could not be made.")
    told = sentence(fault)
    kind = _type_of(fault)
    headers = {"x-fal-error-type": kind, "x-fal-request-id": view.handle, "x-fal-retryable": "false"}
    if view.state == "cancelled":
        return Reply(499, {"detail": told, "error_type": kind}, headers)
    status = _STATUS[fault.category]
    if status == 422:
        return Reply(422, {"detail": [{"loc": ["body"], "msg": told, "type": kind}]}, headers)
    return Reply(status, {"detail": told, "error_type": kind}, headers)


def _type_of(fault: Fault) -> str:
    if fault.category in ("safety_input", "safety_output"):
        return "content_policy_violation"
    return {**_TYPES, **_OF_FIELDS}.get(
        fault.code, "value_error" if fault.category == "input" else "internal_server_error"
    )


def _seconds(view: View) -> float:
    return round(max(0.0, view.finished - view.started), 3) if view.finished and view.started else 0.0


def _routes() -> tuple[Route, ...]:
    fixed = (
        Route(
            method="POST",
            path="/run/{owner}/{app:path}",
            does="create",
            name="run and wait",
            parse=parse,
            show=at_once,
            match=is_ours,
            hold=lambda call: HOLD_SECONDS,
        ),
        *fal_storage.ROUTES,
        Route(
            method="GET",
            path="/.well-known/jwks.json",
            does="secret",
            name="public key of callbacks",
            show=keys,
            open=True,
        ),
    )
    requests: list[Route] = []
    kinds: tuple[tuple[str, str, Any, str, Callable[..., Reply]], ...] = (
        ("GET", "/status", "get", "status", status),
        ("GET", "/status/stream", "stream", "status, streamed", status),
        ("GET", "/response", "get", "result, by its older path", result),
        ("GET", "", "get", "result", result),
        ("PUT", "/cancel", "cancel", "cancel", cancelled),
        ("POST", "/cancel", "cancel", "cancel", cancelled),
    )
    for method, end, does, name, show in kinds:
        path = f"/{{owner}}/{{app:path}}/requests/{{id}}{end}"
        requests.append(Route(method=method, path=path, does=does, name=name, show=show, match=is_ours, catch_all=True))
    submit = Route(
        method="POST",
        path="/{owner}/{app:path}",
        does="create",
        name="submit",
        parse=parse,
        show=submitted,
        match=is_ours,
        catch_all=True,
    )
    return (*fixed, *requests, submit)


DIALECT = Dialect(
    name="fal",
    title="fal queue",
    prefix=PREFIX,
    routes=_routes(),
    fail=fail,
    claims=claims,
    skin=UUID,
    upload_skin=UUID,
    callback=Callback(write, states=("succeeded", "failed", "cancelled"), attempts=10),
    snippet="""\
import fal_client  # the SDK has https built in, so an http address is set by hand
fal_client.client.QUEUE_URL_FORMAT = "{base}/fal/"
client, model = fal_client.SyncClient(key="{key}"), "fal-ai/wan/v2.2-a14b/text-to-video"
request = client.submit(model, arguments={"prompt": "a red ball bounces on snow"})
print(request.get()["video"]["url"])
""",
    sdk="fal-client",
    base="/fal",
    ignored=("enable_safety_checker", "enable_prompt_expansion", "prompt_optimizer", "cfg_scale", "shift",
             "acceleration", "video_quality", "video_write_mode", "sync_mode"),
    aliases=("fal-ai/*", "*/text-to-video", "*/image-to-video", "*/extend-video", "*/text-to-image"),
    docs="https://docs.fal.ai",
)  # fmt: skip
