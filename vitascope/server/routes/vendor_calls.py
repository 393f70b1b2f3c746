"""/v1/vendor-calls: vendors call here when something has changed with an order, where the operator lets them. What they
say is not read: the next look tells what became of it.
"""

from __future__ import annotations

from fastapi import APIRouter

from vitascope.errors import NotFound
from vitascope.server.auth import Asking, Here
from vitascope.server.schemas import Answer
from vitascope.store import vendor_calls

router = APIRouter(route_class=Asking, include_in_schema=False)


class Heard(Answer):
    ok: bool = True


@router.post(vendor_calls.PATH + "{word}")
def hear(context: Here, word: str) -> Heard:
    """The order is looked at at once. For vendors alone."""
    if context.settings.vendor_calls:
        with context.store.begin() as tx:
            if vendor_calls.called(tx, context.vendor_call_secret, word[:200], context.now()):
                return Heard()
    raise NotFound("There is nothing here.", hint="Vendors are told their addresses with each order.")
