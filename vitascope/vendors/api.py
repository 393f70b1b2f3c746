"""What a dialect is made of: data and pure functions. A vendor's file gives a `Dialect`, which
`server.dialects.runner` runs.

    parse(Call) -> Asked          what came in, in our own words
    show(Call, View) -> Reply     a job, in the vendor's words
    fail(error, Call) -> Reply    what went wrong, in the vendor's words

Nothing here opens a file, a socket or the database, and a dialect may not either.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from vitascope.engines.card import ModelCard
from vitascope.errors import VitascopeError
from vitascope.vendors.callback import Callback
from vitascope.vendors.fields import Fields
from vitascope.vendors.id_formats import HEX, Skin
from vitascope.vendors.view import State

Does = Literal[
    "create", "again", "get", "list", "cancel", "delete", "withdraw", "content", "stream",
    "ticket", "receive", "upload", "file", "files", "drop", "balance", "models", "secret", "refuse", "say",
]  # fmt: skip


@dataclass(frozen=True)
class Call:
    """A request as data. Header names are lower case; `fields` are those of the body, JSON or form, and files in it
    are `UploadFile`s to be handed on, never read here.
    """

    method: str = "GET"
    path: str = "/"  # without the prefix
    params: Mapping[str, str] = field(default_factory=dict)  # of the path
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    fields: Fields = field(default_factory=dict)
    base: str = ""  # scheme, host and the prefix that it was called under; no slash at the end
    prefix: str = ""  # that of `base`; empty at the root, where others may have the same path
    raw: bytes = b""  # the body as it came; empty for a form with files
    target: str = ""  # path as it was sent, with prefix and percent signs: what signatures cover
    search: str = ""  # the query as it was sent, without "?"
    request_id: str = ""
    now: float = 0.0


@dataclass(frozen=True)
class Reply:
    """An answer. A dict or list goes out as JSON, bytes as they are."""

    status: int = 200
    body: dict[str, Any] | list[Any] | bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str | None = None


@dataclass(frozen=True)
class Listing:
    """Which jobs a list shows. `page` counts from 1; `after` is the handle of the last one seen and goes before it."""

    limit: int = 20
    page: int = 1
    offset: int = 0  # jobs to leave out, for vendors that count those and not pages
    after: str = ""
    order: Literal["asc", "desc"] = "desc"
    ids: tuple[str, ...] = ()  # only these handles; those that do not exist are left out
    external_ids: tuple[str, ...] = ()
    states: tuple[State, ...] = ()
    operations: tuple[str, ...] = ()
    model: str = ""  # as it was asked
    since: float | None = None  # unix seconds
    until: float | None = None
    everywhere: bool = False  # jobs of all dialects, not of this one alone
    count: bool = False  # whether `Page.total` is wanted; counting costs


@dataclass(frozen=True)
class Page:
    """What a list's `show` is told besides the views."""

    listing: Listing
    has_more: bool = False
    total: int | None = None


@dataclass(frozen=True)
class Upload:
    """A file that a client sent beforehand (or is about to send). `put_url` takes its bytes (PUT, or a form's POST)
    without a key.
    """

    id: str  # 24 hex digits
    handle: str
    name: str = ""
    media_type: str = ""
    purpose: str = ""
    bytes: int | None = None  # None: nothing was sent yet
    created: float = 0.0
    url: str = ""  # the bytes, once they are there
    put_url: str = ""


@dataclass(frozen=True)
class Grant:
    """Credits that were given for one reason, with one end."""

    id: str
    kind: str  # daily, plan, bought, gift, refund
    total: float
    remaining: float
    created: float
    expires: float | None


@dataclass(frozen=True)
class Balance:
    credits: float  # that can be spent now
    held: float
    plan: str
    account_id: str
    grants: tuple[Grant, ...] = ()
    parallel: int = 0  # clips that may be made at the same time
    used_today: int = 0


@dataclass(frozen=True)
class Uploaded:
    """In `Asked.image` and its like: a file sent beforehand, by its handle."""

    handle: str


@dataclass(frozen=True)
class Earlier:
    """In `Asked.image`, `Asked.extend` and their like: what an earlier job made, by its handle. `frame`: "first",
    "last" or a number, when a picture is wanted.
    """

    handle: str
    frame: str = "last"


