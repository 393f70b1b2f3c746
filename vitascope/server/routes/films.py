"""/v1/films: a film's document and its versions, what is made for it and what that costs. docs/films-api.md tells it
with examples. The cut, renders and hand-off are in `film_cuts.py`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import Field

from vitascope.errors import BadSpec, Conflict
from vitascope.film import document, edit, state
from vitascope.film.plan import Wish
from vitascope.film.take import KINDS, Kind
from vitascope.orders import admission
from vitascope.server import requests
from vitascope.server.auth import Actor, Here, Who
from vitascope.server.films import Large, making, own, reading, speaking, views
from vitascope.server.films.views import FilmLine, FilmView
from vitascope.server.routes import errors
from vitascope.server.routes.videos import Key
from vitascope.server.schemas import Answer, Deleted, Page, Said
from vitascope.server.schemas import page as pages
from vitascope.store import film_names, film_takes, films, ledger

router = APIRouter(route_class=Large, prefix="/v1/films", tags=["films"])
By = Annotated[str, Field(max_length=80, description="Who changes it; the account's name if not said.")]


class NewFilm(Said):
    document: dict[str, Any] = Field(default_factory=dict, description="docs/films.md has its form.")
    project: str | None = Field(None, max_length=100)
    by: By = ""


class FilmChanges(Said):
    version: int | None = Field(None, ge=1, description="That on which the changes were made; null: the newest.")
    changes: dict[str, Any] = Field(description="A JSON merge patch (RFC 7396) of the document.")
    by: By = ""


class Rename(Said):
    version: int | None = Field(None, ge=1)
    id: str = Field(max_length=40, description="Of a member of the cast.")
    name: str = Field(min_length=1, max_length=100)
    by: By = ""


class Who_(Said):
    by: By = ""


class GateSaid(Said):
    approve: bool = True
    by: By = ""


class FilmMoved(Said):
    project: str | None = Field(None, max_length=100)


class Breakdown(Said):
    source: str = Field(max_length=document.MAX_SOURCE)
    form: Literal["", "fountain", "screenplay_zh", "table", "plain", "idea"] = Field(
        "", description="Empty: it is seen. idea: a script is written of it first; needs llm."
    )
    by: Literal["rules", "llm"] = "rules"
    seconds: int = Field(60, ge=5, le=600, description="Of an idea: about how long the film shall be.")
    confirm: bool = Field(False, description="Of llm: that the words may be sent to where the answer without it says.")


class WarningView(Answer):
    line: int
    text: str


class BreakdownView(Answer):
    object: Literal["breakdown"] = "breakdown"
    form: str
    document: dict[str, Any]
    changes: dict[str, Any] = Field(description="The patch that accepts it.")
    warnings: list[WarningView]
    unsaid: list[str] = Field(description="What of the spoken words is not as in the source.")
    sent: list[str] = Field(description="What left this server, and where it went.")


class VersionView(Answer):
    version: int
    kind: Literal["edit", "undo", "redo"]
    of: int | None
    by: str
    at: float
    paths: list[str]


class History(Answer):
    object: Literal["list"] = "list"
    data: list[VersionView]
    has_more: bool


class WishSaid(Said):
    kinds: list[Kind] = Field(list(KINDS), max_length=4)
    ids: list[Annotated[str, Field(max_length=40)]] = Field(
        default_factory=list, max_length=5000, description="Of shots, lines, cues or scenes; empty: the whole film."
    )
    n: int = Field(1, ge=1, le=20, description="Takes of each still and clip.")
    stale: bool = Field(False, description="Also what is out of date.")
    again: bool = Field(False, description="Another take of what `ids` names, although it is current.")
    max_credits: float | None = Field(None, ge=0, le=1e9)
    version: int | None = Field(None, ge=1)

    def wish(self) -> Wish:
        return Wish(
            kinds=tuple(dict.fromkeys(self.kinds)),
            ids=frozenset(self.ids),
            n=self.n,
            stale=self.stale,
            again=self.again,
        )


class ItemView(Answer):
    of: str
    kind: Kind
    label: str
    n: int
    credits: float
    model: str
    mode: str
    seconds: str
    size: str
    after: str
    notes: list[str]


class RefusedView(Answer):
    of: str
    kind: Kind
    label: str
    code: str
    message: str
    hint: str


class FilmQuote(Answer):
    object: Literal["film_quote"] = "film_quote"
    version: int
    credits: float
    credits_on: bool
    available: float | None
    budget_left: float | None
    items: list[ItemView]
    refused: list[RefusedView]
    notes: list[str]
    sent: list[str] = Field(description="What leaves this machine, and where it goes.")


class BatchView(Answer):
    object: Literal["film_batch"] = "film_batch"
    batch_id: str = Field(description="Empty: nothing was missing.")
    credits: float
    items: list[ItemView]
    film: FilmView


class TakeSaid(Said):
    of: str = Field(max_length=40)
    kind: Kind
    clip_id: str | None = Field(None, max_length=100, description="A clip of the library.")
    upload_id: str | None = Field(None, max_length=100, description="A file that was sent before.")
    choose: bool = False
    by: By = ""


@router.get("", responses=errors(422))
def list_films(
    context: Here,
    actor: Who,
    request: Request,
    trashed: bool = False,
    project: Annotated[str | None, Query(max_length=100)] = None,
    after: Annotated[str | None, Query(max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Page[FilmLine]:
    """The newest first, without their documents."""
    base = context.base_url(request)
    with context.store.read() as tx:
        rows = films.page(tx, actor.id, trashed=trashed, project_id=project, after=after, limit=limit + 1)
        found = [(row, film_takes.shown(tx, row.id), film_takes.cost(tx, row.id)) for row in rows]
    lines = [views.film_line(context, base, row, shown, cost) for row, shown, cost in found]
    return pages(lines, limit)  # type: ignore[return-value]


@router.post("", status_code=201, responses=errors(404, 409, 422))
def create_film(context: Here, actor: Who, request: Request, said: NewFilm) -> FilmView:
    """A new film, of this document or an empty one."""
    film = document.read(said.document)
    speaking.refuse_unknown(speaking.voices_for(context, actor, said.document), None, film)
    with context.store.begin() as tx:
        film_names.refuse_unknown(tx, actor.id, "", None, film)
        made = films.create(tx, actor.id, film, context.now(), project_id=said.project, by=_by(actor, said.by))
    return views.film_view(context, request, actor, made.id)


@router.get("/{film_id}", responses=errors(404))
def retrieve_film(context: Here, actor: Who, request: Request, film_id: str) -> FilmView:
    """Its document, what was made, the state of each part, and what it would cost to go on."""
    return views.film_view(context, request, actor, film_id)


@router.patch("/{film_id}", responses=errors(404, 409, 413, 422))
def change_film(context: Here, actor: Who, request: Request, film_id: str, said: FilmChanges) -> FilmView:
    """Change its document. What somebody else changed meanwhile is not written over: that is a conflict."""
    here = speaking.voices_for(context, actor, said.changes)
    with context.store.begin() as tx:
        before = films.locked(tx, actor.id, film_id)
        row = films.change(
            tx, actor.id, film_id, said.changes, context.now(), version=said.version, by=_by(actor, said.by)
        )
        speaking.refuse_unknown(here, before.film, row.film)
    return views.film_view(context, request, actor, film_id)


@router.delete("/{film_id}", responses=errors(404))
def trash_film(context: Here, actor: Who, film_id: str) -> Deleted:
    """Into the trash. Its clips stay in the library; what is on its way is made to its end."""
    with context.store.begin() as tx:
        films.trash(tx, actor.id, film_id, context.now())
    return Deleted(id=film_id, object="film.trashed")


@router.post("/{film_id}/restore", responses=errors(404))
def restore_film(context: Here, actor: Who, request: Request, film_id: str) -> FilmView:
    """Out of the trash."""
    with context.store.begin() as tx:
        films.restore(tx, actor.id, film_id)
    return views.film_view(context, request, actor, film_id)


@router.post("/{film_id}/move", responses=errors(404, 409, 422))
def move_film(context: Here, actor: Who, request: Request, film_id: str, said: FilmMoved) -> FilmView:
    """Into a project, or out of all."""
    with context.store.begin() as tx:
        films.move(tx, actor.id, film_id, said.project)
    return views.film_view(context, request, actor, film_id)


@router.post("/{film_id}/rename", responses=errors(404, 409, 422))
def rename_member(context: Here, actor: Who, request: Request, film_id: str, said: Rename) -> FilmView:
    """Another name for a member of the cast, also where the shots say the old one. Nothing becomes out of date."""
    with context.store.begin() as tx:
        row = films.locked(tx, actor.id, film_id)
        patch = edit.between(row.film, edit.rename_member(row.film, said.id, said.name))
        films.change(tx, actor.id, film_id, patch, context.now(), version=said.version, by=_by(actor, said.by))
    return views.film_view(context, request, actor, film_id)


@router.post("/{film_id}/undo", responses=errors(404, 409, 422))
def undo_change(context: Here, actor: Who, request: Request, film_id: str, said: Who_ | None = None) -> FilmView:
    """Take the last change back, as a new version."""
    with context.store.begin() as tx:
        films.undo(tx, actor.id, film_id, context.now(), by=_by(actor, said.by if said else ""))
    return views.film_view(context, request, actor, film_id)


@router.post("/{film_id}/redo", responses=errors(404, 409, 422))
def redo_change(context: Here, actor: Who, request: Request, film_id: str, said: Who_ | None = None) -> FilmView:
    """Do the change that was taken back again."""
    with context.store.begin() as tx:
        films.undo(tx, actor.id, film_id, context.now(), by=_by(actor, said.by if said else ""), redo=True)
    return views.film_view(context, request, actor, film_id)


@router.get("/{film_id}/history", responses=errors(404, 422))
def film_history(
    context: Here,
    actor: Who,
    film_id: str,
    before: Annotated[int | None, Query(ge=1)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> History:
    """What was changed by whom, the newest first."""
    with context.store.read() as tx:
        films.get(tx, actor.id, film_id)
        found = films.history(tx, film_id, before=before, limit=limit + 1)
    data = [VersionView.model_validate(one) for one in found[:limit]]
    return History(data=data, has_more=len(found) > limit)


@router.post("/{film_id}/breakdown", responses=errors(404, 409, 413, 422, 502))
def break_down(context: Here, actor: Who, film_id: str, said: Breakdown) -> BreakdownView:
    """A script becomes a proposal. Nothing is kept: accepting it is a change like any other."""
    with context.store.read() as tx:
        row = films.get(tx, actor.id, film_id)
        used = {one.take.of for one in film_takes.shown(tx, film_id)}
    if said.form == "idea" and said.by != "llm":
        raise BadSpec("Only a language model writes a script of an idea.", hint='Say by="llm".', field="by")
    llm = reading.model(context, actor) if said.by == "llm" else None
    if llm and not said.confirm:  # nothing is sent before it was said
        raise Conflict(llm.what_leaves(said.source), hint="Say confirm=true to send it.", field="confirm")
    return BreakdownView.model_validate(
        reading.proposal(row.film, said.source, said.form, used, llm, seconds=said.seconds)
    )


@router.post("/{film_id}/gates/{name}", responses=errors(404, 409, 422))
def pass_gate(
    context: Here,
    actor: Who,
    request: Request,
    film_id: str,
    name: str,
    said: GateSaid,
) -> FilmView:
    """Say yes to what is there now; when that changes, the gate opens again by itself."""
    with context.store.begin() as tx:
        row = films.locked(tx, actor.id, film_id)
        takes = tuple(one.take for one in film_takes.shown(tx, film_id))
        by, now = _by(actor, said.by), context.now()
        passed = state.passing(row.film, takes, name, by=by, at=now, yes=said.approve)
        films.change(tx, actor.id, film_id, passed, now, by=by)
    return views.film_view(context, request, actor, film_id)


@router.post("/{film_id}/quote", responses=errors(404, 409, 422))
def quote_film(context: Here, actor: Who, film_id: str, said: WishSaid) -> FilmQuote:
    """What it would cost to make what is missing, and what cannot be made."""
    found = making.planned(context, actor, film_id, said.wish(), version=said.version)
    with context.store.begin() as tx:
        if context.settings.credits:  # an order would get today's credits too
            ledger.ensure_daily(tx, actor.id, context.plan(actor.account), context.now(), admission.zone(actor.account))
        left = making.budget_left(tx, found.row)
        available = ledger.balance(tx, actor.id, context.now()).available if context.settings.credits else None
    return FilmQuote(
        version=found.row.version,
        credits=found.plan.units / 100,
        credits_on=context.settings.credits,
        available=None if available is None else available / 100,
        budget_left=None if left is None else left / 100,
        items=[ItemView(**one) for one in making.items(found.plan)],
        refused=[RefusedView(**making.told(one)) for one in found.plan.refused],
        notes=found.plan.notes,
        sent=found.plan.sent,
    )


@router.post("/{film_id}/make", status_code=202, responses=errors(402, 404, 409, 422))
def make_film(context: Here, actor: Who, request: Request, film_id: str, said: WishSaid, key: Key = None) -> BatchView:
    """Make it: all of what the quote lists, or nothing."""
    requests.admit(context, actor)
    most = None if said.max_credits is None else round(said.max_credits * 100)
    made = making.make(context, actor, film_id, said.wish(), version=said.version, max_units=most, key=key)
    return BatchView(
        batch_id=made.batch_id,
        credits=made.units / 100,
        items=[ItemView(**one) for one in made.items],
        film=views.film_view(context, request, actor, film_id),
    )


@router.post("/{film_id}/takes", status_code=201, responses=errors(404, 409, 413, 422))
def add_take(context: Here, actor: Who, request: Request, film_id: str, said: TakeSaid) -> FilmView:
    """An own file, or a clip of the library, as a take. No change of the film makes it out of date."""
    own.add(
        context, actor, film_id, of=said.of, kind=said.kind, clip_id=said.clip_id, upload_id=said.upload_id,
        choose=said.choose, by=_by(actor, said.by),
    )  # fmt: skip
    return views.film_view(context, request, actor, film_id)


@router.delete("/{film_id}/takes/{take_id}", responses=errors(404, 409))
def remove_take(context: Here, actor: Who, film_id: str, take_id: str) -> Deleted:
    """Out of the film; one on its way is cancelled. Its clip stays in the library."""
    own.remove(context, actor, film_id, take_id)
    return Deleted(id=take_id, object="film.take.deleted")


def _by(actor: Actor, said: str) -> str:
    return said.strip() or actor.account.name or actor.account.email or "the owner"
