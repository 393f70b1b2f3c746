"""The next leg of a route: another of its models makes an order whose server refused it before anything was bought.
What comes is the same, as long, as large, with or without sound, for the price that was agreed; else there is no leg.

An order that may have been bought never has one, nor has one that was refused for what it shows: whoever tries it with
one vendor after the other loses its keys.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from vitascope.errors import BadClip, OverSpendingLimit, PolicyRefused, VitascopeError
from vitascope.orders.order import Order
from vitascope.store import budgets, jobs, paused, purchases
from vitascope.store.job import REMOTE, Lease
from vitascope.store.purchase import Purchase

KEY = "legs"  # of a job's request: the other models of its route, in their order


def written(order: Order) -> dict[str, Any]:
    """What has to be known of it later."""
    card = order.card
    return {"model": card.name, "needs": card.needs, "shape": order.shape.to_dict(), "cost": order.expected_cost}


def go_on(tx: Connection, held: Purchase, lease: Lease, why: VitascopeError, now: float) -> bool:
    """Whether the job waits for the next model of its route now, with the reason among its notes."""
    job = lease.job
    request = dict(job.request or {})
    rest = list(request.get(KEY, ()))
    if held.handle is not None or isinstance(why, BadClip | PolicyRefused) or job.cancel_requested:
        return False
    pauses = paused.read(tx)
    while rest:
        leg = rest.pop(0)
        pause = paused.of(pauses, leg["model"])
        if pause and pause.until > now:
            continue
        if leg["needs"] == REMOTE:
            if purchases.stopped(tx) is not None:
                continue
            budgets.expect_elsewhere(tx, job.id, leg["model"], 0)  # what the one before would have cost is free again
            try:
                key_id = budgets.key_of(tx, job.id)
                budgets.refuse(tx, job.account_id, [(leg["model"], leg["cost"])], now, key_id=key_id)
            except OverSpendingLimit:
                continue
        budgets.expect_elsewhere(tx, job.id, leg["model"], leg["cost"] if leg["needs"] == REMOTE else 0)
        note = f"{why.message} Nothing was bought there; {leg['model']} makes it."
        request |= {KEY: rest, "leg": request.get("leg", 0) + 1, "notes": [*request.get("notes", []), note]}
        changed = {"model": leg["model"], "needs": leg["needs"], "shape": leg["shape"], "steps": leg["shape"]["steps"]}
        jobs.elsewhere(tx, lease, now, request=request, **changed)
        return True
    return False
