"""Pika's own API, which lives on in ComfyUI's nodes: forms in camel case, files among their fields. Pure."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from vitascope.errors import NotSupported, VitascopeError
from vitascope.vendors import size_tiers
from vitascope.vendors.api import Call, Dialect, Reply, Route
from vitascope.vendors.common import echo, many, sentence
from vitascope.vendors.fields import Fields, bad, number, text, whole
from vitascope.vendors.id_formats import UUID
from vitascope.vendors.request import Asked
from vitascope.vendors.view import View

STATUS = {
    "queued": "queued",
    "running": "started",
    "succeeded": "finished",
    "failed": "failed",
    "cancelled": "failed",
}
MODEL = "pika-2.2"
_TYPES = {400: "value_error", 413: "too_large", 422: "value_error"}


def parse(call: Call) -> Asked:
    return _asked(call.fields, "text to video")


def parse_image(call: Call) -> Asked:
    pictures = many(call.fields, "image")
    if not pictures:
        raise bad("image", "The picture is missing.", "Send it as a file called image.")
    return _asked(call.fields, "image to video", image=pictures[0])


def parse_frames(call: Call) -> Asked:
    """From one picture to another; more of them would be keyframes between."""
    pictures = many(call.fields, "keyFrames")
    if len(pictures) != 2:
        if len(pictures) > 2:
            raise NotSupported("No model here can pass through several pictures.", hint="Send a first and a last one.")
        raise bad("keyFrames", f"There are {len(pictures)} pictures.", "Send two files called keyFrames.")
    return _asked(call.fields, "first and last frame", image=pictures[0], last_image=pictures[1])


def submitted(call: Call, view: View) -> Reply:
    return Reply(200, {"video_id": view.handle})


def shown(call: Call, view: View) -> Reply:
    told: dict[str, Any] = {
        "id": view.handle,
        "status": STATUS[view.state],
        "progress": round(100 * view.progress),
        "url": view.url,
    }
    if view.error:
        told["error"] = sentence(view.error)
    if view.notes:
        told["notes"] = list(view.notes)
    return Reply(200, told)


def fail(error: VitascopeError, call: Call | None) -> Reply:
    """A list with one fault; what is wrong with a field says where."""
    field = error.field
    fault = {
        "loc": ["body", *([field] if field else [])],
        "msg": sentence(error),
        "type": _TYPES.get(error.status, error.code),
    }
    return Reply(422 if error.status == 400 else error.status, {"detail": [fault]})


def _asked(fields: Fields, operation: str, **given: Any) -> Asked:
    prompt = text(fields, "promptText")
    if not prompt.strip():
        raise bad("promptText", "The prompt is empty.", 'Say what to show, for example "a red ball bounces on snow".')
    wide = number(fields, "aspectRatio")
    if wide is not None and not 0.1 <= wide <= 10:
        raise bad("aspectRatio", f"aspectRatio is {wide:g}.", "Width over height, 0.4 to 2.5.")
    shape = Fraction(wide).limit_denominator(64) if wide else None
    size, aspect, notes = size_tiers.read(
        text(fields, "resolution", limit=20),
        f"{shape.numerator}:{shape.denominator}" if shape else "",
        pictured=bool(given),
    )
    seed = whole(fields, "seed")
    return Asked(
        prompt=prompt,
        negative_prompt=text(fields, "negativePrompt"),
        model=text(fields, "model", limit=100).strip() or MODEL,
        seconds=number(fields, "duration"),
        size=size,
        aspect=aspect,
        seed=None if seed is None or seed < 0 else seed,
        operation=operation,
        echo=echo(fields),
        notes=notes,
        **given,
    )


def _is_ours(call: Call) -> bool:
    return bool(call.prefix or UUID.read(call.params["id"]))


def _refused(path: str, name: str, what: str) -> Route:
    return Route(method="POST", path=f"/generate/{path}", does="refuse", name=name, refused=what)


def _generate(kind: str, name: str, parse: Any) -> Route:
    return Route(method="POST", path=f"/generate/2.2/{kind}", does="create", name=name, parse=parse, show=submitted)


DIALECT = Dialect(
    name="pika",
    title="Pika",
    prefix="/pika",
    routes=(
        _generate("t2v", "text to video", parse),
        _generate("i2v", "image to video", parse_image),
        _generate("pikaframes", "first and last frame", parse_frames),
        Route(method="GET", path="/videos/{id}", does="get", name="get", show=shown, match=_is_ours),
        _refused("2.2/pikascenes", "scenes of given things", "take pictures of characters, things or styles"),
        _refused("pikadditions", "add to a clip", "change a given clip"),
        _refused("pikaswaps", "swap in a clip", "change a given clip"),
        _refused("pikaffects", "effects", "put on an effect"),
    ),
    fail=fail,
    claims=lambda path, headers: path.startswith(("/generate/2.2/", "/generate/pik")),
    skin=UUID,
    snippet="""\
import time, httpx
http = httpx.Client(base_url="{base}/pika", headers={"X-API-KEY": "{key}"})
id = http.post("/generate/2.2/t2v", data={"promptText": "a red ball bounces on snow", "duration": 5}).json()["video_id"]
while (job := http.get(f"/videos/{id}").json())["status"] not in ("finished", "failed"): time.sleep(1)
print(job["url"])
""",
    base="/pika",
    ignored=("ingredientsMode",),
    aliases=("pika-*",),
)
