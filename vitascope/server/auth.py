"""Who asks? A key, a signed token of an access/secret pair, a browser's session, the owner at their own machine, or
nobody. What the account may then do is decided where it is done.

A credential that is there but wrong is refused; only one that is absent may mean the owner, who shows a token besides
(see `local`). The owner's door is narrow, because every page that a browser has open can send requests to this machine:
it opens only for names of this machine (a foreign name may be made to point here) and never for a page of another
origin.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlsplit

import jwt
from anyio import to_thread
from fastapi import Depends, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.security import APIKeyCookie, APIKeyHeader, HTTPBearer

from vitascope.errors import NotAllowed, NotSignedIn
from vitascope.server import local, middleware
from vitascope.server.context import Context
from vitascope.store import accounts
from vitascope.store.accounts import Account

COOKIE = "vitascope_session"
KEY_HEADERS = ("x-api-key", "api-key", "x-goog-api-key")  # ours, Azure's, Google's
SCHEMES = ("bearer", "token", "key")
SKEW_SECONDS = 30.0  # clocks differ
LONGEST_TOKEN_SECONDS = 86_400.0
_SAFE = ("GET", "HEAD", "OPTIONS")

# For the OpenAPI page only: they say what can be sent, `who` reads it.
_SCHEMES = (
    HTTPBearer(auto_error=False, description="An API key, or the signed token of an access/secret pair."),
    APIKeyHeader(name="x-api-key", auto_error=False, description="An API key."),
    APIKeyCookie(name=COOKIE, auto_error=False, description="A browser's session."),
)


@dataclass(frozen=True)
class Actor:
    """Who asks, and how that is known: "key", "token", "session" or "local"."""

    account: Account
    by: str
    session_token: str = ""
    key_id: str | None = None  # of a key or a token

    @property
    def id(self) -> str:
        return self.account.id


def context_of(request: Request) -> Context:
    context: Context = request.app.state.context
    return context


async def who(
    request: Request,
    _bearer: Annotated[Any, Depends(_SCHEMES[0])] = None,
    _header: Annotated[Any, Depends(_SCHEMES[1])] = None,
    _cookie: Annotated[Any, Depends(_SCHEMES[2])] = None,
) -> Actor:
    """The caller, as `Asking` found out."""
    actor: Actor = request.state.actor
    return actor


class Asking(APIRoute):
    """A route that knows its caller, if it wants to, before the body is read; one of typed fields is small. It answers
    NotSignedIn, or NotAllowed when the account is disabled or a page of elsewhere asks.
    """

    body_bytes = middleware.PLAIN_BYTES

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer, wanted = super().get_route_handler(), _wants_caller(self.dependant)

        async def ask_first(request: Request) -> Response:
            if wanted:
                request.state.actor = await to_thread.run_sync(identify, context_of(request), request)
            if self.body_field:
                middleware.take(request.scope, self.body_bytes)
            return await answer(request)

        return ask_first


def _wants_caller(dependant: Dependant) -> bool:
    return dependant.call is who or any(_wants_caller(one) for one in dependant.dependencies)


def operator(actor: Annotated[Actor, Depends(who)]) -> Actor:
    """The caller, when it may run the server."""
    if not actor.account.may_operate:
        raise NotAllowed("Only the owner and admins may see this.", hint="Ask the operator of this server.")
    return actor


Who = Annotated[Actor, Depends(who)]
Operator = Annotated[Actor, Depends(operator)]
Here = Annotated[Context, Depends(context_of)]


def identify(context: Context, request: Request) -> Actor:
    if key := given_key(request.headers):
        return by_credential(context, key)
    if token := request.cookies.get(COOKIE):
        refuse_foreign(context, request)
        with context.store.read() as tx:
            return Actor(accounts.session(tx, token, context.now()), "session", token)
    return Actor(_local_owner(context, request), "local")


def given_key(headers: Mapping[str, str]) -> str:
    """The key or token in the headers, whatever the client calls it; empty when there is none."""
    scheme, _, rest = headers.get("authorization", "").strip().partition(" ")
    if scheme.lower() in SCHEMES and rest.strip():
        return rest.strip()
    if scheme and not rest:
        return scheme  # some clients send the bare key
    return next((headers[name].strip() for name in KEY_HEADERS if headers.get(name, "").strip()), "")


def by_credential(context: Context, text: str) -> Actor:
    """The caller with this key or signed token."""
    now = context.now()
    if text.count(".") == 2 and not text.startswith(accounts.KEY_PREFIX):
        account, key = _by_token(context, text, now)
    else:
        with context.store.read() as tx:
            account, key = accounts.by_key(tx, text, now)
    if accounts.worth_noting(key, now):
        with context.store.begin() as tx:
            accounts.used(tx, key, now)
    return Actor(account, "token" if key.access_key else "key", key_id=key.id)


def known_pair(context: Context, access: str) -> None:
    """Raises NotSignedIn when there is no such pair; whether it has signed is not looked at."""
    with context.store.read() as tx:
        accounts.by_access(tx, access, context.now())


def by_signature(context: Context, access: str, verify: Callable[[str, float], None]) -> Actor:
    """The caller with this pair; `verify(secret, now)` raises NotSignedIn unless the request was signed with it."""
    now = context.now()
    with context.store.read() as tx:
        account, key, secret = accounts.by_access(tx, access, now)
    verify(secret, now)
    if accounts.worth_noting(key, now):
        with context.store.begin() as tx:
            accounts.used(tx, key, now)
    return Actor(account, "token", key_id=key.id)


def _by_token(context: Context, token: str, now: float) -> tuple[Account, accounts.Key]:
    """A token that the client signed itself with its pair's secret (HS256; claims iss = access key, exp, nbf)."""
    try:
        access = str(jwt.decode(token, options={"verify_signature": False}).get("iss", ""))
        with context.store.read() as tx:
            account, key, secret = accounts.by_access(tx, access, now)
        claims = jwt.decode(
            token,
            secret,
            algorithms=["HS256"],
            options={"require": ["exp", "iss"], "verify_exp": False, "verify_nbf": False, "verify_iat": False},
        )
        until, since = float(claims["exp"]), float(claims.get("nbf", 0))
        if not (math.isfinite(until) and math.isfinite(since)):  # JSON as Python reads it has NaN, which ends never
            raise ValueError("a time that is none")
    except (jwt.PyJWTError, TypeError, ValueError, OverflowError) as error:
        raise NotSignedIn("The token is not signed as it should be.", hint="HS256 with the pair's secret.") from error
    if until < now - SKEW_SECONDS:
        raise NotSignedIn("The token has expired.", hint="Sign a new one; check the clock.", reason="expired")
    if since > now + SKEW_SECONDS:
        raise NotSignedIn(
            "The token is not valid yet.", hint="Check the clock of the machine that signs it.", reason="early"
        )
    if until > now + LONGEST_TOKEN_SECONDS + SKEW_SECONDS:
        raise NotSignedIn("The token is valid for more than a day.", hint="Sign one for half an hour.")
    return account, key


