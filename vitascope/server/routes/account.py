"""/v1/account: sign up, log in, log out, who am I, delete me. Browsers get a session cookie that scripts cannot read;
programs use keys (see `keys`).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastapi import APIRouter, BackgroundTasks, Depends, Request, Response
from pydantic import Field

from vitascope.errors import NotAllowed, NotSignedIn
from vitascope.outbound.llm import Llm
from vitascope.server import attempts, auth, local
from vitascope.server.auth import Actor, Asking, Here, Who
from vitascope.server.context import Context
from vitascope.server.routes import errors
from vitascope.server.schemas import Answer, Deleted, Page, Said, page
from vitascope.store import account_deletion, accounts
from vitascope.store.accounts import Account
from vitascope.vendors.fields import bad

router = APIRouter(route_class=Asking, prefix="/v1/account", tags=["account"])
MAX_SETTINGS = 16_000  # characters
Password = Annotated[str, Field(min_length=1, max_length=accounts.MAX_PASSWORD)]
NewPassword = Annotated[
    str, Field(min_length=1, max_length=accounts.MAX_PASSWORD, json_schema_extra={"minLength": accounts.MIN_PASSWORD})
]  # a shorter one is told in words of its own
Email = Annotated[str, Field(min_length=3, max_length=254)]
Role = Literal["owner", "admin", "member"]


class SignUp(Said):
    email: Email
    password: NewPassword
    name: str = Field("", max_length=100)


class LogIn(Said):
    email: Email
    password: Password


class AccountChanges(Said):
    name: str | None = Field(None, max_length=100)
    email: Email | None = None
    password: NewPassword | None = Field(None, description="The new one; needs current_password where there is one.")
    current_password: Password | None = None
    settings: dict[str, Any] | None = Field(None, description="The studio's own, such as language and timezone.")


class Leaving(Said):
    """An account with a password sends it; one without, that comes with a key alone, sends its e-mail."""

    current_password: Password | None = Field(None, description="Of an account that has a password.")
    confirm: Email | None = Field(None, description="Of an account that has none: its own e-mail address.")


class Writer(Answer):
    """A language model: who gets the words that it is to write anew."""

    host: str
    model: str


class AccountView(Answer):
    id: str
    object: Literal["account"] = "account"
    email: str | None
    name: str
    role: Role
    plan: str
    plan_title: str
    settings: dict[str, Any]
    created_at: float
    disabled_at: float | None
    signed_in_by: Literal["local", "key", "token", "session"] | None = None
    signup_open: bool = False
    credits_on: bool = True
    writer: Writer | None = Field(None, description="The language model that this account may ask; null: none.")


class MyPlan(Answer):
    """What the plan of an account allows; 0 means no limit where it says so."""

    name: str
    title: str
    concurrency: int = Field(description="Clips made at the same time.")
    waiting: int = Field(description="Clips in the line.")
    requests_per_minute: int
    max_seconds: float
    max_takes: int
    daily_credits: float
    monthly_credits: float
    label: bool = Field(description="Clips say in a corner that they are generated.")
    relaxed: bool = Field(description="May use the relaxed lane.")
    kept_days: int = Field(description="Until a clip that is no favourite goes to the trash; 0: never.")


class SessionView(Answer):
    id: str
    object: Literal["session"] = "session"
    created_at: float
    expires_at: float
    current: bool


class SignedOut(Answer):
    signed_out: bool = True


class Door(Answer):
    """What a page may show before anybody has signed in."""

    signup_open: bool
    local: bool = Field(description="Whether this browser is the owner's at their own machine, who needs no password.")
    own_machine: bool = Field(
        description="Whether `vitascope studio`, run on this machine, opens the page as its owner."
    )
    credits_on: bool


def same_origin(context: Here, request: Request) -> None:
    """Signing in sets a cookie, so a page of elsewhere may not do it for its visitor."""
    auth.refuse_foreign(context, request)


def view(context: Context, account: Account, by: str | None = None) -> AccountView:
    return AccountView(
        **{name: getattr(account, name) for name in ("id", "email", "name", "role", "plan", "settings", "created_at")},
        disabled_at=account.disabled_at,
        plan_title=context.plan(account).title,
        signed_in_by=by,  # type: ignore[arg-type]
        signup_open=context.settings.signup,
        credits_on=context.settings.credits,
        writer=_writer(context, account),
    )


def _writer(context: Context, account: Account) -> Writer | None:
    """The operator's, for those who may spend its key. Half a setting is none: asking then says what is missing."""
    settings = context.settings
    if not (account.may_operate and settings.llm_url and settings.llm_model):
        return None
    return Writer(host=Llm(settings.llm_url, settings.llm_model).host, model=settings.llm_model)


@router.get("/door")
def door(context: Here, request: Request) -> Door:
    """Open to everybody."""
    return Door(
        signup_open=context.settings.signup,
        local=local.is_owner(context, request),
        own_machine=local.is_possible(context, request),
        credits_on=context.settings.credits,
    )


@router.post("/signup", dependencies=[Depends(same_origin)], status_code=201, responses=errors(400, 409, 422))
def sign_up(context: Here, request: Request, response: Response, said: SignUp) -> AccountView:
    """Open an account and a session. Only where the operator lets strangers do so."""
    if not context.settings.signup:
        raise NotAllowed("This server takes no new accounts by itself.", hint="Ask its operator for one.")
    attempts.sign_up(context, request)
    now, password = context.now(), accounts.hashed(said.password)
    with context.store.begin() as tx:
        account = accounts.sign_up(
            tx, email=said.email, password=password, name=said.name, plan=context.plans.default, now=now
        )
        token = accounts.log_in(tx, account.id, now)
    _set_cookie(context, request, response, token)
    attempts.remember(context, request, response, account.id)
    return view(context, account, "session")


