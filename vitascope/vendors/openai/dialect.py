"""OpenAI's videos, which is also our native form: its fields, ours beside them, and the extra ones that self-hosted
servers of this form take (vLLM-Omni's names). Pure: what came in becomes `Asked`, a job becomes a video object, an
error becomes OpenAI's error body.

OpenAI's clients send every field as text in a form, others send JSON; both come here as one mapping.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from vitascope.clip import REFERENCE_KINDS, CameraPath, ClipSpec, Lora, Option, Shape, Size, aspect_of, options
from vitascope.errors import BadSpec, NotSupported, VitascopeError
from vitascope.vendors.common import echo, sound
from vitascope.vendors.fields import Fields, bad, choice, flag, number, structure, text, whole
from vitascope.vendors.request import Asked, AskedReference

PREFIX = "video_"
VLLM_FPS = 16.0  # in which `num_frames` counts when no fps comes with it
LANES = ("normal", "offpeak", "relaxed")
STATUS = {
    "queued": "queued",
    "running": "in_progress",
    "succeeded": "completed",
    "failed": "failed",
    "cancelled": "failed",  # OpenAI has no word for it; `state` says it
}
_IMAGES = ("input_reference", "image", "first_image", "first_frame", "image_reference", "image_url")
_LAST_IMAGES = ("last_image", "last_frame", "image_tail", "last_image_url")
_CANNOT = {  # what would change the result and no engine here can do
    "video_reference": "take another clip's motion",
    "audio_reference": "take a sound",
    "lora": "take a LoRA",
    "characters": "take a character",
}
_REFERENCE_KEYS = ("kind", "type", "url", "image_url", "video_url", "audio_url", "data", "b64_json", "id", "file_id")
_TYPES = {401: "authentication_error", 402: "insufficient_credits", 403: "permission_error", 429: "rate_limit_error"}
_MAX_ECHO = 16_000  # characters of what goes back as it came


def job_id(video_id: str) -> str:
    """The job behind a video's id; what is no such id becomes one that no job has."""
    return f"job_{video_id.removeprefix(PREFIX)}" if re.fullmatch(r"video_[0-9a-f]{24}", video_id) else "job_none"


def video_id(job_id: str) -> str:
    return PREFIX + job_id.removeprefix("job_")


def parse(fields: Fields, *, prompt_needed: bool = True) -> Asked:
    """What is asked for. Raises BadSpec naming the field, NotSupported for what nothing here can do."""
    prompt = text(fields, "prompt")
    if prompt_needed and not prompt.strip():
        raise bad("prompt", "The prompt is empty.", 'Say what to show, for example "a red ball bounces on snow".')
    for name, what in _CANNOT.items():
        if fields.get(name) not in (None, "", [], {}):
            raise NotSupported(f"No model here can {what} ({name}).", hint=f"Leave {name} out.", field=name)
    return Asked(
        prompt=prompt,
        negative_prompt=text(fields, "negative_prompt"),
        model=text(fields, "model", limit=200).strip(),
        seconds=_seconds(fields),
        size=_size(fields),
        aspect=text(fields, "aspect", "aspect_ratio", limit=20).strip().replace("/", ":"),
        seed=_seed(fields),
        steps=whole(fields, "steps", "num_inference_steps"),
        guidance=number(fields, "guidance", "guidance_scale", "true_cfg_scale"),
        sound=_flag_or_none(fields, "sound"),
        tier=text(fields, "tier", limit=100).strip(),
        preset=text(fields, "preset", limit=100).strip(),
        loras=_loras(fields),
        options=_options(fields),
        references=_references(fields),
        max_units=_max_units(fields),
        camera=_camera(fields),
        image=_reference(fields, _IMAGES),
        last_image=_reference(fields, _LAST_IMAGES),
        extend=_reference(fields, ("video", "extend")),
        fit="pad" if choice(fields, "fit", of=("crop", "pad")) == "pad" else "crop",
        n=_takes(fields),
        draft=flag(fields, "draft"),
        lane=choice(fields, "lane", of=LANES) or "normal",
        project_id=text(fields, "project", "project_id", limit=100).strip(),
        metadata=_object(fields, "metadata"),
        echo=echo(fields),
        sound_flag=sound(fields, "generate_sound"),
    )


