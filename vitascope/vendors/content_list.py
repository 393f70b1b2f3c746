"""The list of contents in which Ark and MiniMax's second API say what a clip is made of: a text, and pictures, clips
and sounds with their roles; and how both list tasks. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_args
from urllib.parse import parse_qs

from vitascope.errors import NotSupported
from vitascope.vendors.api import Call, Listing
from vitascope.vendors.common import paging
from vitascope.vendors.fields import Fields, bad, choice, structure, text
from vitascope.vendors.view import State

_CANNOT = {
    "reference_image": "take reference pictures",
    "reference_video": "take another clip's motion or look",
    "reference_audio": "take a sound",
    "video_url": "take another clip's motion or look",
    "audio_url": "take a sound",
}


@dataclass(frozen=True)
class Contents:
    """What the list holds. `draft`: the handle of a draft that is to be finished."""

    prompt: str = ""
    first: Any = None
    last: Any = None
    draft: str = ""


def read(fields: Fields, place: Callable[[Any], Any] = lambda given: given) -> Contents:
    """The list in `content`. `place` turns what stands for a picture into what it means (an upload's handle, say).

    Raises BadSpec naming the item, NotSupported for what no model here can take.
    """
    given = structure(fields, "content")
    items = [{"type": "text", "text": given}] if isinstance(given, str) else given
    if not isinstance(items, list) or not all(isinstance(item, Mapping) for item in items):
        raise bad(
            "content", "content must be a list of objects.", 'For example [{"type": "text", "text": "a red ball"}].'
        )
    words: list[str] = []
    pictures: dict[str, Any] = {}
    draft = ""
    for number, item in enumerate(items):
        kind, role, name = text(item, "type", limit=40), text(item, "role", limit=40), f"content[{number}]"
        if kind == "text":
            words.append(text(item, "text"))
        elif kind == "draft_task":
            draft = text(_inner(item, "draft_task"), "id", limit=100)
        elif kind == "image_url" and role in ("", "first_frame", "last_frame"):
            role = role or "first_frame"
            if role in pictures:
                raise bad(name, f"There are two pictures for the {role}.", "Roles: first_frame, last_frame.")
            pictures[role] = place(_url(item, name))
        elif role in _CANNOT or kind in _CANNOT:
            raise NotSupported(
                f"No model here can {_CANNOT.get(role) or _CANNOT[kind]} ({name}).", hint="Leave it out."
            )
        else:
            raise bad(name, f'{name} is a "{kind}" with the role "{role}".', "Types: text, image_url.")
    return Contents(
        "\n".join(word for word in words if word), pictures.get("first_frame"), pictures.get("last_frame"), draft
    )


def draft_of(fields: Fields) -> str:
    """The handle of the draft that these contents finish; empty when they do not. Never raises."""
    items = fields.get("content")
    for item in items if isinstance(items, list) else []:
        if isinstance(item, Mapping) and item.get("type") == "draft_task":
            inner = item.get("draft_task")
            return str(inner.get("id") or "") if isinstance(inner, Mapping) else ""
    return ""


def listing(call: Call, **only: Any) -> Listing:
    """`?page_num&page_size&filter.status&filter.model&filter.task_ids=a&filter.task_ids=b`; `only` limits it further.
    Raises BadSpec.
    """
    size, page = paging(call.query, "page_size", "page_num", usual=10, most=500)
    state = choice(call.query, "filter.status", of=get_args(State))
    states: tuple[State, ...] = (state,) if state else ()  # type: ignore[assignment]
    return Listing(
        limit=size,
        page=page,
        states=states,
        model=text(call.query, "filter.model", limit=200),
        ids=tuple(parse_qs(call.search).get("filter.task_ids", ())[:500]),
        count=True,
        **only,
    )


def _inner(item: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    inner = item.get(name)
    return inner if isinstance(inner, Mapping) else {}


def _url(item: Mapping[str, Any], name: str) -> Any:
    """The address in {"image_url": {"url": ...}}; some clients leave the inner object out."""
    inner = item.get("image_url")
    found = inner.get("url") if isinstance(inner, Mapping) else inner
    if not isinstance(found, str) or not found.strip():
        raise bad(name, f"{name} has no picture.", 'For example {"image_url": {"url": "https://..."}}.')
    return found.strip()
