"""/v1/admin: vendors and their keys, what may be spent and what was, the orders out now, and the switch that stops all
buying. The same functions as the commands'; no answer holds a key, and none the prompts of others.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import Field
from sqlalchemy import Connection

from vitascope.engines.model_file import ModelFile
from vitascope.engines.remote import key_files, model_lists, vendors
from vitascope.errors import BadSettings, BadSpec
from vitascope.server import model_routes
from vitascope.server.auth import Asking, Here, Operator
from vitascope.server.routes import errors
from vitascope.server.schemas import Answer, Deleted, Page, Said, page
from vitascope.store import accounts, budgets, jobs, ledger, paused, purchases, vendor_book, vendor_health
from vitascope.store.budgets import Budget, vendor_of
from vitascope.store.purchase import Purchase
from vitascope.store.vendor_health import Answers

router = APIRouter(route_class=Asking, prefix="/v1/admin", tags=["admin"])
DAY = 86_400.0
MOST_OUT = 100
Name = Annotated[str, Path(max_length=64)]
Scope = Literal["all", "vendor", "account", "key"]
Hour = Literal["none", "good", "late", "failed"]


class VendorView(Answer):
    name: str
    title: str
    kind: Literal["vendor", "server", "comfy"]
    models: list[str] = Field(description="Those that can be ordered, or could with a key.")
    takes: Literal["key", "pair", "account"] = Field(
        description="What its key is: one word, ACCESS:SECRET, or the JSON file of a service account."
    )
    lists: bool = Field(description="Whether its own list of models can be read.")
    key_end: str = Field(description="The last characters of its key; empty: there is none here.")
    state: Literal["connected", "no_key", "unusable", "key_refused", "no_money", "no_answer", "budget_used_up"]
    why: str = Field(description="What it said, or what is wrong here.")
    since: float | None = Field(description="Since when orders are paused.")
    spent: float = Field(description="US dollars of this month, ordered or spent.")
    budget: float | None = Field(description="For this month; null: none.")
    hours: list[Hour] = Field(description="How its server answered in the last 24 hours, the present one last.")
    sent: int = Field(description="Orders of the last 24 hours.")
    done: int
    usual_seconds: float | None


class NewKey(Said):
    key: str = Field(min_length=1, max_length=key_files.LONGEST)
    replace: bool = False


class Credit(Answer):
    amount: float
    unit: Literal["USD", "credits", "units"]


class Tested(Answer):
    name: str
    address: str = Field(description="What took the key.")
    credit: Credit | None = Field(description="What its account has left there; null: the vendor does not say.")


class Listed(Answer):
    models: list[str] = Field(description="Those that its list has, and that are here now.")
    own: list[str] = Field(description="Of its list, those in a file of the operator's own, which stayed as it is.")
    left_out: dict[str, str] = Field(description="The vendor's names of those that cannot be ordered, and why.")


class Buying(Answer):
    on: bool
    why: str


class Switch(Said):
    on: bool
    why: str = Field("", max_length=200)


class BudgetView(Answer):
    scope: Scope
    name: str = Field(description="Of the vendor, or the id of the account or API key; empty for everything.")
    title: str = Field(description="How people call it.")
    period: Literal["day", "month"]
    dollars: float
    spent: float


class NewBudget(Said):
    scope: Scope = "all"
    name: str = Field("", max_length=64, description="Of a key also its first ten characters.")
    period: Literal["day", "month"] = "month"
    dollars: float = Field(ge=0, le=10_000_000)


class SpentView(Answer):
    day: str
    vendor: str
    model: str
    purchases: int
    dollars: float
    unknown: int = Field(description="Purchases of unknown cost.")


class OrderOut(Answer):
    id: str
    vendor: str
    model: str
    job_id: str
    state: Literal["written", "sent", "unsure", "placed"]
    can_stop: bool
    dollars: float | None
    note: str
    created_at: float
    sent_at: float | None
    next_at: float | None


class RouteView(Answer):
    name: str
    models: list[str] = Field(description="In the order in which they are asked.")


@router.get("/vendors", responses=errors())
def list_vendors(context: Here, actor: Operator) -> Page[VendorView]:
    """Vendors and other servers, first those that are in use."""
    now, files = context.now(), context.models.remote()
    keys = {one.name: one for one in key_files.every(context.settings.home / "keys")}
    names = {*vendors.VENDORS, *(vendor_of(name) for name in files)}
    with context.store.read() as tx:
        pauses, health = paused.read(tx), vendor_health.read(tx, now)
        recent, limits = vendor_book.recent(tx, now - DAY), budgets.every(tx)
        spent = {name: budgets.spent(tx, Budget("vendor", name, "month", 0), now) for name in names}
        full = {one.name for one in limits if one.scope == "vendor" and budgets.spent(tx, one, now) >= one.most}
    monthly = {one.name: one.most for one in limits if one.scope == "vendor" and one.period == "month"}
    views = []
    for name in names:
        own = {model: file for model, file in files.items() if vendor_of(model) == name}
        key, day = keys.get(name), recent.get(name, vendor_book.Recent(0, 0, None))
        state, why, since = _state(name, key, own, pauses, name in full)
        shipped = [f"{name}/{path.stem}" for path in key_files.models(name)]
        view = VendorView(
            name=name,
            title=vendors.VENDORS[name].title if name in vendors.VENDORS else name,
            kind=_kind(name, own),
            models=sorted(own) or shipped,
            takes=key_files.form(name),
            lists=name in model_lists.LISTED,
            key_end=key.end if key else "",
            state=state,  # type: ignore[arg-type]
            why=why,
            since=since,
            spent=spent[name] / 1e6,
            budget=monthly[name] / 1e6 if name in monthly else None,
            hours=[hour.state for hour in health.get(name, [Answers()] * vendor_health.HOURS)],  # type: ignore[misc]
            sent=day.sent,
            done=day.done,
            usual_seconds=day.usual_seconds,
        )
        views.append(view)
    views.sort(key=lambda view: (view.state == "no_key", view.title.lower()))
    return page(views, len(views), id="name")  # type: ignore[return-value]


@router.put("/vendors/{name}/key", responses=errors(409, 422))
def add_key(context: Here, actor: Operator, name: Name, said: NewKey) -> Page[VendorView]:
    """Keep a key on this machine, in a file that nobody else reads; all vendors as they are then. It is not tested."""
    with _as_request():
        key_files.add(context.settings.home / "keys", name, said.key.strip(), replace=said.replace)
    with context.store.begin() as tx:  # what was refused with the old key may be tried at once
        for paused_name in paused.read(tx):
            if vendor_of(paused_name) == name:
                paused.go_on(tx, paused_name)
    return list_vendors(context, actor)


@router.post("/vendors/{name}/test", responses=errors(404))
def test_key(context: Here, actor: Operator, name: Name) -> Tested:
    """Ask the vendor whether it takes the key, and what is left there where it says so. Nothing is bought."""
    with _as_request():
        taken = key_files.tested(name, {})
    left = Credit(amount=taken.credit.amount, unit=taken.credit.unit) if taken.credit else None
    return Tested(name=name, address=taken.address, credit=left)


@router.post("/vendors/{name}/models", responses=errors(404, 422))
def read_models(context: Here, actor: Operator, name: Name) -> Listed:
    """Read the vendor's own list of models, with prices, into model files. A list that cannot be used changes none."""
    with _as_request():
        found = model_lists.renew(context.settings.home / "models", name, context.now())
    return Listed(models=list(found.models), own=list(found.own), left_out=dict(found.left_out))