def show(
    job: Any,
    spec: ClipSpec,
    shape: Shape,
    *,
    links: Mapping[str, str | None],
    position: int | None = None,
    remixed_from: str | None = None,
    expires_at: float | None = None,
) -> dict[str, Any]:
    """The video object. `spec` is the job's, its pictures left out; `shape` what it came to; `links` the addresses of
    what there is to see.
    """
    request = job.request or {}
    size = f"{shape.width}x{shape.height}"
    return {
        "id": video_id(job.id),
        "object": "video",
        "model": job.model,
        "status": STATUS[job.state],
        "progress": progress(job),
        "created_at": int(job.created_at),
        "completed_at": int(job.finished_at) if job.state == "succeeded" and job.finished_at else None,
        "expires_at": int(expires_at) if expires_at else None,
        "seconds": seconds_shown(shape),
        "size": size,
        "prompt": spec.prompt,
        "remixed_from_video_id": remixed_from,
        "error": _job_error(job),
        # from here on ours
        "state": job.state,
        "negative_prompt": spec.negative_prompt,
        "seed": spec.seed,
        "steps": shape.steps,
        "guidance": None if shape.guidance is None else spec.guidance,
        "sound": shape.sound,
        "preset": spec.preset,
        "loras": [lora.to_dict() for lora in spec.loras],
        "options": dict(spec.options),
        "references": [{"kind": one.kind, "name": one.name, "file": one.file} for one in spec.references],
        "frames": shape.total,
        "fps": float(shape.fps),
        "aspect": aspect_of(shape.size),
        "camera": spec.camera.to_dict() if spec.camera else None,
        "draft": bool(request.get("draft")),
        "lane": job.lane,
        "credits": job.units / 100,
        "step": job.step,
        "step_count": job.steps,
        "queue_position": position,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
        "batch_id": job.batch_id,
        "project_id": job.project_id,
        "clip_id": job.clip_id,
        "relation": job.relation,
        "parent_clip_id": job.parent_clip_id,
        "requested_model": request.get("model") or job.model,
        "requested_size": request.get("size") or size,
        "notes": list(request.get("notes") or ()),
        "metadata": request.get("metadata") or {},
        **links,
    }


def fail(error: VitascopeError) -> tuple[int, dict[str, Any]]:
    """(HTTP status, body) of an error."""
    kind = _TYPES.get(error.status, "invalid_request_error" if error.status < 500 else "server_error")
    told = {
        "message": error.message,
        "type": kind,
        "param": error.field or None,
        "code": error.code,
        "hint": error.hint,
    }
    if rule := getattr(error, "rule", ""):
        told["rule"] = rule
    told |= getattr(error, "more", {})  # what a program needs to know of it
    return error.status, {"error": told}


