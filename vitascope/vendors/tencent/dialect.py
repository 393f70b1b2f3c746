"""Tencent Cloud's video actions (product `vclm`): every call is `POST /`, named by a header and signed with an
access/secret pair (TC3). Answers and errors come with HTTP 200, wrapped in {"Response": ...}.

Its actions wrap the APIs of other vendors (Hunyuan's own, Kling's, Vidu's) in names with capitals; each has one to
submit and one to describe.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from vitascope.errors import NotFound, PolicyRefused, TooMany, UnknownModel, VitascopeError
from vitascope.vendors import cameras, signatures, size_tiers
from vitascope.vendors.api import Call, Dialect, Earlier, Reply, Route, Signed
from vitascope.vendors.callback import Callback, Message, Secrets
from vitascope.vendors.common import echo, inner, many, refuse, sentence, sound
from vitascope.vendors.fields import Fields, bad, flag, number, text, whole
from vitascope.vendors.id_formats import DECIMAL
from vitascope.vendors.request import Asked
from vitascope.vendors.view import View

VERSION = "2024-05-23"
STATUS = {"queued": "WAIT", "running": "RUN", "succeeded": "DONE", "failed": "FAIL", "cancelled": "FAIL"}
_AUTH = {
    signatures.MISSING: "AuthFailure.InvalidAuthorization",
    signatures.MALFORMED: "AuthFailure.InvalidAuthorization",
    signatures.EXPIRED: "AuthFailure.SignatureExpire",
    signatures.MISMATCH: "AuthFailure.SignatureFailure",
}
_CODES = {
    400: "InvalidParameterValue",
    402: "ResourceInsufficient",
    403: "UnauthorizedOperation",
    404: "FailedOperation.JobNotFound",
    405: "UnsupportedProtocol",
    409: "FailedOperation",
    413: "RequestSizeLimitExceeded",
    415: "UnsupportedProtocol",
    422: "InvalidParameter",
    429: "RequestLimitExceeded",
}
_FAULTS = {
    "safety_input": "FailedOperation.ModerationFailed",
    "safety_output": "FailedOperation.ModerationFailed",
    "input": "InvalidParameterValue",
    "auth": "UnauthorizedOperation",
    "quota": "ResourceInsufficient",
}
_CANNOT = {
    "Bgm": "make sound",
    "VoiceId": "make sound",
    "VoiceList": "make voices",
    "ElementList": "keep elements",
    "StaticMask": "take a mask",
    "DynamicMasks": "take a motion brush",
    "MultiShot": "cut between several shots",
    "MultiPrompt": "cut between several shots",
}
_REFUSED = {
    "ReferenceToVideoVidu": "take reference pictures",
    "MotionControlKling": "take a motion from another clip",
    "VideoEditKling": "change a given clip",
    "TemplateToVideo": "fill a template",
    "HumanActor": "make a person speak",
    "PortraitSing": "make a picture sing",
    "VideoFaceFusion": "put a face on a clip",
}


def who(call: Call) -> Signed | None:
    return signatures.tc3(call, "vclm") if signatures.is_signed(call) else None


def parse(call: Call) -> Asked:
    """All submitting actions; what one of them has no field for is simply never there. Raises BadSpec, NotSupported."""
    fields, action = call.fields, _kind(call)
    refuse(fields, _CANNOT)
    pictures = [_picture(given) for given in many(fields, "Images")]
    if len(pictures) > 1:
        raise bad("Images", f"There are {len(pictures)} pictures.", "One, the first frame.")
    first, last = _picture(fields.get("Image")) or next(iter(pictures), None), _picture(fields.get("ImageTail"))
    prompt = text(fields, "Prompt")
    if not (prompt.strip() or first):
        raise bad("Prompt", "The prompt is empty.", 'Say what to show, for example "a red ball bounces on snow".')
    tier, aspect = text(fields, "Resolution", limit=20), text(fields, "AspectRatio", limit=20)
    size, aspect, notes = size_tiers.read(tier, aspect, pictured=bool(first or last))
    control = inner(fields, "CameraControl")
    extended = text(fields, "VideoId", limit=100).strip()
    return Asked(
        prompt=prompt,
        negative_prompt=text(fields, "NegativePrompt"),
        model=text(fields, "Model", limit=200).strip(),
        seconds=number(fields, "Duration"),
        size=size,
        aspect=aspect,
        seed=_seed(fields),
        camera=cameras.kling(_lowered(control)) if control else None,
        image=first,
        last_image=last,
        extend=Earlier(extended) if extended else None,
        lane="offpeak" if flag(fields, "OffPeak") else "normal",
        operation=action,
        external_id=text(fields, "ExternalTaskId", limit=200).strip(),
        callback_url=text(fields, "CallbackUrl", limit=2000),
        echo=echo(fields),
        notes=(*notes, *_notes(fields)),
        sound_flag=sound(fields, "Sound", "Audio", needed=True),
    )


def created(call: Call, view: View) -> Reply:
    return _good(call, {"JobId": view.handle} | _named(view))


def show(call: Call, view: View) -> Reply:
    return _good(call, job(view))


def job(view: View) -> dict[str, Any]:
    """The job as the describing actions tell it."""
    told: dict[str, Any] = {"Status": STATUS[view.state], "ErrorCode": "", "ErrorMessage": "", "ResultVideoUrl": ""}
    if view.state == "succeeded":
        told |= {"ResultVideoUrl": view.url, "VideoId": view.handle, "Duration": f"{view.seconds:g}"}
    elif view.state == "cancelled":
        told |= {"ErrorCode": "FailedOperation", "ErrorMessage": "The job was cancelled. Nothing was charged."}
    elif view.error:
        code = _FAULTS.get(view.error.category, "FailedOperation.InnerError")
        told |= {"ErrorCode": code, "ErrorMessage": sentence(view.error)}
    if payload := view.echo.get("Payload"):
        told["Payload"] = payload
    return told | _named(view)


def fail(error: VitascopeError, call: Call | None) -> Reply:
    """With HTTP 200, unless the request was none of this API at all."""
    code = _CODES.get(error.status, "InternalError")
    if error.status == 401:
        code = _AUTH.get(error.code, "AuthFailure.SecretIdNotFound")
    elif isinstance(error, UnknownModel):
        code = "InvalidParameterValue.InvalidModel"
    elif isinstance(error, PolicyRefused):
        code = "FailedOperation.ModerationFailed"
    elif isinstance(error, TooMany) and error.code != "too_many":
        code = "RequestLimitExceeded.JobNumExceed"
    elif error.code == "bad_picture":
        code = "FailedOperation.ImageDecodeFailed"
    elif isinstance(error, NotFound) and not (call and _action(call)):
        return _told(call, "InvalidAction", sentence(error), error.status)
    return _told(call, code, sentence(error), 200 if error.status not in (405, 413, 415) else error.status)


def write(view: View, state: str, secrets: Secrets, id: str, now: float) -> Message:
    """What the describing action says, with the job's id beside it; nothing is signed."""
    return Message(json.dumps({"JobId": view.handle, **job(view)}, ensure_ascii=False).encode())


