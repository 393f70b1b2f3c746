"""Google's Interactions: one resource that holds what was asked and what the model made of it. Without `background` the
answer waits for the clip. Pure.

The clip is in the last step, inline, as a file's address, or as both when nothing is said of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from vitascope.errors import NotSupported, VitascopeError
from vitascope.vendors import size_tiers
from vitascope.vendors.api import Call, Dialect, Earlier, Reply, Route
from vitascope.vendors.callback import Callback, Message, Secrets
from vitascope.vendors.common import echo, emptied, inner, refuse, sentence
from vitascope.vendors.fields import Fields, bad, choice, flag, number, structure, text, whole
from vitascope.vendors.google import files as google_files
from vitascope.vendors.google import veo as google
from vitascope.vendors.google.files import FILE_SKIN, VERSIONS, stamp
from vitascope.vendors.request import Asked
from vitascope.vendors.view import View

HOLD_SECONDS = 600.0
TASKS = {
    "text_to_video": "",
    "image_to_video": "",
    "extend": "",
    "reference_to_video": "take reference pictures",
    "edit": "change a given clip",
    "upscale": "make a given clip larger",
}
STATUS = {
    "queued": "queued",
    "running": "in_progress",
    "succeeded": "completed",
    "failed": "failed",
    "cancelled": "cancelled",
}
_DONE = {"succeeded": "interaction.completed", "failed": "interaction.failed", "cancelled": "interaction.cancelled"}


def parse(call: Call) -> Asked:
    """What is to be made of the input. Raises BadSpec, NotSupported."""
    fields = call.fields
    _refuse(fields)
    wanted, config = _format(fields), inner(fields, "generation_config")
    task = text(inner(config, "video_config"), "task", limit=60)
    if task and (what := TASKS.get(task, "do that")):
        raise NotSupported(f'No model here can {what} (task "{task}").', hint="text_to_video, image_to_video, extend.")
    items = list(_items(structure(fields, "input")))
    words = "\n".join(word for item in items if item["type"] == "text" and (word := text(item, "text")))
    pictures, clips = ([item for item in items if item["type"] == kind] for kind in ("image", "video"))
    if any(item["type"] not in ("text", "image", "video") for item in items):
        raise NotSupported("No model here takes sounds or documents.", hint="Send text, pictures, or a clip.")
    still = wanted.get("type") == "image"
    earlier = text(fields, "previous_interaction_id", limit=100)
    extend = _extend(task, clips, earlier)
    first, last = _frames(task, pictures)
    if not (words.strip() or first or extend):
        raise bad("input", "The input says nothing.", 'Say what to show, for example "a red ball bounces on snow".')
    size, aspect, notes = size_tiers.read(
        text(wanted, "resolution", "image_size", limit=20), text(wanted, "aspect_ratio", limit=20), pictured=bool(first)
    )
    hook = inner(fields, "webhook_config")
    return Asked(
        prompt=words,
        model=text(fields, "model", limit=200),
        seconds=None if still else _seconds(wanted),
        size=None if extend else size,
        aspect="" if extend else aspect,
        seed=whole(config, "seed"),
        image=first,
        last_image=last,
        extend=extend,
        still=still,
        operation="image" if still else "video",
        callback_url=google.callback_url(hook),
        metadata=_kept(fields, hook),
        echo={**echo(fields), "delivery": choice(wanted, "delivery", of=("inline", "uri"))},
        notes=notes,
    )


def _refuse(fields: Fields) -> None:
    refuse(fields, {"agent": "be an agent", "tools": "use tools", "cached_content": "use cached content"})
    if flag(fields, "stream"):
        raise NotSupported("An interaction is not streamed while it is made.", hint="Send background=true, and poll.")


def _format(fields: Fields) -> dict[str, Any]:
    """The form of answer that is a clip or a picture."""
    given = structure(fields, "response_format")
    every = given if isinstance(given, list) else [given or {}]
    if not all(isinstance(one, dict) for one in every):
        raise bad("response_format", "response_format is not an object.", 'For example {"type": "video"}.')
    found = next((one for one in every if one.get("type", "video") in ("video", "image")), None)
    if found is None:
        raise NotSupported("No model here writes text or makes sound.", hint='response_format={"type": "video"}.')
    refuse(found, {"gcs_uri": "write to Google Cloud Storage"})
    return found


def _items(given: Any) -> Iterator[dict[str, Any]]:
    """The pieces of the input: a text, one piece, a list of them, or a conversation's turns."""
    if isinstance(given, str):
        yield {"type": "text", "text": given}
    elif isinstance(given, list):
        for one in given:
            yield from _items(one)
    elif isinstance(given, dict) and (content := given.get("content")) is not None:
        if given.get("type", "user_input") == "user_input" and given.get("role", "user") == "user":
            yield from _items(content)
    elif isinstance(given, dict):
        yield {**given, "type": str(given.get("type") or ("text" if "text" in given else ""))}
    elif given is not None:
        raise bad("input", "The input is neither a text nor a list of contents.", '[{"type": "text", "text": "..."}]')


