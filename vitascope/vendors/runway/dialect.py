"""Runway: one task form for everything that is made, camelCase JSON, files by `runway://` handles. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from vitascope.clip import Size
from vitascope.errors import VitascopeError
from vitascope.vendors import size_tiers
from vitascope.vendors.api import Balance, Call, Dialect, Reply, Route, Upload, Uploaded
from vitascope.vendors.common import echo, inner, iso, many, refuse, sentence, sound, under
from vitascope.vendors.fields import Fields, bad, choice, flag, number, text, whole
from vitascope.vendors.id_formats import UUID
from vitascope.vendors.request import Asked
from vitascope.vendors.view import Fault, View

SCHEME = "runway://"
USUAL_SECONDS = 5.0
STATUS = {
    "queued": "PENDING",
    "running": "RUNNING",
    "succeeded": "SUCCEEDED",
    "failed": "FAILED",
    "cancelled": "CANCELLED",
}
_CANNOT = {
    "references": "take reference pictures",
    "referenceImages": "take reference pictures",
    "referenceVideos": "take another clip's motion or look",
    "referenceAudio": "take a sound",
    "keyframes": "take keyframes in the middle of a clip",
    "promptVideo": "change a given clip",
    "videoUri": "change a given clip",
}
_FORMATS = ("mp4", "png", "auto")
_WORK = "/v1/text_to_video", "/v1/image_to_video", "/v1/text_to_image"
_OTHERS = {
    "/v1/video_to_video": "change a given clip",
    "/v1/character_performance": "move a character as an actor moves",
    "/v1/video_upscale": "make a given clip larger",
    "/v1/video_to_hdr": "make a given clip brighter",
    "/v1/video_to_audio": "make a sound for a clip",
    "/v1/image_upscale": "make a given picture larger",
    "/v1/avatar_videos": "speak as an avatar",
    "/v1/text_to_speech": "speak",
    "/v1/sound_effect": "make sounds",
    "/v1/speech_to_speech": "change a voice",
    "/v1/voice_dubbing": "dub a clip",
    "/v1/voice_isolation": "part a voice from its surroundings",
    "/v1/generate/audio": "make sounds",
}


def parse(call: Call) -> Asked:
    """A clip from words, or from pictures."""
    fields = call.fields
    image, last = _pictures(fields)
    if call.path.endswith("image_to_video") and not (image or last):
        raise bad("promptImage", "The first picture is missing.", 'A URL, a data URL, or [{"uri", "position"}].')
    return _asked(call, fields, image=image, last=last)


def parse_image(call: Call) -> Asked:
    """A picture from words."""
    return _asked(call, call.fields, still=True)


def parse_routed(call: Call) -> Asked:
    """What a saved router is sent: the same in an `input`, pictures by their roles. Every router leads to our model."""
    fields = inner(call.fields, "input")
    by_role: dict[str, Any] = {}
    for one in many(fields, "referenceImages"):
        role = text(one, "role", limit=40) if isinstance(one, Mapping) else ""
        by_role[role if role in ("first", "last") else "reference"] = one
    if "reference" in by_role:
        refuse({"referenceImages": by_role["reference"]}, _CANNOT)
    plain = {name: value for name, value in fields.items() if name != "referenceImages"}
    model = text(call.fields, "configId", limit=200)
    first, last = (_source(by_role[role].get("uri")) if role in by_role else None for role in ("first", "last"))
    still = call.path.endswith("/image")
    return _asked(call, {**plain, "model": model}, image=first, last=last, still=still)


def _asked(call: Call, fields: Fields, *, image: Any = None, last: Any = None, still: bool = False) -> Asked:
    refuse(fields, _CANNOT)
    settings = inner(fields, "providerSettings")
    refuse(settings, {"multiPrompt": "make several shots of several prompts"})
    form = text(fields, "outputFormat", limit=40)
    if form and form not in _FORMATS:
        refuse({"outputFormat": form}, {"outputFormat": f'write "{form}"'})
    prompt = text(fields, "promptText")
    if not (prompt.strip() or image or last):
        raise bad("promptText", "promptText is empty.", 'Say what to show, for example "a red ball bounces on snow".')
    size, aspect, notes = _shape(fields, pictured=bool(image or last))
    return Asked(
        prompt=prompt,
        negative_prompt=text(fields, "negativePrompt"),
        model=text(fields, "model", limit=200),
        seconds=None if still else _seconds(fields),
        size=size,
        aspect=aspect,
        seed=whole(fields, "seed"),
        image=image,
        last_image=last,
        still=still,
        draft=flag(fields, "draft"),
        operation=call.path.removeprefix("/v1/"),
        sound_flag=sound(fields, "audio"),
        echo=echo(fields),
        notes=notes,
    )


def _pictures(fields: Fields) -> tuple[Any, Any]:
    """The first and the last picture: one alone, or a list with positions."""
    found: dict[str, Any] = {}
    for one in many(fields, "promptImage"):
        position = choice(one, "position", of=("first", "last")) if isinstance(one, Mapping) else ""
        given = one.get("uri") if isinstance(one, Mapping) else one
        if (position or "first") in found:
            raise bad("promptImage", f'There are two pictures for "{position or "first"}".', "first and last.")
        found[position or "first"] = _source(given)
    return found.get("first"), found.get("last")


def _source(given: Any) -> Any:
    if isinstance(given, str) and given.startswith(SCHEME):
        return Uploaded(given.removeprefix(SCHEME))
    return given


def _seconds(fields: Fields) -> float | None:
    """ "auto" leaves it to the model."""
    if text(fields, "duration", limit=40) == "auto":
        return None
    return number(fields, "duration") or USUAL_SECONDS


def _shape(fields: Fields, *, pictured: bool) -> tuple[Size | None, str, tuple[str, ...]]:
    """`ratio` is a pixel pair or auto_720p; some models have a tier and a shape instead."""
    ratio = text(fields, "ratio", limit=40).removeprefix("auto_").replace("auto", "")
    tier = ratio or text(fields, "resolution", limit=40)
    return size_tiers.read(tier, text(fields, "aspectRatio", limit=40), pictured=pictured)


def created(_call: Call, view: View) -> Reply:
    return Reply(200, {"id": view.handle, "estimatedCost": {"credits": view.credits}})


def show(_call: Call, view: View) -> Reply:
    """The task."""
    cost = {"credits": _whole(view.credits)}
    body: dict[str, Any] = {"id": view.handle, "createdAt": iso(view.created), "status": STATUS[view.state]}
    if not view.done:
        body["estimatedCost"] = cost
    if view.state == "running":
        body["progress"] = view.progress
    elif view.state == "succeeded":
        good = [take for take in view.takes if take.state == "succeeded"]
        body |= {"output": [take.image_url or take.url for take in good], "cost": cost}
    elif view.state == "failed":
        fault = view.error or Fault("internal", "failed", "It could not be made.")
        words = sentence(fault)
        body |= {"failure": words, "failureCode": failure_code(fault), "cost": {"credits": 0}}
    elif view.state == "cancelled":
        body["cost"] = {"credits": 0}
    return Reply(200, body)


def failure_code(fault: Fault) -> str:
    if fault.code in ("bad_picture", "bad_clip"):
        return "ASSET.INVALID"
    return {
        "safety_input": "SAFETY.INPUT.TEXT",
        "safety_output": "SAFETY.OUTPUT.VIDEO",
        "input": "INPUT_PREPROCESSING.INVALID",
    }.get(fault.category, "INTERNAL")


def organization(_call: Call, balance: Balance) -> Reply:
    """Runway counts by model; here a plan holds for all of them."""
    bounds = {"maxConcurrentGenerations": balance.parallel or None, "maxDailyGenerations": None}
    return Reply(
        200,
        {
            "creditBalance": math.floor(balance.credits),
            "tier": {"maxMonthlyCreditSpend": 0, "models": {"vitascope": bounds}},
            "usage": {"models": {"vitascope": {"dailyGenerations": balance.used_today}}},
        },
    )


def upload_wanted(call: Call) -> Upload:
    return Upload(id="", handle="", name=text(call.fields, "filename", limit=200), purpose="ephemeral")


def upload_shown(_call: Call, upload: Upload) -> Reply:
    return Reply(
        200, {"uploadUrl": upload.put_url, "fields": {"key": upload.handle}, "runwayUri": SCHEME + upload.handle}
    )


def fail(error: VitascopeError, _call: Call | None) -> Reply:
    """What is wrong with a request is 400 there, too few credits among it."""
    status = 400 if error.status in (402, 415, 422) else error.status
    words = sentence(error)
    body: dict[str, Any] = {"error": words}
    if field := error.field:
        body["issues"] = [{"code": error.code, "message": words, "path": [field]}]
    return Reply(status, body)


def _whole(credits: float) -> float:
    return int(credits) if credits == int(credits) else credits


def claims(path: str, headers: Mapping[str, str]) -> bool:
    paths = (*_WORK, *_OTHERS, "/v1/tasks", "/v1/organization", "/v1/uploads", "/v1/generate")
    return under(*paths)(path, headers) or (path.startswith("/v1/") and "x-runway-version" in headers)


_IGNORES = ("contentModeration", "cfgScale", "promptExpansionMode", "publicFigureThreshold")
ROUTES = (
    Route(
        method="POST",
        path="/v1/text_to_video",
        does="again",
        name="finish a draft",
        match=lambda call: bool(call.fields.get("draftTaskId")),
        id=lambda call: text(call.fields, "draftTaskId", limit=100),
        relation="finish",
        parse=lambda call: Asked(operation="text_to_video"),
        show=created,
    ),
    Route(
        method="POST",
        path="/v1/text_to_video",
        does="create",
        name="text to video",
        parse=parse,
        show=created,
        ignores=_IGNORES,
    ),
    Route(
        method="POST",
        path="/v1/image_to_video",
        does="create",
        name="image to video",
        parse=parse,
        show=created,
        ignores=_IGNORES,
    ),
    Route(
        method="POST",
        path="/v1/text_to_image",
        does="create",
        name="text to image",
        parse=parse_image,
        show=created,
        ignores=_IGNORES,
    ),
    Route(
        method="POST",
        path="/v1/generate/video",
        does="create",
        name="video by a router",
        parse=parse_routed,
        show=created,
        ignores=_IGNORES,
    ),
    Route(
        method="POST",
        path="/v1/generate/image",
        does="create",
        name="image by a router",
        parse=parse_routed,
        show=created,
        ignores=_IGNORES,
    ),
    Route(method="GET", path="/v1/tasks/{id}", does="get", name="task", show=show),
    Route(
        method="DELETE",
        path="/v1/tasks/{id}",
        does="delete",
        name="cancel or delete",
        show=lambda call, view: Reply(204),
    ),
    Route(method="GET", path="/v1/organization", does="balance", name="organization", show=organization),
    Route(method="POST", path="/v1/uploads", does="ticket", name="upload", parse=upload_wanted, show=upload_shown),
    *(
        Route(method="POST", path=path, does="refuse", name=path.removeprefix("/v1/").replace("_", " "), refused=what)
        for path, what in _OTHERS.items()
    ),
)

SNIPPET = """\
import runwayml
client = runwayml.RunwayML(base_url="{base}", api_key="{key}")
task = client.text_to_video.create(model="gen4.5", prompt_text="a red ball bounces on snow",
                                   ratio="1280:720", duration=5).wait_for_task_output()
print(task.output[0])"""

DIALECT = Dialect(
    name="runway",
    title="Runway",
    prefix="/runway",
    routes=ROUTES,
    fail=fail,
    claims=claims,
    skin=UUID,
    upload_skin=UUID,
    snippet=SNIPPET,
    sdk="runwayml",
    ignored=_IGNORES,
    aliases=("gen*", "act_two", "aleph*", "veo*", "seedance*", "hailuo*", "kling*", "wan*", "sora*", "gemini*"),
    docs="Runway API reference",
)