@router.post("/login", dependencies=[Depends(same_origin)], responses=errors(422))
def log_in(context: Here, request: Request, response: Response, said: LogIn) -> AccountView:
    """Open a session."""
    with context.store.read() as tx:
        kept = accounts.password_of(tx, said.email)
    attempts.log_in(context, request, said.email, kept[0] if kept else None)
    if not accounts.matches(said.password, kept[1] if kept else None) or not kept:
        raise NotSignedIn("The address or the password is wrong.", hint="Check both.")
    with context.store.begin() as tx:
        token = accounts.log_in(tx, kept[0], context.now())
        account = accounts.by_id(tx, kept[0])
    _set_cookie(context, request, response, token)
    attempts.remember(context, request, response, account.id)
    return view(context, account, "session")


@router.post("/logout", dependencies=[Depends(same_origin)], responses=errors())
def log_out(context: Here, request: Request, response: Response) -> SignedOut:
    """End this browser's session; nothing happens without one."""
    if token := request.cookies.get(auth.COOKIE):
        with context.store.begin() as tx:
            accounts.log_out(tx, token)
    response.delete_cookie(auth.COOKIE, path=f"{context.settings.path}/")
    return SignedOut()


@router.get("", responses=errors())
def me(context: Here, actor: Who) -> AccountView:
    """Who am I?"""
    return view(context, actor.account, actor.by)


@router.patch("", responses=errors(400, 409, 422))
def change_me(context: Here, actor: Who, said: AccountChanges) -> AccountView:
    """Change my name, address, password or settings. A new password ends all sessions."""
    if said.settings is not None:
        _check_settings(said.settings)
    if said.password is not None or said.email is not None:
        _confirm(context, actor, said.current_password)
    password = accounts.hashed(said.password) if said.password is not None else None
    with context.store.begin() as tx:
        account = accounts.change(
            tx, actor.id, email=said.email, name=said.name, password=password, settings=said.settings
        )
    return view(context, account, actor.by)


@router.delete("", responses=errors(404, 409, 422))
def delete_me(
    context: Here, actor: Who, request: Request, response: Response, later: BackgroundTasks, said: Leaving
) -> Deleted:
    """Delete my account for good, with all that I made. The lines of the books stay, without a name. Needs
    `current_password`, or `confirm` where the account has no password.
    """
    account_deletion.refuse_owner(actor.account)
    has_password = _confirm(context, actor, said.current_password)
    if not has_password and accounts.letters(said.confirm or "").strip().casefold() != actor.account.email:
        raise NotAllowed("Deleting this account must be confirmed.", hint="Send its e-mail address as confirm.")
    with context.store.begin() as tx:
        keys = account_deletion.leave(tx, actor.id, context.now())
    later.add_task(account_deletion.clear, context.blobs, actor.id, keys)  # there may be thousands
    response.delete_cookie(auth.COOKIE, path=f"{context.settings.path}/")
    return Deleted(id=actor.id, object="account.deleted")


@router.get("/plan", responses=errors())
def my_plan(context: Here, actor: Who) -> MyPlan:
    """What my plan allows."""
    plan = context.plan(actor.account)
    same = {name: getattr(plan, name) for name in MyPlan.model_fields if hasattr(plan, name)}
    return MyPlan(
        **same,
        daily_credits=plan.daily_units / 100,
        monthly_credits=plan.monthly_units / 100,
        kept_days=plan.retention_days or context.settings.retention_days,
    )


@router.get("/sessions", responses=errors())
def list_sessions(context: Here, actor: Who) -> Page[SessionView]:
    """Browsers that are signed in, the newest first."""
    with context.store.read() as tx:
        found = accounts.sessions_of(tx, actor.id, context.now())
    own = accounts.session_id(actor.session_token) if actor.session_token else ""
    shown = [SessionView(**vars(one), current=one.id == own) for one in found]
    return page(shown, len(shown))  # type: ignore[return-value]


@router.delete("/sessions/{session_id}", responses=errors(404))
def end_session(context: Here, actor: Who, session_id: str) -> Deleted:
    """Sign a browser out."""
    with context.store.begin() as tx:
        accounts.end_session(tx, actor.id, session_id)
    return Deleted(id=session_id, object="session.deleted")


def _confirm(context: Context, actor: Actor, password: str | None) -> bool:
    """A key or an open browser is not enough to take an account over. False: it has no password to ask for."""
    attempts.confirm(context, actor.id)
    with context.store.read() as tx:
        kept = accounts.password_of(tx, actor.account.email) if actor.account.email else None
    if kept and not accounts.matches(password or "", kept[1]):
        raise NotAllowed("The current password is wrong.", hint="Send it as current_password.")
    return kept is not None


def _check_settings(settings: dict[str, Any]) -> None:
    if len(str(settings)) > MAX_SETTINGS:
        raise bad("settings", "The settings are too large.", f"At most {MAX_SETTINGS:,} characters.")
    zone = settings.get("timezone")
    try:
        if zone is not None:
            ZoneInfo(str(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise bad("settings", f'There is no time zone "{str(zone)[:40]}".', "For example Asia/Shanghai.") from error


def _set_cookie(context: Context, request: Request, response: Response, token: str) -> None:
    response.set_cookie(
        auth.COOKIE,
        token,
        max_age=int(accounts.SESSION_SECONDS),
        path=f"{context.settings.path}/",
        httponly=True,
        samesite="lax",
        secure=context.base_url(request).startswith("https:"),
    )