@dataclass(frozen=True)
class Key:
    """The caller's key, or a token signed with a pair's secret."""

    text: str


@dataclass(frozen=True)
class Signed:
    """A request signed with a pair's secret. `verify(secret, now)` raises NotSignedIn. `once` names the signature:
    whatever it makes is made once, however often the same request comes.
    """

    access: str
    verify: Callable[[str, float], None]
    once: str = ""


Credentials = Key | Signed


def handle_of(call: Call) -> str:
    """The id in a path that has an `{id}`."""
    return call.params.get("id", "")


@dataclass(frozen=True, kw_only=True)
class Route:
    """One operation. What each `does` calls:

    create   parse(Call) -> Asked; show(Call, View)           again   the same, about the job that `id` names
    get, cancel, delete, stream   show(Call, View)            list    parse(Call) -> Listing; show(Call, views, Page)
    withdraw  cancel what is not done, delete what is; show(Call, View)
    content  variant(Call) -> video, poster, image or last_frame: the bytes go out, with ranges
    ticket   parse(Call) -> Upload (its name, media_type, purpose); show(Call, Upload): bytes follow at `put_url`
    receive  bytes of the ticket that `id` names (the body, or the file in a form); show(Call, Upload). Whoever has the
             query of its `put_url` (and `account`) needs no key
    upload   both at once                                      file    show(Call, Upload)
    files    show(Call, uploads)                               drop    deletes the file; show(Call, Upload)
    balance  show(Call, Balance)                               models  show(Call, cards)
    secret   show(Call, Secrets)                               say     show(Call); refuse  NotSupported, with `refused`
    """

    method: str
    path: str  # "/v1/videos/text2video/{id}"; "{rest:path}" takes slashes too
    does: Does
    name: str  # as the compatibility page calls it: "text to video"
    parse: Callable[[Call], Any] | None = None
    show: Callable[..., Reply] | None = None
    id: Callable[[Call], str] = handle_of
    match: Callable[[Call], bool] | None = None  # for paths that others have too; a form's fields are not read for it
    refused: str = ""  # "change a given clip": No model here can ...
    hint: str = ""
    relation: Literal["remix", "rerun", "finish"] = "remix"  # of "again"
    variant: Callable[[Call], str] = lambda call: "video"
    hold: Callable[[Call], float] | None = None  # seconds to wait for the end before answering
    open: bool = False  # asks for no key; only for what does "say" or "secret" (of no account)
    skin: Skin | None = None  # when this route's ids have another form than the dialect's
    catch_all: bool = False  # tried last, when nothing else here has this path
    root: bool = True  # also without the prefix
    ignores: tuple[str, ...] = ()  # fields that this operation ignores, besides the dialect's


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """One vendor's API."""

    name: str  # "kling"; also what `Listing` filters by
    title: str
    prefix: str  # "/kling"
    routes: tuple[Route, ...]
    fail: Callable[[VitascopeError, Call | None], Reply]
    claims: Callable[[str, Mapping[str, str]], bool] = lambda path, headers: False  # errors at the root, outside
    # routes; the headers hold ":query" and ":method" too
    root: bool = True  # also without a prefix
    family: str = ""  # dialects of one family share their external ids; empty: the dialect's own name
    also_under: tuple[str, ...] = ()  # further prefixes, such as "/proxy/kling"
    also_as: Mapping[str, str] = field(default_factory=dict)  # prefixes in whose place a beginning of the paths is cut
    skin: Skin = HEX
    upload_skin: Skin = HEX
    auth: Callable[[Call], Credentials | None] | None = None  # None: wherever keys usually are
    callback: Callback | None = None
    not_found: Callable[[Call, str], Reply] | None = None  # for vendors that answer 200 to an unknown id
    snippet: str = ""  # five lines with {base} and {key}, or {access} and {secret}
    sdk: str = ""
    base: str = ""  # what a client appends to the origin to get its base URL: "/v1"
    ignored: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()  # the vendor's names of models, with *
    docs: str = ""  # the vendor's name of the page that this follows


Cards = tuple[ModelCard, ...]
