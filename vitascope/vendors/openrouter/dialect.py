"""OpenRouter's videos: one form for the models of many vendors. A job is taken with 202 (the SDK raises at 200) and its
errors are in numbers. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from vitascope.clip import aspect_of
from vitascope.engines.card import ModelCard
from vitascope.errors import NotSupported, VitascopeError
from vitascope.outbound import standard_webhooks
from vitascope.vendors import size_tiers
from vitascope.vendors.api import Call, Cards, Dialect, Earlier, Reply, Route
from vitascope.vendors.callback import Callback, Message, Secrets
from vitascope.vendors.common import echo, sound
from vitascope.vendors.fields import Fields, bad, number, structure, text, whole
from vitascope.vendors.id_formats import prefixed
from vitascope.vendors.request import Asked
from vitascope.vendors.view import View

STATUS = {
    "queued": "pending",
    "running": "in_progress",
    "succeeded": "completed",
    "failed": "failed",
    "cancelled": "cancelled",
}
_CANNOT = {"audio_url": "take a sound", "video_url": "take another clip's look or motion",
           "image_url": "take reference pictures"}  # fmt: skip


def parse(call: Call) -> Asked:
    fields = call.fields
    if fields.get("upscale_factor") not in (None, ""):
        raise NotSupported("No model here can enlarge a given clip.", hint="Leave upscale_factor out.")
    for item in _items(fields, "input_references"):
        what = _CANNOT.get(str(item.get("type")), "take references")
        raise NotSupported(f"No model here can {what}.", hint="A first and a last picture go into frame_images.")
    prompt = text(fields, "prompt")
    if not prompt.strip():
        raise bad("prompt", "The prompt is empty.", 'Say what to show, for example "a red ball bounces on snow".')
    frames = _frames(fields)
    size, aspect, notes = size_tiers.read(
        text(fields, "size", "resolution", limit=40), text(fields, "aspect_ratio", limit=20), pictured=bool(frames)
    )
    before = text(fields, "previous_job_id", limit=100).strip()
    if before and frames.get("first_frame"):
        raise bad("previous_job_id", "A continued clip already has its first picture.", "Leave frame_images out.")
    seed = whole(fields, "seed")
    return Asked(
        prompt=prompt,
        negative_prompt=text(fields, "negative_prompt"),
        model=text(fields, "model", limit=200).strip(),
        seconds=number(fields, "duration"),
        size=size,
        aspect=aspect,
        seed=None if seed is None or seed < 0 else seed,
        image=frames.get("first_frame"),
        last_image=frames.get("last_frame"),
        extend=Earlier(before) if before else None,
        operation="extend" if before else "image to video" if frames else "text to video",
        callback_url=text(fields, "callback_url", limit=2000).strip(),
        echo=echo(fields),
        sound_flag=sound(fields, "generate_audio"),
        notes=notes,
    )


def accepted(call: Call, view: View) -> Reply:
    return Reply(202, generation(call, view))


def shown(call: Call, view: View) -> Reply:
    return Reply(200, generation(call, view))


def generation(call: Call, view: View) -> dict[str, Any]:
    here = f"{call.base}/api/v1/videos/{view.handle}"
    told: dict[str, Any] = {"id": view.handle, "polling_url": here, "status": STATUS[view.state], "model": view.model}
    takes = [take for take in view.takes or (view,) if take.url]
    if view.state == "succeeded":
        told |= {
            "generation_id": view.handle,
            "unsigned_urls": [f"{here}/content?index={index}" for index in range(len(takes))],
            "urls": [take.url for take in takes],
            "usage": {"cost": view.credits, "is_byok": False},
        }
        if view.expires:
            told["expires_at"] = int(view.expires)
    if view.error:
        told["error"] = " ".join(part for part in (view.error.message, view.error.hint) if part)
    if view.notes:
        told["notes"] = list(view.notes)
    return told


def models(call: Call, cards: Cards) -> Reply:
    return Reply(200, {"data": [_model(card) for card in cards]})


def fail(error: VitascopeError, call: Call | None) -> Reply:
    """What a rule refuses is 403 there, and whatever else is wrong with the input 400."""
    status = 403 if hasattr(error, "rule") else 400 if error.status in (415, 422) else error.status
    metadata: dict[str, Any] = {"code": error.code}
    if field := error.field:
        metadata["field"] = field
    if rule := getattr(error, "rule", ""):
        metadata["reasons"] = [rule]
    message = " ".join(part for part in (error.message, error.hint) if part)
    return Reply(status, {"error": {"code": status, "message": message, "metadata": metadata}})


def write(view: View, state: str, secrets: Secrets, id: str, now: float) -> Message:
    body = json.dumps(generation(Call(base=view.origin), view), separators=(",", ":"), ensure_ascii=False).encode()
    return Message(body, standard_webhooks.headers(secrets.webhook, id, int(now), body))


def _frames(fields: Fields) -> dict[str, Any]:
    frames: dict[str, Any] = {}
    for item in _items(fields, "frame_images"):
        kind, inner = str(item.get("frame_type") or "first_frame"), item.get("image_url")
        if kind not in ("first_frame", "last_frame"):
            raise bad("frame_images", f'There is no frame_type "{kind[:40]}".', "first_frame or last_frame.")
        if kind in frames:
            raise bad("frame_images", f"There are two pictures for the {kind}.", "Send one.")
        frames[kind] = inner.get("url") if isinstance(inner, Mapping) else inner
        if not frames[kind]:
            raise bad("frame_images", "A frame has no picture.", '{"image_url": {"url": ...}, "frame_type": ...}.')
    return frames


def _items(fields: Fields, name: str) -> list[Mapping[str, Any]]:
    found = structure(fields, name)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(item, Mapping) for item in found):
        raise bad(name, f"{name} must be a list of objects.", '[{"type": "image_url", "image_url": {"url": ...}}].')
    return found


def _durations(card: ModelCard) -> list[int]:
    """Whole seconds that it makes."""
    lengths = card.format.lengths or range(1, int(card.format.max_seconds) + 1)
    return [int(seconds) for seconds in lengths if seconds == int(seconds) and seconds >= card.format.min_seconds]


def _model(card: ModelCard) -> dict[str, Any]:
    frames = [name for name, mode in (("first_frame", "image"), ("last_frame", "last_image")) if mode in card.modes]
    return {
        "id": card.name,
        "canonical_slug": card.name,
        "name": card.title,
        "description": card.limits,
        "created": 0,
        "hugging_face_id": None,
        "generate_audio": card.sound != "never",
        "seed": True,
        "creativity": None,
        "upscale_factor": None,
        "allowed_passthrough_parameters": ["negative_prompt"],
        "supported_aspect_ratios": list(dict.fromkeys(aspect_of(size) for size in card.format.sizes)),
        "supported_durations": _durations(card),
        "supported_frame_images": frames,
        "supported_resolutions": list(dict.fromkeys(f"{min(size)}p" for size in card.format.sizes)),
        "supported_sizes": [f"{width}x{height}" for width, height in card.format.sizes],
        "pricing_skus": None,
    }


DIALECT = Dialect(
    name="openrouter",
    title="OpenRouter",
    prefix="/openrouter",
    routes=(
        Route(method="POST", path="/api/v1/videos", does="create", name="create", parse=parse, show=accepted),
        Route(method="GET", path="/api/v1/videos/models", does="models", name="models", show=models),
        Route(method="GET", path="/api/v1/videos/{id}", does="get", name="get", show=shown),
        Route(method="GET", path="/api/v1/videos/{id}/content", does="content", name="download"),
    ),
    fail=fail,
    claims=lambda path, headers: path == "/api/v1/videos" or path.startswith("/api/v1/videos/"),
    skin=prefixed("gen-vid-"),
    callback=Callback(write, states=("succeeded", "failed", "cancelled")),
    snippet="""\
from openrouter import OpenRouter
videos = OpenRouter(api_key="{key}", server_url="{base}/api/v1").video_generation
job = videos.generate(model="google/veo-3.1", prompt="a red ball bounces on snow", duration=4)
while job.status in ("pending", "in_progress"): job = videos.get_generation(job_id=job.id)
print(job.urls)
""",
    sdk="openrouter",
    base="/api/v1",
    ignored=("provider", "user", "trace", "session_id"),
    aliases=("google/veo*", "openai/sora*", "bytedance/seedance*", "alibaba/wan*", "kwaivgi/kling*", "minimax/hailuo*",
             "x-ai/grok-imagine-video*", "runway/*"),
    docs="https://openrouter.ai/docs/guides/overview/multimodal/video-generation",
)  # fmt: skip
