"""`vitascope mcp`: the tools for an agent that starts this command and speaks to it over standard input and output."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vitascope.config import Settings, override, settings
from vitascope.errors import BadSettings, MissingExtra

if TYPE_CHECKING:
    from vitascope.mcp.api import Api


@click.command()
@click.option("--url", help="Address of the server. [default: VITASCOPE_URL, else the one of this machine]")
@click.option(
    "--key-file",
    type=click.Path(path_type=Path),
    help="File with a key of that server. [default: VITASCOPE_API_KEY, else you as the owner of this machine]",
)
def mcp(url: str | None, key_file: Path | None) -> None:
    """Give an agent the tools to make clips, over stdio; needs the extra `mcp` (docs/mcp.md)."""
    import anyio

    from vitascope import logs

    chosen = override(url=url)
    logs.configure(chosen.log_format)  # to standard error: standard output is the agent's
    try:
        from vitascope.mcp import server
    except ImportError as error:
        raise MissingExtra("MCP", "mcp") from error
    api = asked(chosen, _key(key_file) if key_file else chosen.api_key)

    async def connect(_: Any) -> Api:
        return api

    async def run() -> None:
        try:
            await server.over_stdio(server.make(connect))
        finally:
            await api.close()

    anyio.run(run)


def asked(chosen: Settings, key: str) -> Api:
    """The server that is asked. Without a key it is asked as the owner of this machine is, if it is this machine's."""
    from vitascope.cli.studio import address
    from vitascope.mcp import api
    from vitascope.server import local

    here = not key and not chosen.url and not local.why_shared(chosen, chosen.host in local.LOOPBACK)
    return api.over_http(chosen.url or address(chosen), key=key, cookie=owners_cookie if here else None)


def owners_cookie() -> tuple[str, str] | None:
    """What the owner of this machine shows, as a cookie's name and value. None: there is no database yet, so no server
    has been started.
    """
    from vitascope.server import local
    from vitascope.store import accounts
    from vitascope.store.database import Store

    store = Store(settings().database)
    try:
        if store.is_sqlite and not Path(str(store.url.database)).is_file():
            return None
        with store.begin() as tx:
            now = store.clock()
            return local.COOKIE, local.token_of(local.secret_of(accounts.master_secret(tx, now)), now)
    finally:
        store.close()


def _key(file: Path) -> str:
    try:
        key = file.expanduser().read_text("utf-8").strip()
    except (OSError, ValueError) as error:
        raise BadSettings(f"The key in {file} cannot be read.", hint="`vitascope keys create` makes one.") from error
    if not key or not key.isascii() or not key.isprintable():
        raise BadSettings(f"{file} holds no key.", hint="One line, as `vitascope keys create` printed it.")
    return key