def _local_owner(context: Context, request: Request) -> Account:
    if not local.is_owner(context, request):
        raise NotSignedIn("No key was sent.", hint=_hint(context, request), reason="missing")
    refuse_foreign(context, request)
    with context.store.read() as tx:
        found = accounts.find_owner(tx)
    if found:
        return found
    with context.store.begin() as tx:
        return accounts.owner(tx, context.now())


def _hint(context: Context, request: Request) -> str:
    """What a caller without a key may do; on the caller's own machine, how to get one."""
    if local.is_possible(context, request):
        return "Send one as `Authorization: Bearer KEY`: `vitascope keys create --name laptop` makes one."
    return "Send one as `Authorization: Bearer KEY`, or log in."


def _host(origin: str) -> str:
    """Host and port of an origin; empty for what is none."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


def refuse_foreign(context: Context, request: Request) -> None:
    """A browser says where a request comes from; one of another origin may not use this one's session or owner."""
    headers = request.headers
    origin, site = headers.get("origin", ""), headers.get("sec-fetch-site", "")
    own = {headers.get("host", ""), urlsplit(context.settings.public_url).netloc} - {""}
    if origin and _host(origin) not in own:
        raise NotAllowed(f"A page of {origin[:100]} may not do this.", hint="Use an API key there.")
    opened = request.method == "GET" and headers.get("sec-fetch-dest") == "document"  # a person follows a link
    if not origin and site in ("cross-site", "same-site") and not opened:
        raise NotAllowed("A page of another origin may not do this.", hint="Use an API key there.")
    if request.method not in _SAFE and request.cookies.get(COOKIE) and not origin and site != "same-origin":
        raise NotAllowed("This request does not say where it comes from.", hint="Send Origin, or an API key.")
