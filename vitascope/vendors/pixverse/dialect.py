"""PixVerse: everything lies in one envelope, ids are integers, and pictures are sent beforehand. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vitascope.clip import CameraPath
from vitascope.errors import NotSupported, VitascopeError
from vitascope.vendors import cameras, size_tiers
from vitascope.vendors.api import Balance, Call, Dialect, Earlier, Reply, Route, Upload, Uploaded
from vitascope.vendors.common import echo, iso, refuse, sentence, sound, under
from vitascope.vendors.fields import Fields, bad, first, number, structure, text, whole
from vitascope.vendors.id_formats import NUMBER
from vitascope.vendors.request import Asked
from vitascope.vendors.view import View

RUNNING, DONE, DELETED, MODERATED, FAILED = 5, 1, 6, 7, 8
STATUS = {"queued": RUNNING, "running": RUNNING, "succeeded": DONE, "failed": FAILED, "cancelled": DELETED}
_CODES = {
    "not_signed_in": 10005,
    "not_allowed": 500020,
    "not_enough_credits": 500090,
    "too_many": 500044,
    "not_found": 500008,
    "unknown_model": 400017,
    "too_large": 500030,
    "bad_picture": 500032,
    "bad_clip": 500032,
    "policy_refused": 500063,
    "unavailable": 500069,
}
#: Their named moves: in our words, or as what each axis does.
_MOVES: dict[str, str | dict[str, float]] = {
    "horizontal_left": {"horizontal": -0.7},
    "horizontal_right": {"horizontal": 0.7},
    "left_follow": {"horizontal": -0.7},
    "right_follow": {"horizontal": 0.7},
    "vertical_up": {"vertical": 0.7},
    "vertical_down": {"vertical": -0.7},
    "crane_up": "crane up",
    "crane_down": "crane down",
    "pan_left": "pan left",
    "pan_right": "pan right",
    "whip_pan": "fast pan right",
    "zoom_in": "zoom in",
    "zoom_out": "zoom out",
    "smooth_zoom_in": "slow zoom in",
    "quickly_zoom_in": "fast zoom in",
    "quickly_zoom_out": "fast zoom out",
    "super_dolly_out": "fast pull out",
    "hitchcock": {"push": 0.8, "zoom": 0.8},  # towards the scene while the view widens
    "fix_bg": "still",
}
_CANNOT = {
    "template_id": "follow a template",
    "style": "draw in a style by its name",
    "lip_sync_tts_switch": "make speech",
    "lip_sync_switch": "move lips to a sound",
    "image_references": "take pictures of characters, things or styles",
    "video_references": "take another clip's look or motion",
    "generate_multi_clip_switch": "make a clip of several shots",
}


def parse(call: Call) -> Asked:
    """Words alone."""
    return _asked(call.fields, "text to video")


def parse_image(call: Call) -> Asked:
    """Words and a first picture."""
    return _asked(call.fields, "image to video", image=_picture(call.fields, "img_id", "image_id"))


def parse_transition(call: Call) -> Asked:
    """From one picture to another."""
    first_frame = _picture(call.fields, "first_frame_img")
    return _asked(call.fields, "transition", image=first_frame, last_image=_picture(call.fields, "last_frame_img"))


def parse_extension(call: Call) -> Asked:
    """A clip that goes on: one made here, or one that was sent."""
    name, given = first(call.fields, "source_video_id", "video_media_id")
    if not given:
        raise bad("source_video_id", "The clip to be continued is missing.", "source_video_id, or video_media_id.")
    clip = Earlier(_number(name, given)) if name == "source_video_id" else Uploaded(_number(name, given))
    return _asked(call.fields, "extend", extend=clip)


def submitted(call: Call, view: View) -> Reply:
    return _reply({"video_id": int(view.handle), "credits": round(view.credits)})


def shown(call: Call, view: View) -> Reply:
    told: dict[str, Any] = {
        "id": int(view.handle),
        "status": _status(view),
        "prompt": view.prompt,
        "negative_prompt": view.negative_prompt,
        "seed": view.seed,
        "style": "",
        "resolution_ratio": 0,
        "outputWidth": view.width,
        "outputHeight": view.height,
        "size": view.bytes or 0,
        "url": view.url or "",
        "has_audio": view.sound,
        "credits": round(view.credits),
        "create_time": iso(view.created),
        "modify_time": iso(view.updated or view.created),
    }
    if view.error:
        told["fail_reason"] = sentence(view.error)
    if view.notes:
        told["notes"] = list(view.notes)
    return _reply(told)


def pictured(call: Call, upload: Upload) -> Reply:
    return _reply({"img_id": int(upload.handle), "img_url": upload.url})


def filed(call: Call, upload: Upload) -> Reply:
    kind = upload.media_type.partition("/")[0] or "image"
    return _reply({"media_id": int(upload.handle), "media_type": kind, "url": upload.url})


def balance(call: Call, found: Balance) -> Reply:
    monthly = sum(grant.remaining for grant in found.grants if grant.kind in ("daily", "plan"))
    told = {"account_id": found.account_id, "credit_monthly": round(monthly)}
    return _reply({**told, "credit_package": round(found.credits - monthly)})


def fail(error: VitascopeError, call: Call | None) -> Reply:
    """The same envelope with a code, `Resp` null, and the HTTP status besides."""
    code = _CODES.get(error.code, 99999 if error.status >= 500 else 400017)
    if code == 400017 and "is empty" in error.message:
        code = 400011
    return Reply(error.status, {"ErrCode": code, "ErrMsg": sentence(error), "Resp": None})


def _asked(fields: Fields, operation: str, **given: Any) -> Asked:
    refuse(fields, _CANNOT)
    prompt = text(fields, "prompt")
    if not prompt.strip():
        raise bad("prompt", "The prompt is empty.", 'Say what to show, for example "a red ball bounces on snow".')
    quality, pictured = text(fields, "quality", limit=20), bool(given)
    size, aspect, notes = size_tiers.read(quality, text(fields, "aspect_ratio", limit=20), pictured=pictured)
    if "extend" in given:
        size, aspect, notes = None, "", ()  # a continued clip keeps its own shape
    effects = sound(fields, "sound_effect_switch", needed=True)
    seed = whole(fields, "seed")
    return Asked(
        prompt=prompt,
        negative_prompt=text(fields, "negative_prompt"),
        model=_model(text(fields, "model", limit=100).strip()),
        seconds=number(fields, "duration"),
        size=size,
        aspect=aspect,
        seed=None if seed is None or seed < 0 else seed,
        camera=camera(text(fields, "camera_movement", limit=60).strip().lower()),
        operation=operation,
        sound_flag=effects if effects and effects.on else sound(fields, "generate_audio_switch"),
        echo=echo(fields),
        notes=notes,
        **given,
    )


def camera(name: str) -> CameraPath | None:
    """The move of this name. Raises NotSupported for one that no model here can make."""
    if not name or name == "auto":
        return None
    move = _MOVES.get(name)
    if move is None:
        raise NotSupported(
            f'No model here can move the camera as "{name[:40]}".',
            hint=f"One of {', '.join(_MOVES)}.",
            field="camera_movement",
        )
    return CameraPath(words=move) if isinstance(move, str) else cameras.moved(move)


def _model(name: str) -> str:
    """Their models are "v5" and the like, which says nothing among the models of others."""
    return f"pixverse-{name}" if name[:1].lower() == "v" and name[1:2].isdigit() else name


def _picture(fields: Fields, *names: str) -> Any:
    name, given = first(fields, *names)
    if not name:
        more = structure(fields, "img_ids")
        if isinstance(more, list) and len(more) > 1:
            raise NotSupported("No model here can take several pictures of one moment.", hint="Send one as img_id.")
        name, given = "img_ids", more[0] if isinstance(more, list) and more else None
    if not given:
        raise bad(names[0], f"{names[0]} is missing.", "Send the picture to /openapi/v2/image/upload first.")
    if isinstance(given, str) and not given.strip().isdigit():
        return given  # an address or base64, which costs nothing to take as well
    return Uploaded(_number(name, given))


def _number(name: str, given: Any) -> str:
    found = whole({name: given}, name)
    if found is None or found < 0:
        raise bad(name, f'{name} must be an id, got "{str(given)[:40]}".', "The integer that the upload gave.")
    return str(found)


def _status(view: View) -> int:
    moderated = view.error and view.error.category in ("safety_input", "safety_output")
    return MODERATED if view.state == "failed" and moderated else STATUS[view.state]


def _reply(told: Mapping[str, Any]) -> Reply:
    return Reply(200, {"ErrCode": 0, "ErrMsg": "Success", "Resp": dict(told)})


def _generate(kind: str, name: str, parse: Any) -> Route:
    path = f"/openapi/v2/video/{kind}/generate"
    return Route(method="POST", path=path, does="create", name=name, parse=parse, show=submitted)


def _refused(path: str, name: str, what: str) -> Route:
    return Route(method="POST", path=f"/openapi/v2/video/{path}", does="refuse", name=name, refused=what)


DIALECT = Dialect(
    name="pixverse",
    title="PixVerse",
    prefix="/pixverse",
    routes=(
        _generate("text", "text to video", parse),
        _generate("img", "image to video", parse_image),
        _generate("transition", "first and last frame", parse_transition),
        _generate("extend", "extend", parse_extension),
        Route(method="GET", path="/openapi/v2/video/result/{id}", does="get", name="result", show=shown),
        Route(method="POST", path="/openapi/v2/image/upload", does="upload", name="upload a picture", show=pictured),
        Route(method="POST", path="/openapi/v2/media/upload", does="upload", name="upload a clip", show=filed),
        Route(method="GET", path="/openapi/v2/account/balance", does="balance", name="balance", show=balance),
        _refused("multi_transition/generate", "several keyframes", "pass through several pictures"),
        _refused("fusion/generate", "characters and things", "take pictures of characters, things or styles"),
        _refused("lip_sync/generate", "lip sync", "move lips to a sound"),
        _refused("sound_effect/generate", "sound effect", "make sound"),
        _refused("restyle/generate", "restyle", "change a given clip"),
        _refused("modify/generate", "modify", "change a given clip"),
        _refused("mimic/generate", "mimic", "take another clip's motion"),
        _refused("swap/generate", "swap", "change a given clip"),
        _refused("mask/selection", "mask", "choose parts of a given clip"),
    ),
    fail=fail,
    claims=under("/openapi/v2"),
    skin=NUMBER,
    upload_skin=NUMBER,
    snippet="""\
import time, httpx
http = httpx.Client(base_url="{base}/openapi/v2", headers={"API-KEY": "{key}", "Ai-trace-id": "1"})
ask = {"model": "v5", "prompt": "a red ball", "aspect_ratio": "16:9", "duration": 5, "quality": "540p"}
id = http.post("/video/text/generate", json=ask).json()["Resp"]["video_id"]
while (job := http.get(f"/video/result/{id}").json()["Resp"])["status"] == 5: time.sleep(1)
""",
    base="/openapi/v2",
    ignored=("motion_mode", "water_mark", "webhook_id", "sound_effect_content", "thinking_type"),
    aliases=("pixverse-v*",),
    docs="https://docs.platform.pixverse.ai",
)