def _picture(given: Any) -> Any:
    """{"Url"} or {"Base64"}; some clients send the address alone."""
    if isinstance(given, Mapping):
        return text(given, "Url") or text(given, "Base64") or None
    return given or None


def _lowered(control: Mapping[str, Any]) -> dict[str, Any]:
    """Kling's own names for what stands in capitals."""
    config = control.get("Config")
    axes = {name.lower(): value for name, value in config.items()} if isinstance(config, Mapping) else {}
    return {"type": control.get("Type"), "config": axes}


def _seed(fields: Fields) -> int | None:
    seed = whole(fields, "Seed")
    return None if seed in (None, 0, -1) else seed


def _notes(fields: Fields) -> tuple[str, ...]:
    notes = []
    if number(fields, "LogoAdd") == 1:
        notes.append("No watermark is drawn; LogoAdd was left out.")
    if number(fields, "CfgScale") is not None:
        notes.append("CfgScale was left out: its scale is that of another model.")
    return tuple(notes)


def _named(view: View) -> dict[str, str]:
    return {"ExternalTaskId": view.external_id} if view.external_id else {}


def _action(call: Call) -> str:
    return call.headers.get("x-tc-action", "")


def _kind(call: Call) -> str:
    """The action without what every action has: "TextToVideo"."""
    return re.sub(r"^(Submit|Describe)|Job$", "", _action(call))


