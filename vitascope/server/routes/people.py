"""/v1/admin/accounts: who has an account here, with which plan, role and credits; for the owner and admins alone."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, BackgroundTasks, Query
from pydantic import Field

from vitascope.errors import Conflict, NotAllowed
from vitascope.server.auth import Actor, Asking, Here, Operator
from vitascope.server.routes import errors
from vitascope.server.routes.account import AccountView, Email, Password, view
from vitascope.server.schemas import Answer, Deleted, Page, Said, page
from vitascope.store import account_deletion, accounts, ledger
from vitascope.vendors.fields import bad

router = APIRouter(route_class=Asking, prefix="/v1/admin", tags=["admin"])


class CreateAccount(Said):
    email: Email
    password: Password | None = Field(None, description="Without one, only its keys open it.")
    name: str = Field("", max_length=100)
    plan: str | None = Field(None, max_length=64)
    role: Literal["admin", "member"] = "member"


class AccountOrders(Said):
    plan: str | None = Field(None, max_length=64)
    role: Literal["admin", "member"] | None = None
    disabled: bool | None = None
    password: Password | None = None


class GiveCredits(Said):
    credits: float = Field(gt=0, le=10_000_000)
    source: str = Field(min_length=1, max_length=200, description="The reason; the same one twice gives once.")
    kind: Literal["gift", "bought"] = "gift"
    expires_in_days: float | None = Field(None, gt=0, le=36_500)


class Balance(Answer):
    account_id: str
    available: float
    held: float


@router.get("/accounts", responses=errors(422))
def list_accounts(
    context: Here,
    actor: Operator,
    after: Annotated[str | None, Query(max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Page[AccountView]:
    """All accounts, in the order in which they came."""
    with context.store.read() as tx:
        found = accounts.page(tx, after=after, limit=limit + 1)
    return page([view(context, account) for account in found], limit)  # type: ignore[return-value]


@router.post("/accounts", status_code=201, responses=errors(400, 409, 422))
def create_account(context: Here, actor: Operator, said: CreateAccount) -> AccountView:
    """An account made by the operator, also where strangers may not sign up."""
    _check_plan(context, said.plan)
    if said.role == "admin":
        _only_owner(actor)
    password = accounts.hashed(said.password) if said.password is not None else None
    with context.store.begin() as tx:
        account = accounts.sign_up(
            tx,
            email=said.email,
            password=password,
            name=said.name,
            plan=said.plan or context.plans.default,
            role=said.role,
            now=context.now(),
        )
    return view(context, account)


@router.patch("/accounts/{account_id}", responses=errors(400, 404, 409, 422))
def change_account(context: Here, actor: Operator, account_id: str, said: AccountOrders) -> AccountView:
    """Another plan, another role, disable or enable it, or a new password for who lost theirs."""
    _check_plan(context, said.plan)
    password = accounts.hashed(said.password) if said.password is not None else None
    with context.store.begin() as tx:
        account = accounts.present(tx, account_id)
        if said.role is not None or account.role != "member":
            _only_owner(actor)
        if said.disabled and account.id == actor.id:
            raise Conflict("This is your own account.", hint="Let another admin do it.")
        account = accounts.change(
            tx,
            account_id,
            plan=said.plan,
            role=said.role,
            password=password,
            disabled_at=context.now() if said.disabled else None,
            enable=said.disabled is False,
        )
    return view(context, account)


@router.delete("/accounts/{account_id}", responses=errors(404, 409, 422))
def delete_account(context: Here, actor: Operator, account_id: str, later: BackgroundTasks) -> Deleted:
    """Delete an account for good, with all that it made. The lines of the books stay, without a name."""
    with context.store.begin() as tx:
        account = accounts.present(tx, account_id)
        if account.id == actor.id:
            raise Conflict("This is your own account.", hint="Delete it with your password, at /v1/account.")
        if account.role != "member":
            _only_owner(actor)
        keys = account_deletion.leave(tx, account_id, context.now())
    later.add_task(account_deletion.clear, context.blobs, account_id, keys)
    return Deleted(id=account_id, object="account.deleted")


@router.post("/accounts/{account_id}/credits", status_code=201, responses=errors(404, 422))
def give_credits(context: Here, actor: Operator, account_id: str, said: GiveCredits) -> Balance:
    """Give credits to an account. The same source again gives nothing more."""
    now, units = context.now(), round(said.credits * 100)
    if units < 1:
        raise bad("credits", "That is less than the smallest part of a credit.", "At least 0.01.")
    until = now + said.expires_in_days * 86_400 if said.expires_in_days else None
    with context.store.begin() as tx:
        accounts.present(tx, account_id)
        source = f"admin:{account_id}:{said.source}"
        ledger.grant(tx, account_id, units, said.kind, source=source, now=now, expires_at=until)
        found = ledger.balance(tx, account_id, now)
    return Balance(account_id=account_id, available=found.available / 100, held=found.held / 100)


def _only_owner(actor: Actor) -> None:
    if actor.account.role != "owner":
        raise NotAllowed("Only the owner may make, change or delete admins.", hint="Ask the owner.")


def _check_plan(context: Here, name: str | None) -> None:
    if name is not None and name not in context.plans:
        known = ", ".join(plan.name for plan in context.plans)
        raise bad("plan", f'There is no plan "{name}".', f"One of {known}.")