def _extend(task: str, clips: list[dict[str, Any]], earlier: str) -> Any:
    if len(clips) > 1:
        raise NotSupported(f"{len(clips)} clips were given.", hint="One can be continued.")
    if (clips or earlier) and task != "extend":
        raise NotSupported(
            "No model here can change a given clip.", hint='A task of "extend" in generation_config continues it.'
        )
    if task == "extend" and not (clips or earlier):
        raise bad("input", "The clip to be continued is missing.", "Send it, or previous_interaction_id.")
    return google.clip(clips[0], "input") if clips else Earlier(earlier) if earlier else None


def _frames(task: str, pictures: list[dict[str, Any]]) -> tuple[Any, Any]:
    """The first and the last picture. Two without a word of what they are would be references."""
    if len(pictures) > (2 if task == "image_to_video" else 1):
        raise NotSupported(
            f"{len(pictures)} pictures were given; no model here takes references.",
            hint='With the task "image_to_video" two are the first and the last.',
        )
    found = [google.picture(one, "input") for one in pictures]
    return (found + [None, None])[0], (found + [None, None])[1]


def _seconds(wanted: Fields) -> float | None:
    """5, "5" or "5s"."""
    given = wanted.get("duration")
    if isinstance(given, str):
        given = re.sub(r"\s*s(ec(onds?)?)?$", "", given.strip().lower())
    return number({"duration": given}, "duration")


def _kept(fields: Fields, hook: Fields) -> dict[str, Any]:
    labels, user = inner(fields, "labels"), inner(hook, "user_metadata")
    return {**({"labels": labels} if labels else {}), **({"user_metadata": user} if user else {})}


def show(call: Call, view: View) -> Reply:
    """The interaction."""
    body: dict[str, Any] = {
        "id": view.handle,
        "object": "interaction",
        "status": STATUS[view.state],
        "model": view.asked_model,
        "created": stamp(view.created),
        "updated": stamp(view.updated or view.created),
        "steps": [],
    }
    if view.state == "succeeded":
        body["steps"] = [{"type": "model_output", "content": [_content(call, take) for take in _good(view)]}]
    elif view.error:
        words = sentence(view.error)
        body["errors"] = [{"code": view.error.code, "message": words}]
    if "labels" in view.metadata:
        body["labels"] = view.metadata["labels"]
    if view.parent:
        body["previous_interaction_id"] = view.parent
    return Reply(200, body)


def _good(view: View) -> list[View]:
    return [take for take in view.takes if take.state == "succeeded"] or [view]


def _content(call: Call, view: View) -> dict[str, Any]:
    delivery = view.echo.get("delivery") or "both"
    body: dict[str, Any] = {"type": "image" if view.is_still else "video"}
    body["mime_type"] = "image/png" if view.is_still else "video/mp4"
    if delivery != "uri":
        body["data"] = google.inlined(view.image() if view.is_still else view.content())
    if delivery != "inline":
        body["uri"] = view.image_url if view.is_still else google_files.file_url(call, view.handle)
    return body


def fail(error: VitascopeError, call: Call | None) -> Reply:
    """As all of Google's, but that an error's code is a word here."""
    said = google.fail(error, call)
    assert isinstance(said.body, dict)
    fault = said.body["error"]
    return Reply(said.status, {"error": {**fault, "code": fault["status"].lower()}})


def hold(call: Call) -> float:
    return 0.0 if flag(call.fields, "background") else HOLD_SECONDS


def tell(view: View, state: str, secrets: Secrets, id: str, now: float) -> Message:
    user: Mapping[str, Any] = view.metadata.get("user_metadata") or {}
    more = {"user_metadata": user} if user else {}
    return google.notice(view, _DONE[state], view.handle, secrets, id, now, **more)


def _routes(version: str, project: str) -> tuple[Route, ...]:
    path = f"/{version}{project}/interactions"
    return (
        Route(
            method="POST",
            path=path,
            does="create",
            name="text and image to video, extend, image",
            parse=parse,
            show=show,
            hold=hold,
        ),
        Route(method="GET", path=f"{path}/{{id}}", does="get", name="interaction", show=show),
        Route(method="POST", path=f"{path}/{{id}}/cancel", does="cancel", name="cancel", show=show),
        Route(
            method="DELETE",
            path=f"{path}/{{id}}",
            does="delete",
            name="delete",
            show=emptied,
        ),
    )


SNIPPET = """\
import base64; from google import genai
client = genai.Client(api_key="{key}", http_options=genai.types.HttpOptions(base_url="{base}"))
made = client.interactions.create(model="gemini-omni-flash", input="a red ball bounces on snow",
                                  response_format={"type": "video", "duration": "4s"})
open("ball.mp4", "wb").write(base64.b64decode(made.output_video.data))"""

DIALECT = Dialect(
    name="interactions",
    title="Google Interactions",
    prefix="/interactions",
    also_under=("/google", "/gemini"),
    routes=tuple(
        route
        for version in VERSIONS
        for project in ("", "/projects/{project}/locations/{location}")
        for route in _routes(version, project)
    ),
    fail=fail,
    claims=lambda path, headers: path.startswith("/v1") and "/interactions" in path,
    upload_skin=FILE_SKIN,
    callback=Callback(tell, states=("succeeded", "failed", "cancelled")),
    snippet=SNIPPET,
    sdk="google-genai",
    ignored=("system_instruction", "safety_settings", "service_tier", "store", "response_mime_type"),
    aliases=("gemini-omni-*",),
    docs="Gemini API: Interactions",
    family="google",
)
