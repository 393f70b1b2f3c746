"""What all bodies and answers of the routes share: strict names, clean texts, and lists with their end marks. Answers
are typed, so that clients can be generated from the OpenAPI page.
"""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from vitascope.vendors.fields import clean

T = TypeVar("T")


class Said(BaseModel):
    """A body that was sent. Unknown names never fail; texts that no database can keep do."""

    model_config = ConfigDict(extra="ignore")

    @model_validator(mode="before")
    @classmethod
    def _clean(cls, data: Any) -> Any:
        try:
            return clean(data)
        except Exception as error:
            raise ValueError(getattr(error, "message", "it cannot be read")) from error


class Answer(BaseModel):
    """An answer. Built from the house's own dataclasses by name."""

    model_config = ConfigDict(from_attributes=True)


class Page(Answer, Generic[T]):
    """A part of a list, in OpenAI's form: ask for what follows with `after=last_id`."""

    object: str = "list"
    data: list[T]
    first_id: str | None = None
    last_id: str | None = None
    has_more: bool = False


class Deleted(Answer):
    id: str
    object: str
    deleted: bool = True


class ErrorDetail(Answer):
    message: str
    type: str
    param: str | None = None
    code: str
    hint: str = ""
    rule: str | None = Field(None, description="The rule of this server's operator that refused.")


class ErrorBody(Answer):
    error: ErrorDetail


def page(items: list[Any], limit: int, *, id: str = "id") -> dict[str, Any]:
    """A page of at most `limit` of these items, of which one more was fetched to see whether there are more."""
    kept = items[:limit]
    first, last = (str(_get(item, id)) for item in (kept[0], kept[-1])) if kept else (None, None)
    return {"object": "list", "data": kept, "first_id": first, "last_id": last, "has_more": len(items) > limit}


def _get(item: Any, name: str) -> Any:
    return item[name] if isinstance(item, dict) else getattr(item, name)