def _good(call: Call, body: dict[str, Any]) -> Reply:
    return Reply(200, {"Response": {**body, "RequestId": call.request_id}})


def _told(call: Call | None, code: str, message: str, status: int) -> Reply:
    error = {"Code": code, "Message": message}
    return Reply(status, {"Response": {"Error": error, "RequestId": call.request_id if call else ""}})


def _is(*actions: str) -> Callable[[Call], bool]:
    return lambda call: _action(call) in actions


def _job_id(call: Call) -> str:
    return text(call.fields, "JobId", "ExternalTaskId", limit=200).strip()


def _pair(kind: str, name: str) -> tuple[Route, Route]:
    """The two actions of one kind of job."""
    submit, describe = f"Submit{kind}Job", f"Describe{kind}Job"
    return (
        Route(method="POST", path="/", does="create", name=name, match=_is(submit), parse=parse, show=created),
        Route(method="POST", path="/", does="get", name=f"{name}: status", match=_is(describe), id=_job_id, show=show),
    )


def _refusal(kind: str, what: str) -> Route:
    actions = _is(f"Submit{kind}Job", f"Describe{kind}Job")
    return Route(method="POST", path="/", does="refuse", name=kind, match=actions, refused=what)


ROUTES = (
    *_pair("HunyuanToVideo", "Hunyuan, text and image to video"),
    *_pair("TextToVideo", "Kling, text to video"),
    *_pair("ImageToVideo", "Kling, image to video"),
    *_pair("VideoExtendKling", "Kling, extend"),
    *_pair("TextToVideoVidu", "Vidu, text to video"),
    *_pair("ImageToVideoVidu", "Vidu, image to video"),
    *_pair("ImageToVideoGeneral", "image to video"),
    *(_refusal(kind, what) for kind, what in _REFUSED.items()),
    Route(
        method="POST",
        path="/",
        does="refuse",
        name="all other actions",
        match=lambda call: bool(_action(call)),
        refused="do this action",
        hint="Submit...Job and Describe...Job are taken.",
    ),
)

DIALECT = Dialect(
    name="tencent",
    title="Tencent Cloud (vclm)",
    prefix="/tencent",
    routes=ROUTES,
    fail=fail,
    claims=lambda path, headers: "x-tc-action" in headers,
    skin=DECIMAL,
    auth=who,
    callback=Callback(write=write, states=("succeeded", "failed", "cancelled"), attempts=3),
    snippet="""\
import time; from tencentcloud.common import common_client, credential, profile
place = "{base}".split("://")
http = profile.client_profile.ClientProfile(httpProfile=profile.http_profile.HttpProfile(place[0], place[1]))
client = common_client.CommonClient("vclm", "2024-05-23", credential.Credential("{access}", "{secret}"), "", http)
job = client.call_json("SubmitHunyuanToVideoJob", {"Prompt": "a red ball bounces on snow"})["Response"]["JobId"]
ask = lambda: client.call_json("DescribeHunyuanToVideoJob", {"JobId": job})["Response"]
while (made := ask())["Status"] in ("WAIT", "RUN"): time.sleep(1)
print(made["ResultVideoUrl"])""",
    sdk="tencentcloud-sdk-python-vclm",
    ignored=(
        "AudioType",
        "CfgScale",
        "Fps",
        "IsRec",
        "LogoAdd",
        "LogoParam",
        "MetaData",
        "Mode",
        "MovementAmplitude",
        "ShotType",
        "Style",
    ),
    aliases=("kling-*", "hunyuan*", "vidu*"),
    docs="vclm, version 2024-05-23",
)