@router.delete("/vendors/{name}/key", responses=errors(404, 409))
def remove_key(context: Here, actor: Operator, name: Name, force: bool = False) -> Deleted:
    """Take a key away; refused while orders need it, unless `force`."""
    if not force:
        with context.store.read() as tx:
            purchases.refuse_under_way(tx, name)
    key_files.remove(context.settings.home / "keys", name)
    return Deleted(id=name, object="vendor.key")


@router.get("/buying", responses=errors())
def read_buying(context: Here, actor: Operator) -> Buying:
    """Whether anything is bought from other servers now."""
    with context.store.read() as tx:
        why = purchases.stopped(tx)
    return Buying(on=why is None, why=why or "")


@router.put("/buying", responses=errors(422))
def switch_buying(context: Here, actor: Operator, said: Switch) -> Buying:
    """Stop all buying, or let it go on, also where it was paused. What is bought already is still brought home."""
    with context.store.begin() as tx:
        if said.on:
            purchases.go_on(tx)
            paused.go_on(tx)
        else:
            purchases.stop(tx, said.why, context.now())
    return read_buying(context, actor)


@router.get("/budgets", responses=errors())
def list_budgets(context: Here, actor: Operator) -> Page[BudgetView]:
    """How much may be spent with other servers, and what is spent or ordered of it."""
    with context.store.read() as tx:
        views = [_budget(tx, one, context.now()) for one in budgets.every(tx)]
    return page(views, len(views), id="scope")  # type: ignore[return-value]


@router.put("/budgets", responses=errors(404, 409, 422))
def set_budget(context: Here, actor: Operator, said: NewBudget) -> BudgetView:
    """Let no more than this be spent, in the place of the budget before."""
    with context.store.begin() as tx:
        name = "" if said.scope == "all" else said.name
        if said.scope == "key":
            name = accounts.find_key(tx, name).id
        one = Budget(said.scope, name, said.period, round(said.dollars * 1e6))
        budgets.put(tx, one, context.now())
        return _budget(tx, one, context.now())