def progress(job: Any) -> int:
    """0 to 100; 100 only when the clip is there, because writing it comes after the last step."""
    if job.state == "succeeded":
        return 100
    return min(99, 100 * job.step // job.steps) if job.steps else 0


def seconds_shown(shape: Shape) -> str:
    """The true length, as OpenAI writes it: "4". The first frame is not counted, so that 65 frames are four seconds."""
    return f"{float(shape.total_seconds):.4g}"


def _job_error(job: Any) -> dict[str, Any] | None:
    if job.state == "cancelled":
        return {"code": "cancelled", "message": "This video was cancelled. Nothing was charged.", "hint": ""}
    if job.state != "failed":
        return None
    return {
        "code": job.error_code or "failed",
        "message": job.error_message or "It could not be made.",
        "hint": job.error_hint or "",
    }


def _seconds(fields: Fields) -> float | None:
    given = number(fields, "seconds", "duration", "duration_seconds")
    frames = number(fields, "num_frames")
    if given is not None or frames is None:
        return given
    return max(0.0, (frames - 1) / (number(fields, "fps") or VLLM_FPS))


def _size(fields: Fields) -> Size | None:
    size = text(fields, "size", "resolution", limit=40).strip().lower()
    if size in ("", "auto", "adaptive"):
        width, height = whole(fields, "width"), whole(fields, "height")
        if width is None and height is None:
            return None
        if width is None or height is None:
            raise bad("size", "Only one of height and width is given.", "Give both, or size.")
        size = f"{width}x{height}"
    found = re.fullmatch(r"(\d{1,5})\s*[x*×:]\s*(\d{1,5})", size, re.ASCII)
    if not found or not all(int(side) for side in found.groups()):
        raise bad("size", f'The size is "{size}".', "Width and height, for example 1280x720.")
    return int(found[1]), int(found[2])


def _seed(fields: Fields) -> int | None:
    seed = whole(fields, "seed")
    return None if seed == -1 else seed  # what many clients send for "any"


def _takes(fields: Fields) -> int:
    n = whole(fields, "n", "num_outputs_per_prompt")
    if n is not None and not 1 <= n <= 100:
        raise bad("n", f"{n} takes cannot be made.", "1 to 100.")
    return 1 if n is None else n


def _camera(fields: Fields) -> CameraPath | None:
    """Words ("orbit left") or rows of eight numbers, bare or as {"words": ...}, {"points": ...}."""
    given = structure(fields, "camera", "camera_path")
    if isinstance(given, dict):
        given = given.get("words") or given.get("points")
    if given in (None, "", []):
        return None
    try:
        if isinstance(given, str):
            return CameraPath(words=given.strip()) if given.strip() else None
        return CameraPath(points=tuple(tuple(float(value) for value in row) for row in given))
    except BadSpec as error:
        raise bad("camera", error.message, error.hint) from error
    except (TypeError, ValueError, OverflowError) as error:
        raise bad("camera", "The camera path is not a list of rows of numbers.", "Each row has eight.") from error


def _reference(fields: Fields, names: tuple[str, ...]) -> Any:
    return structure(fields, *names)


def _flag_or_none(fields: Fields, name: str) -> bool | None:
    return None if structure(fields, name) is None else flag(fields, name)


def _loras(fields: Fields) -> tuple[Lora, ...]:
    """A list of {"name", "weight"}, or an object of weights by name."""
    given = structure(fields, "loras")
    if given is None:
        return ()
    rows = [{"name": name, "weight": weight} for name, weight in given.items()] if isinstance(given, dict) else given
    try:
        return tuple(Lora.from_dict(row) for row in rows)
    except BadSpec as error:
        raise bad("loras", error.message, error.hint) from error
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise bad("loras", "loras is not a list of LoRAs.", 'For example [{"name": "film", "weight": 0.8}].') from error


def _options(fields: Fields) -> tuple[tuple[str, Option], ...]:
    try:
        return options(_object(fields, "options"))
    except BadSpec as error:
        raise bad("options", error.message, error.hint) from error


def _references(fields: Fields) -> tuple[AskedReference, ...]:
    """A list, in which each is a file, an address, an id, or an object with one of them, its `kind` and its `name`; or
    an object of such by their names. In a form also one file alone, or several of the same field.
    """
    found = structure(fields, "references")
    if isinstance(found, dict) and not any(key in found for key in _REFERENCE_KEYS):
        named = [(str(name), given) for name, given in found.items()]
    else:
        named = [("", given) for given in (found if isinstance(found, list) else [] if found is None else [found])]
    return tuple(_one_reference(name, given) for name, given in named)


def _one_reference(name: str, given: Any) -> AskedReference:
    if isinstance(given, str) and given.strip()[:1] == "{":
        given = structure({"references": given}, "references")  # an object in a field of a form
    if not isinstance(given, Mapping):
        return AskedReference(given, name=name)
    kind = choice(given, "kind", "type", of=REFERENCE_KINDS)
    rest = {key: value for key, value in given.items() if key not in ("kind", "type", "name")}
    return AskedReference(rest, kind, text(given, "name", limit=100).strip() or name)


def _max_units(fields: Fields) -> int | None:
    most = number(fields, "max_credits")
    if most is None:
        return None
    if not 0 <= most <= 10**12:
        raise bad("max_credits", f"max_credits must be 0 or more, got {most:g}.", "In credits, for all takes.")
    return math.floor(most * 100 + 1e-6)


def _object(fields: Fields, name: str) -> dict[str, Any]:
    found = structure(fields, name)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise bad(name, f"{name} is not an object.", 'For example {"order": "17"}.')
    if len(str(found)) > _MAX_ECHO:
        raise bad(name, f"{name} is too large.", f"At most {_MAX_ECHO:,} characters.")
    return found
