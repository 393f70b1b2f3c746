"""Luma's Dream Machine: one generation object for clips and pictures, keyframes by address or by an earlier generation,
camera moves as concepts. Pure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from vitascope.clip import CameraPath
from vitascope.errors import NotSupported, PolicyRefused, VitascopeError
from vitascope.vendors import size_tiers
from vitascope.vendors.api import Balance, Call, Dialect, Earlier, Listing, Page, Reply, Route
from vitascope.vendors.callback import Callback, Message, Secrets
from vitascope.vendors.common import echo, inner, iso, many, refuse, sentence, under
from vitascope.vendors.fields import Fields, bad, flag, number, text, whole
from vitascope.vendors.id_formats import UUID
from vitascope.vendors.request import Asked
from vitascope.vendors.view import View

ROOT = "/dream-machine/v1"
USUAL_SECONDS = 5.0
STATE = {
    "queued": "queued",
    "running": "dreaming",
    "succeeded": "completed",
    "failed": "failed",
    "cancelled": "failed",
}
CONCEPTS = {  # Luma's word -> the camera's move here
    "static": "still",
    "push_in": "push in",
    "pull_out": "pull out",
    "pan_left": "pan left",
    "pan_right": "pan right",
    "tilt_up": "tilt up",
    "tilt_down": "tilt down",
    "orbit_left": "orbit left",
    "orbit_right": "orbit right",
    "crane_up": "crane up",
    "crane_down": "crane down",
    "pedestal_up": "crane up",
    "pedestal_down": "crane down",
    "roll_left": "roll left",
    "roll_right": "roll right",
    "zoom_in": "zoom in",
    "zoom_out": "zoom out",
}
_IMAGES = {
    "image_ref": "take reference pictures",
    "style_ref": "take the style of a picture",
    "character_ref": "take a character",
    "modify_image_ref": "change a given picture",
}
_LONGEST_KEPT = 2000  # characters of a keyframe's address that goes back as it came


def parse(call: Call) -> Asked:
    """A clip: from words, between keyframes, or going on from an earlier generation."""
    fields = call.fields
    refuse(fields, {"loop": "make a clip that ends where it begins"})
    frames = inner(fields, "keyframes")
    first, last = _keyframe(frames, "frame0"), _keyframe(frames, "frame1", at="first")
    extend = None
    if isinstance(first, Earlier) and last is None:  # a generation alone goes on; between two of them lies a new clip
        extend, first = first, None
    prompt = text(fields, "prompt")
    if not (prompt.strip() or first or last or extend):
        raise bad("prompt", "The prompt is empty.", 'Say what to show, for example "a red ball bounces on snow".')
    pictured = bool(first or last)
    size, aspect, notes = size_tiers.read(
        text(fields, "resolution", limit=20), text(fields, "aspect_ratio", limit=20), pictured=pictured
    )
    return Asked(
        prompt=prompt,
        model=text(fields, "model", limit=200),
        seconds=seconds(fields) or USUAL_SECONDS,
        size=None if extend else size,
        aspect="" if extend else aspect,
        camera=_camera(fields),
        image=first,
        last_image=last,
        extend=extend,
        operation="video",
        callback_url=text(fields, "callback_url", limit=2000),
        metadata=_kept(fields),
        echo=echo(fields),
        notes=notes,
    )


def parse_image(call: Call) -> Asked:
    """A picture."""
    fields = call.fields
    refuse(fields, _IMAGES)
    prompt = text(fields, "prompt")
    if not prompt.strip():
        raise bad("prompt", "The prompt is empty.", 'Say what to show, for example "a red ball on snow".')
    jpeg = text(fields, "format", limit=20) == "jpg"
    return Asked(
        prompt=prompt,
        model=text(fields, "model", limit=200),
        aspect=text(fields, "aspect_ratio", limit=20) or "16:9",
        still=True,
        operation="image",
        callback_url=text(fields, "callback_url", limit=2000),
        echo=echo(fields),
        notes=("jpg was asked; pictures are PNG here.",) if jpeg else (),
    )


def seconds(fields: Fields) -> float | None:
    """ "5s", "5" or 5."""
    given = fields.get("duration")
    if isinstance(given, str):
        given = re.sub(r"\s*s$", "", given.strip().lower())
    return number({"duration": given}, "duration")


def _keyframe(frames: Fields, name: str, *, at: str = "last") -> Any:
    frame = inner(frames, name)
    if not frame:
        return None
    if text(frame, "type", limit=20) == "generation" or (frame.get("id") and not frame.get("url")):
        return Earlier(text(frame, "id", limit=100), at)
    if not frame.get("url"):
        raise bad(f"keyframes.{name}", f"{name} has neither an address nor a generation.", '{"type": "image", "url"}')
    return frame["url"]


def _camera(fields: Fields) -> CameraPath | None:
    """The move that a concept means; of several, only one can be made."""
    keys = [text(one, "key", limit=60) if isinstance(one, Mapping) else str(one) for one in many(fields, "concepts")]
    moves = [key for key in keys if key]
    if not moves:
        return None
    unknown = [move for move in moves if move not in CONCEPTS]
    if unknown or len(moves) > 1:
        what = f'make the concept "{unknown[0][:60]}"' if unknown else f"make {len(moves)} concepts at once"
        raise NotSupported(f"No model here can {what}.", hint=f"One of {', '.join(CONCEPTS)}.")
    return CameraPath(words=CONCEPTS[moves[0]])


def _kept(fields: Fields) -> dict[str, Any]:
    """Keyframes and concepts as they came, when they are short: a request is shown with its answer."""
    kept = {name: fields[name] for name in ("keyframes", "concepts") if fields.get(name)}
    return kept if len(json.dumps(kept, default=str)) <= _LONGEST_KEPT else {}


def listing(call: Call) -> Listing:
    limit, offset = whole(call.query, "limit"), whole(call.query, "offset")
    if limit is not None and not 1 <= limit <= 100:
        raise bad("limit", f"limit is {limit}.", "1 to 100.")
    if offset is not None and offset < 0:
        raise bad("offset", f"offset is {offset}.", "0 or more.")
    return Listing(limit=limit or 10, offset=offset or 0, count=True)


def generation(view: View) -> dict[str, Any]:
    """The generation as it is now."""
    kind = "image" if view.is_still else "video"
    assets = None
    if view.state == "succeeded":
        assets = {"video": None if view.is_still else view.url, "image": view.image_url or view.poster_url}
    request = {"generation_type": kind, "prompt": view.prompt, "model": view.asked_model, **view.echo, **view.metadata}
    return {
        "id": view.handle,
        "generation_type": kind,
        "state": STATE[view.state],
        "failure_reason": sentence(view.error) if view.error else None,
        "created_at": iso(view.created),
        "assets": assets,
        "model": view.asked_model,
        "request": request,
    }


def created(_call: Call, view: View) -> Reply:
    return Reply(201, generation(view))


def show(_call: Call, view: View) -> Reply:
    return Reply(200, generation(view))


def show_list(_call: Call, views: list[View], page: Page) -> Reply:
    body = {
        "generations": [generation(view) for view in views],
        "count": page.total,
        "limit": page.listing.limit,
        "offset": page.listing.offset,
        "has_more": page.has_more,
    }
    return Reply(200, body)


def hold(call: Call) -> float:
    """A picture may be waited for."""
    return min(number(call.fields, "sync_timeout") or 60.0, 600.0) if flag(call.fields, "sync") else 0.0


def tell(view: View, state: str, _secrets: Secrets, _id: str, _now: float) -> Message:
    return Message(json.dumps(generation(view)).encode())


def credits(_call: Call, balance: Balance) -> Reply:
    return Reply(200, {"credit_balance": balance.credits})


def fail(error: VitascopeError, _call: Call | None) -> Reply:
    said = sentence(error)
    if isinstance(error, PolicyRefused):
        said = f"Prompt not allowed because moderation failed: {said}"
    return Reply(400 if error.status == 422 else error.status, {"detail": said})


def _routes(head: str, root: bool) -> tuple[Route, ...]:
    path = f"{head}/generations"
    making = tuple(
        Route(method="POST", path=where, does="create", name="video", parse=parse, show=created, root=root)
        for where in (path, f"{path}/video")
    )
    refused = {
        f"{path}/video/modify": "change a given clip",
        f"{path}/video/reframe": "change the shape of a given clip",
        f"{path}/image/reframe": "change the shape of a given picture",
        f"{path}/{{id}}/upscale": "make a clip larger",
        f"{path}/{{id}}/audio": "make a sound for a clip",
    }
    return (
        *making,
        Route(
            method="POST",
            path=f"{path}/image",
            does="create",
            name="image",
            parse=parse_image,
            show=created,
            hold=hold,
            root=root,
        ),
        *(
            Route(method="POST", path=where, does="refuse", name=where.rpartition("/")[2], refused=what, root=root)
            for where, what in refused.items()
        ),
        Route(
            method="GET",
            path=f"{path}/concepts/list",
            does="say",
            name="concepts",
            show=lambda call: Reply(200, list(CONCEPTS)),
            root=root,
        ),
        Route(method="GET", path=path, does="list", name="list", parse=listing, show=show_list, root=root),
        Route(method="GET", path=f"{path}/{{id}}", does="get", name="generation", show=show, root=root),
        Route(
            method="DELETE",
            path=f"{path}/{{id}}",
            does="delete",
            name="delete",
            show=lambda call, view: Reply(204),
            root=root,
        ),
        Route(method="GET", path=f"{head}/credits", does="balance", name="credits", show=credits, root=root),
        Route(
            method="GET",
            path=f"{head}/ping",
            does="say",
            name="ping",
            show=lambda call: Reply(200, {"message": "pong"}),
            root=root,
        ),
    )


SNIPPET = """\
import time; from lumaai import LumaAI
client = LumaAI(base_url="{base}/dream-machine/v1", auth_token="{key}")
made = client.generations.create(model="ray-2", prompt="a red ball bounces on snow", duration="5s")
while made.state in ("queued", "dreaming"): time.sleep(1); made = client.generations.get(made.id)
print(made.assets.video)"""

DIALECT = Dialect(
    name="luma",
    title="Luma Dream Machine",
    prefix="/luma",
    routes=(*_routes(ROOT, True), *_routes("", False)),
    fail=fail,
    claims=under("/dream-machine"),
    skin=UUID,
    callback=Callback(tell, states=("running", "succeeded", "failed", "cancelled"), attempts=3),
    snippet=SNIPPET,
    sdk="lumaai",
    base=ROOT,
    aliases=("ray-*", "photon-*"),
    docs="Luma Dream Machine API",
)
