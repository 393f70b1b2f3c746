"""What an account has and what was taken from it, as Kling tells: packs of units, and two ledgers. Here nothing is ever
paid in money, so the ledger of money is empty. Pure.
"""

from __future__ import annotations

import math
from typing import Any

from vitascope.vendors.api import Balance, Call, Grant, Listing, Page, Reply, Route
from vitascope.vendors.common import inner, many
from vitascope.vendors.fields import Fields, bad, number, text, whole
from vitascope.vendors.kling.words import envelope, milliseconds
from vitascope.vendors.view import View

_PACKS = {"bought": "decreasing_total", "gift": "decreasing_total", "refund": "decreasing_total"}
_KEYS = ("api_key_name", "product_type", "package_name", "package_id")
_MOST = 500  # lines of one page
_CENTURY = 100 * 365.25 * 86_400.0  # what is given for ever ends then


def show_costs(call: Call, balance: Balance) -> Reply:
    """What was given to the account, as packs."""
    name = call.query.get("resource_pack_name", "")
    found = [_pack(grant, call.now) for grant in balance.grants if not name or grant.kind == name]
    return Reply(body=envelope(call, {"code": 0, "msg": "", "resource_pack_subscribe_infos": found}))


def parse_ledger(call: Call) -> Listing:
    """Both ledgers are asked for in this way; a cursor stands for all that was said with the first page."""
    fields = call.fields
    limit = whole(fields, "limit")
    if limit is not None and not 1 <= limit <= _MOST:
        raise bad("limit", f"limit is {limit}.", f"1 to {_MOST}.")
    for item in many(fields, "filters"):
        key = text(inner({"filters": item}, "filters"), "key", limit=40)
        if key not in _KEYS:
            raise bad("filters", f'Unknown key "{key}".', ", ".join(_KEYS))
    return Listing(
        limit=limit or _MOST,
        after=text(fields, "cursor", limit=64),
        states=("succeeded",),
        since=_moment(fields, "start_time"),
        until=_moment(fields, "end_time"),
        everywhere=True,
    )


def show_units(call: Call, views: list[View], page: Page) -> Reply:
    """What was taken from the packs."""
    return Reply(body=envelope(call, _page([_deduction(view) for view in views], views, page)))


def show_money(call: Call, views: list[View], page: Page) -> Reply:
    return Reply(body=envelope(call, _page([], [], page)))


def _page(lines: list[dict[str, Any]], views: list[View], page: Page) -> dict[str, Any]:
    more = bool(views) and page.has_more
    return {
        "result": {"detail": lines, "count": len(lines)},
        "next_cursor": views[-1].handle if more else "",
        "has_more": more,
    }


def _deduction(view: View) -> dict[str, Any]:
    line = {
        "product_type": "image" if view.is_still else "video",
        "task_id": view.handle,
        "product_function": view.operation or "text2video",
        "model_name": view.asked_model,
        "resolution": f"{min(view.width, view.height)}p",
        "deduction_time": str(milliseconds(view.finished)),
        "deduction_amount": view.credits,
    }
    if not view.is_still:
        line |= {"duration": f"{view.seconds:g}", "video_sound": "on" if view.sound else "off", "voice_control": False}
    return line


def _pack(grant: Grant, now: float) -> dict[str, Any]:
    over = grant.expires is not None and grant.expires <= now
    state = "expired" if over else "online" if grant.remaining > 0 else "runOut"
    return {
        "resource_pack_name": grant.kind,
        "resource_pack_id": grant.id,
        "resource_pack_type": _PACKS.get(grant.kind, "constant_period"),
        "total_quantity": _hundredths(grant.total),
        "remaining_quantity": _hundredths(grant.remaining),
        "purchase_time": milliseconds(grant.created),
        "effective_time": milliseconds(grant.created),
        "invalid_time": milliseconds(grant.expires or grant.created + _CENTURY),
        "status": state,
    }


def _hundredths(quantity: float) -> float:
    return math.floor(quantity * 100 + 1e-6) / 100


def _moment(fields: Fields, name: str) -> float | None:
    given = number(fields, name)
    return None if given is None else given / 1000


ROUTES = (
    *(
        Route(method="GET", path=path, does="balance", name="account costs", show=show_costs)
        for path in ("/account/costs", "/v1/account/costs")
    ),
    Route(
        method="POST",
        path="/account/billing/package",
        does="list",
        name="ledger of units",
        parse=parse_ledger,
        show=show_units,
    ),
    Route(
        method="POST",
        path="/account/billing/balance",
        does="list",
        name="ledger of money",
        parse=parse_ledger,
        show=show_money,
    ),
)
