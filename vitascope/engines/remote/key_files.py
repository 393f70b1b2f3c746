"""The keys of other servers as files in the home folder's `keys`, which nobody else may read. A key is shown as its
last four characters, and only the session that sends it reads it whole.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from vitascope.engines import registry
from vitascope.engines.remote import google_token, session, vendors
from vitascope.engines.remote.protocol import Refused, Unclear
from vitascope.errors import BadSettings, Conflict, NotAllowed, NotFound, Unavailable
from vitascope.media.atomic_write import written_aside
from vitascope.vendors.client import Credit

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
LONGEST = 8192  # a service account's file has 2,400 letters, with a key of 4096 bits 4,200


@dataclass(frozen=True)
class KeyFile:
    """`end`: its last four characters; empty when it cannot be used, and `fault` says why."""

    name: str
    end: str
    fault: str
    models: int


def add(folder: Path, name: str, key: str, *, replace: bool = False) -> Path:
    """Raises BadSettings for what cannot be a key, Conflict when there is one and it is not to be replaced."""
    if not _NAME.fullmatch(name):
        raise BadSettings(f'A key cannot be called "{name[:40]}".', hint="A vendor's name, such as kling.")
    known = vendors.VENDORS.get(name)
    if len(key) <= LONGEST and form(name) == "account" and key.startswith("{"):  # kept as one line
        key = json.dumps(google_token.account_of(key), separators=(",", ":"))
        return _keep(folder, name, key, replace=replace)
    hint = "A key is one line of letters and digits."
    if form(name) != "key":
        hint = f"{name}'s key is {'ACCESS:SECRET' if form(name) == 'pair' else 'the JSON file of a service account'}."
    if not 8 <= len(key) <= LONGEST or not key.isascii() or not key.isprintable() or " " in key:
        raise BadSettings("That is not a key.", hint=hint)
    if known and known.pair and known.only_pair and ":" not in key:
        raise BadSettings("That is half a key.", hint=hint)
    return _keep(folder, name, key, replace=replace)


def form(name: str) -> Literal["key", "pair", "account"]:
    """What this vendor's key may be beside one word: ACCESS:SECRET, or the JSON file of a service account."""
    known = vendors.VENDORS.get(name)
    if known and known.place:
        return "account"
    return "pair" if known and known.pair else "key"


def _keep(folder: Path, name: str, key: str, *, replace: bool) -> Path:
    path = folder / name
    if path.exists() and not replace:
        raise Conflict(f"There is a key of {name} already.", hint=f"vitascope keys vendor add {name} --replace")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with written_aside(path, private=True) as aside:
        aside.write_text(f"{key}\n", "ascii")
    return path


def every(folder: Path) -> list[KeyFile]:
    found = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if not path.is_file() or path.name.startswith("."):
            continue
        end, fault = "", ""
        try:
            key = session.key_of({"key": path.name}, path.name)()
            account = google_token.account_of(key) if form(path.name) == "account" else None
            shown = account.get("private_key_id", "") if account else key
            end = shown[-4:] if len(shown) >= 12 else "****"
        except BadSettings as error:
            fault = error.message
        found.append(KeyFile(path.name, end, fault, len(models(path.name))))
    return found


def remove(folder: Path, name: str) -> None:
    """Raises NotFound."""
    path = folder / name
    if not _NAME.fullmatch(name) or not path.is_file():
        raise NotFound(f'There is no key of "{name[:40]}".', hint="`vitascope keys vendor list` tells which there are.")
    path.unlink()


def models(name: str) -> list[Path]:
    """The model files that ship with this vendor's name."""
    return sorted((registry.VENDORS / name).glob("*.toml")) if _NAME.fullmatch(name) else []


@dataclass(frozen=True)
class Taken:
    """A key that was taken: by which address, and what its account has left there, where the vendor says so."""

    address: str
    credit: Credit | None


def check(name: str, source: Mapping[str, str]) -> Taken:
    """Ask the vendor whether it takes the key. Nothing is bought: it is asked for a task that nobody has. Raises
    BadSettings, Refused when the key is not taken, Unclear or Unavailable when nobody knows.
    """
    engine = vendors.engine(f"{name}/check", {"vendor": name, "model": "check", **source})
    client: Any = engine.client
    engine.session.run(client.check())
    credit = None
    with suppress(Refused, Unclear, Unavailable):  # the key is taken all the same
        credit = engine.session.run(client.credit(time.time()))
    return Taken(engine.address, credit)


def tested(name: str, source: Mapping[str, str]) -> Taken:
    """As `check`, for people. Raises BadSettings, NotAllowed for a key that is not taken, Unavailable."""
    with for_people(name):
        return check(name, source)


@contextmanager
def for_people(name: str) -> Iterator[None]:
    """What a vendor says to a request that buys nothing. Raises NotAllowed for a key that is not taken, Unavailable."""
    try:
        yield
    except Refused as error:
        if error.reason not in ("auth", "money", "limit"):
            raise Unavailable(f"{name} refuses: {error.message}", hint="Is it the right address?") from None
        raise NotAllowed(f"{name} does not take the key: {error.message}", hint="Add another: --replace.") from None
    except Unclear as error:
        raise Unavailable(f"{name} gives no clear answer: {error}", hint="Try again later.") from None
