"""What Google's three ways of asking for a clip share: Veo's request, pictures in all their forms, the form of errors,
and the notice that a clip is done. Pure.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from typing import Any

from vitascope.errors import NotSupported, TooMany, VitascopeError
from vitascope.outbound import standard_webhooks
from vitascope.vendors import size_tiers
from vitascope.vendors.api import Call, Earlier, Reply, Uploaded
from vitascope.vendors.callback import Message, Secrets
from vitascope.vendors.common import echo, inner, refuse, sentence, sound
from vitascope.vendors.fields import Fields, bad, number, structure, text, whole
from vitascope.vendors.google.files import FILE_SKIN, file_id, stamp
from vitascope.vendors.request import Asked
from vitascope.vendors.view import Fault, View

USUAL_SECONDS = 8.0
_CANNOT = {
    "referenceImages": "take reference pictures",
    "mask": "paint into a masked part of a clip",
    "storageUri": "write to Google Cloud Storage",
    "pubsubTopic": "tell a Pub/Sub topic",
}
_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    402: "FAILED_PRECONDITION",  # RESOURCE_EXHAUSTED would make clients try again
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "UNIMPLEMENTED",
    409: "ABORTED",
    413: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
}
_RPC_CODES = {"input": 3, "auth": 7, "quota": 8, "safety_input": 3, "safety_output": 3, "internal": 13}  # google.rpc


def fail(error: VitascopeError, call: Call | None) -> Reply:
    """Google's error. What is wrong with the content of a request is 400 there, never 422."""
    status = 400 if error.status in (415, 422) else error.status
    code = _STATUS.get(status, "INTERNAL" if status >= 500 else "INVALID_ARGUMENT")
    details: list[dict[str, Any]] = [
        {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": error.code.upper(), "domain": "vitascope"}
    ]
    words = sentence(error)
    if field := error.field:
        violation = {"field": field, "description": words}
        details.append({"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]})
    if isinstance(error, TooMany):
        delay = {"retryDelay": f"{error.retry_after:g}s"}
        details.append({"@type": "type.googleapis.com/google.rpc.RetryInfo", **delay})
    return Reply(status, {"error": {"code": status, "message": words, "status": code, "details": details}})


def failed(fault: Fault | None) -> dict[str, Any]:
    """Why an operation failed: a google.rpc.Status."""
    if not fault:
        return {"code": 13, "message": "It could not be made."}
    code = 1 if fault.code == "cancelled" else _RPC_CODES[fault.category]
    return {"code": code, "message": sentence(fault)}


def outcome(view: View) -> tuple[list[View], list[Fault]]:
    """The takes that succeeded, and the faults of those that a rule refused."""
    good = [take for take in view.takes if take.state == "succeeded"]
    return good, [take.error for take in view.takes if take.error and take.error.category.startswith("safety")]


def veo(call: Call) -> Asked:
    """A body of `predictLongRunning`: one instance and its parameters."""
    instances = structure(call.fields, "instances")
    if not isinstance(instances, list) or len(instances) != 1 or not isinstance(instances[0], Mapping):
        raise bad("instances", "instances is not a list of one object.", 'For example [{"prompt": "a red ball"}].')
    instance, parameters = instances[0], inner(call.fields, "parameters")
    refuse(instance, _CANNOT)
    refuse(parameters, _CANNOT)
    image, last = picture(instance.get("image"), "image"), picture(instance.get("lastFrame"), "lastFrame")
    extend = clip(instance.get("video"), "video")
    prompt = text(instance, "prompt")
    if not (prompt.strip() or image or extend):
        raise bad("prompt", "The prompt is empty.", 'Say what to show, for example "a red ball bounces on snow".')
    aspect, tier = text(parameters, "aspectRatio", limit=20), text(parameters, "resolution", limit=20)
    size, aspect, notes = size_tiers.read(tier, aspect, pictured=bool(image or last))
    hook = inner(call.fields, "webhookConfig")
    return Asked(
        prompt=prompt,
        negative_prompt=text(parameters, "negativePrompt"),
        model=call.params.get("model", ""),
        seconds=number(parameters, "durationSeconds") or USUAL_SECONDS,
        size=None if extend else size,
        aspect="" if extend else aspect,
        seed=whole(parameters, "seed"),
        image=image,
        last_image=last,
        extend=extend,
        n=whole(parameters, "sampleCount") or 1,
        operation="predictLongRunning",
        callback_url=callback_url(hook),
        metadata={"user_metadata": hook["userMetadata"]} if hook.get("userMetadata") else {},
        echo=echo(parameters),
        sound_flag=sound(parameters, "generateAudio"),
        notes=notes,
    )


def picture(given: Any, name: str) -> Any:
    """A picture in any of Google's forms: bytes, inline data, or a file's address."""
    if given in (None, "", {}):
        return None
    if isinstance(given, str):
        return _file(given)
    if not isinstance(given, Mapping):
        raise bad(name, f"{name} is not an object.", 'For example {"bytesBase64Encoded": "...", "mimeType": "..."}.')
    inline = given.get("inlineData") or given.get("inline_data")
    found = given.get("bytesBase64Encoded") or given.get("imageBytes") or given.get("data")
    if isinstance(inline, Mapping):
        found = inline.get("data")
    address = given.get("uri") or given.get("fileUri") or given.get("url")
    if given.get("gcsUri") or (isinstance(address, str) and address.startswith("gs://")):
        raise NotSupported(f"{name} lies in Google Cloud Storage, which is not read from here.", hint="Send its bytes.")
    found = found or (_file(address) if isinstance(address, str) else None)
    if not found:
        raise bad(name, f"{name} has neither bytes nor an address.", "Send bytesBase64Encoded, or uri.")
    return found


def clip(given: Any, name: str) -> Any:
    """A clip to be continued: an earlier result, a file, or bytes."""
    if isinstance(given, Mapping) and given.get("encodedVideo"):
        given = {"data": given["encodedVideo"]}
    return picture(given, name)


def _file(address: str) -> Any:
    """What an address means: one of our files, by its name or its whole address, or anything else that is called."""
    if address.startswith("gs://"):
        raise NotSupported("Google Cloud Storage is not read from here.", hint="Send the bytes.")
    if "://" in address and not re.search(r"/v1(beta1?)?/files/", address):
        return address
    handle = file_id(address)
    if not handle:
        return address
    return Uploaded(handle) if FILE_SKIN.read(handle) else Earlier(handle)


def callback_url(hook: Fields) -> str:
    uris = hook.get("uris")
    uris = [uris] if isinstance(uris, str) else uris or []
    if not isinstance(uris, list) or not all(isinstance(uri, str) for uri in uris):
        raise bad(
            "webhookConfig", "The uris of the webhook must be a list of addresses.", 'For example ["https://..."].'
        )
    if len(uris) > 1:
        raise bad("webhookConfig", f"{len(uris)} addresses were given for the notice.", "One is called.")
    return uris[0] if uris else ""


def notice(view: View, kind: str, id: str, secrets: Secrets, message_id: str, now: float, **more: Any) -> Message:
    """A thin message with the account's secret over it, as Standard Webhooks are signed."""
    data = {"id": id, **more, **view.metadata}
    body = {"type": kind, "version": "v1", "timestamp": stamp(now), "data": data}
    sent = json.dumps(body).encode()
    return Message(sent, standard_webhooks.headers(secrets.webhook, message_id, int(now), sent))


def inlined(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