@router.delete("/budgets", responses=errors(404, 422))
def remove_budget(
    context: Here,
    actor: Operator,
    scope: Scope = "all",
    name: Annotated[str, Query(max_length=64)] = "",
    period: Literal["day", "month"] = "month",
) -> Deleted:
    """Take this limit away."""
    with context.store.begin() as tx:
        budgets.remove(tx, scope, name, period)
    return Deleted(id=f"{scope}:{name}:{period}", object="budget")


@router.get("/spend", responses=errors(422))
def list_spend(context: Here, actor: Operator, days: Annotated[int, Query(ge=1, le=366)] = 30) -> Page[SpentView]:
    """What was spent with other servers, by day of UTC and model."""
    since = (context.now() // DAY - days + 1) * DAY
    with context.store.read() as tx:
        found = vendor_book.by_day(tx, since)
    views = [
        SpentView(
            day=one.day,
            vendor=vendor_of(one.model),
            model=one.model,
            purchases=one.purchases,
            dollars=one.amount / 1e6,
            unknown=one.unknown,
        )
        for one in found
    ]
    return page(views, len(views), id="day")  # type: ignore[return-value]


@router.get("/orders", responses=errors())
def list_orders(context: Here, actor: Operator) -> Page[OrderOut]:
    """Orders that are with other servers now, the oldest first."""
    with context.store.read() as tx:
        found = vendor_book.out(tx, MOST_OUT + 1)
    return page([_order(one) for one in found], MOST_OUT)  # type: ignore[return-value]


@router.post("/orders/{purchase_id}/look", responses=errors(404))
def look_again(context: Here, actor: Operator, purchase_id: Name) -> OrderOut:
    """Ask its server now instead of later."""
    with context.store.begin() as tx:
        return _order(purchases.look_again(tx, purchase_id, context.now()))


@router.post("/orders/{purchase_id}/let-go", responses=errors(404, 409))
def let_go(context: Here, actor: Operator, purchase_id: Name) -> OrderOut:
    """Stop it where that can be. The credits are back; a clip that is found later is its account's for nothing."""
    with context.store.begin() as tx:
        held = purchases.look_again(tx, purchase_id, context.now())
        if jobs.ask_cancel(tx, None, held.job_id, context.now()).state == "cancelled":
            ledger.void(tx, held.job_id, context.now())
    return _order(held)


@router.get("/routes", responses=errors())
def list_routes(context: Here, actor: Operator) -> Page[RouteView]:
    """The routes that an order may name, from the plans file."""
    found = [route for name in model_routes.names(context) if (route := model_routes.find(context, name))]
    views = [RouteView(name=name, models=[card.name for card in cards]) for name, cards in dict(found).items()]
    return page(views, len(views), id="name")  # type: ignore[return-value]


@contextmanager
def _as_request() -> Iterator[None]:
    """What would be a fault of the settings is one of the request here. Raises BadSpec."""
    try:
        yield
    except BadSettings as error:
        raise BadSpec(error.message, hint=error.hint, field="key") from error


def _state(
    name: str,
    key: key_files.KeyFile | None,
    own: dict[str, ModelFile],
    pauses: dict[str, paused.Pause],
    is_full: bool,
) -> tuple[str, str, float | None]:
    """(state, why, since)"""
    if key and key.fault:
        return "unusable", key.fault, None
    if not own and not key:
        return "no_key", "", None
    held = [pause for model, pause in pauses.items() if vendor_of(model) == name]
    if held:
        first = min(held, key=lambda pause: pause.since)
        return {"auth": "key_refused", "money": "no_money"}.get(first.reason, "no_answer"), first.said, first.since
    return ("budget_used_up" if is_full else "connected"), "", None


def _kind(name: str, own: dict[str, ModelFile]) -> Literal["vendor", "server", "comfy"]:
    if name in vendors.VENDORS:
        return "vendor"
    return "comfy" if any(".comfy:" in file.engine for file in own.values()) else "server"


def _budget(tx: Connection, one: Budget, now: float) -> BudgetView:
    return BudgetView(
        scope=one.scope,  # type: ignore[arg-type]
        name=one.name,
        title=vendors.VENDORS[one.name].title if one.name in vendors.VENDORS else budgets.title(tx, one),
        period=one.period,  # type: ignore[arg-type]
        dollars=one.most / 1e6,
        spent=budgets.spent(tx, one, now) / 1e6,
    )


def _order(one: Purchase) -> OrderOut:
    cost = one.estimate if one.cost is None else one.cost
    return OrderOut(
        id=one.id,
        vendor=vendor_of(one.model),
        model=one.model,
        job_id=one.job_id,
        state=one.state,  # type: ignore[arg-type]
        can_stop=one.can_stop,
        dollars=None if cost is None else cost / 1e6,
        note=one.note or "",
        created_at=one.created_at,
        sent_at=one.sent_at,
        next_at=one.next_at,
    )
