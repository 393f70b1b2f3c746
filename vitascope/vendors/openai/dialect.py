"""OpenAI's videos, which is also our native form: its fields, ours beside them, and the extra ones that self-hosted
servers of this form take (vLLM-Omni's names). Pure: what came in becomes `Asked`, a job becomes a video object, an
error becomes OpenAI's error body.

OpenAI's clients send every field as text in a form, others send JSON; both come here as one mapping.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from vitascope.clip import FPS, CameraPath, ClipSpec, Size
from vitascope.errors import BadSpec, NotSupported, VitascopeError
from vitascope.vendors.common import echo
from vitascope.vendors.fields import Fields, bad, choice, flag, number, structure, text, whole
from vitascope.vendors.request import Asked

PREFIX = "video_"
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
    notes = ["No sound is made; generate_sound was left out."] if flag(fields, "generate_sound") else []
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
        notes=tuple(notes),
    )


def show(
    job: Any,
    spec: ClipSpec,
    *,
    links: Mapping[str, str | None],
    position: int | None = None,
    remixed_from: str | None = None,
    expires_at: float | None = None,
) -> dict[str, Any]:
    """The video object. `spec` is the job's, its pictures left out; `links` the addresses of what there is to see."""
    request = job.request or {}
    size = f"{spec.shape[0]}x{spec.shape[1]}"
    return {
        "id": video_id(job.id),
        "object": "video",
        "model": job.model,
        "status": STATUS[job.state],
        "progress": progress(job),
        "created_at": int(job.created_at),
        "completed_at": int(job.finished_at) if job.state == "succeeded" and job.finished_at else None,
        "expires_at": int(expires_at) if expires_at else None,
        "seconds": seconds_shown(spec),
        "size": size,
        "prompt": spec.prompt,
        "remixed_from_video_id": remixed_from,
        "error": _job_error(job),
        # from here on ours
        "state": job.state,
        "negative_prompt": spec.negative_prompt,
        "seed": spec.seed,
        "steps": spec.steps,
        "guidance": spec.guidance,
        "aspect": spec.aspect,
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
    return error.status, {"error": told}


def progress(job: Any) -> int:
    """0 to 100; 100 only when the clip is there, because writing it comes after the last step."""
    if job.state == "succeeded":
        return 100
    return min(99, 100 * job.step // job.steps) if job.steps else 0


def seconds_shown(spec: ClipSpec) -> str:
    """The true length, as OpenAI writes it: "4". The first frame is not counted, so that 65 frames are four seconds."""
    return "0" if spec.is_still else f"{(spec.frames - 1) / FPS:g}"


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
    return max(0.0, (frames - 1) / (number(fields, "fps") or FPS))


def _size(fields: Fields) -> Size | None:
    size = text(fields, "size", "resolution", limit=40).strip().lower()
    if size in ("", "auto", "adaptive"):
        width, height = whole(fields, "width"), whole(fields, "height")
        if width is None and height is None:
            return None
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


def _object(fields: Fields, name: str) -> dict[str, Any]:
    found = structure(fields, name)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise bad(name, f"{name} is not an object.", 'For example {"order": "17"}.')
    if len(str(found)) > _MAX_ECHO:
        raise bad(name, f"{name} is too large.", f"At most {_MAX_ECHO:,} characters.")
    return found
