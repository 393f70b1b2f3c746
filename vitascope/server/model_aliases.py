"""Names of models that other vendors' clients send, and which model here answers to them. The operator's table (in the
database, at /v1/admin/aliases) comes before these; a `*` stands for any letters. The names that a dialect's vendor has
lead to the default model. The caller is told the true name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.engines.card import ModelCard
from vitascope.errors import BadSpec, UnknownModel
from vitascope.store import schema
from vitascope.store.database import insert_new
from vitascope.store.job import REMOTE
from vitascope.vendors import DIALECTS

PACKAGED = {"sora-2*": "vitascope-nano", "sora": "vitascope-nano"}
MAX_ALIASES = 500
_KEY = "aliases"


def resolve(
    name: str,
    cards: Iterable[ModelCard],
    own: Mapping[str, str],
    default: str,
    *,
    offered: Iterable[ModelCard],
    dialect: str = "",
    routes: Iterable[str] = (),
) -> ModelCard:
    """The card of the model that answers to this name; without a name, the default's. `offered`: those that the caller
    may order; `routes`: names that lead to several models, where the caller may use them. Raises UnknownModel, which
    tells what a caller of this dialect may ask for.
    """
    known = {card.name: card for card in cards}
    wanted = name or default
    vendors = {name: default for dialect in DIALECTS for name in dialect.aliases}
    hidden = wanted in known and known[wanted].needs == REMOTE and _is_theirs(wanted, dialect)
    for table in ({} if hidden else {wanted: wanted}, own, PACKAGED, vendors):
        for pattern, target in table.items():
            if fnmatchcase(wanted.lower(), pattern.lower()) and target in known:
                return known[target]
    theirs = [name for one in DIALECTS if one.name == dialect for name in one.aliases]
    may = [card.name for card in offered]
    named = [name for name, target in own.items() if target in may]
    raise UnknownModel(wanted[:100], [*may, *routes, *named, *(theirs or PACKAGED)])


def _is_theirs(name: str, dialect: str) -> bool:
    """Whether clients of this dialect call a model of their own vendor so. It leads where it led before there was a
    model of that name of another server: adding a key changes nothing for anybody.
    """
    return any(
        fnmatchcase(name.lower(), pattern.lower()) for one in DIALECTS if one.name == dialect for pattern in one.aliases
    )


def names_of(card: ModelCard, own: Mapping[str, str]) -> list[str]:
    """All other names that this model answers to."""
    return sorted(name for name, target in {**PACKAGED, **own}.items() if target == card.name)


def read(tx: Connection) -> dict[str, str]:
    """The operator's table."""
    kept = tx.execute(sa.select(schema.settings.c.value).where(schema.settings.c.key == _KEY)).scalar()
    return dict(kept or {})


def write(tx: Connection, table: Mapping[str, str], cards: Iterable[ModelCard], now: float) -> None:
    """Keep this table in the place of the one before. Raises BadSpec when a name leads nowhere."""
    known = {card.name for card in cards}
    if len(table) > MAX_ALIASES:
        raise BadSpec(f"There are {len(table)} names.", hint=f"At most {MAX_ALIASES}.")
    for name, target in table.items():
        if not name.strip() or len(name) > 200:
            raise BadSpec("A name is empty or longer than 200 characters.", hint='For example "sora-2*".')
        if target not in known:
            raise BadSpec(
                f'"{name}" would lead to "{target}", which is not a model here.', hint=", ".join(sorted(known))
            )
    insert_new(tx, schema.settings, {"key": _KEY, "value": {}, "created_at": now})
    tx.execute(sa.update(schema.settings).where(schema.settings.c.key == _KEY).values(value=dict(table)))
