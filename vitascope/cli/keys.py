"""The commands for keys: those that this server gives, and those of vendors that it uses."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from vitascope.cli import operator
from vitascope.cli.options import ACCOUNT

_ADD = "vitascope keys vendor add"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@click.group()
def keys() -> None:
    """API keys of this server, and keys of vendors."""


@keys.command("create")
@click.option("--name", required=True, help="What it is for.")
@click.option("--pair", is_flag=True, help="An access:secret pair, for clients that sign tokens.")
@ACCOUNT
def create_key(name: str, pair: bool, account: str | None) -> None:
    """Make a key and print it, once."""
    from vitascope.store import accounts

    with operator.house(strangers=True) as (house, now), house.store.begin() as tx:
        print(accounts.create_key(tx, operator.account(tx, account, now).id, name, now, pair=pair).text)


@keys.group("vendor")
def vendor() -> None:
    """Keys of vendors and other servers, by which their models can be ordered here."""


def _folder() -> Path:
    from vitascope.config import settings

    return settings().home / "keys"


@vendor.command("add")
@click.argument("name", help="Such as kling; `list` tells all.")
@click.option("--replace", is_flag=True, help="Take the place of the key that is there.")
def add_vendor(name: str, replace: bool) -> None:
    """Keep a key, which is asked for, or read from standard input: never a part of the command."""
    from vitascope.engines.remote import key_files, vendors

    if sys.stdin.isatty():
        key = str(click.prompt(f"The key of {name}", hide_input=True, err=True))
        if key.lstrip().startswith("{"):  # its other lines would be shown, and run as commands
            raise click.UsageError(f"A key of many lines is read from its file: {_ADD} {name} < account.json")
    else:
        key = sys.stdin.read(10_000)
    print(key_files.add(_folder(), name, key.strip(), replace=replace), flush=True)
    found = key_files.models(name)
    if found:
        models = ", ".join(f"{name}/{path.stem}" for path in found)
        _say(f"{vendors.VENDORS[name].title}: {models}")
        _say("Only the owner may order them until a plan lists them: see docs/gateway.md.")
    else:
        _say(f'No models of {name} ship with Vitascope: name the key in a model file, key = "{name}".')


@vendor.command("test")
@click.argument("name", help="A vendor whose key is here.")
@click.option("--address", help="Where its API lies. [default: the vendor's]")
def test_vendor(name: str, address: str | None) -> None:
    """Ask the vendor whether it takes the key, and what is left there where it says so. Nothing is bought."""
    from vitascope.engines.remote import key_files

    taken = key_files.tested(name, {"address": address} if address else {})
    print(f"{taken.address} takes the key of {name}.", flush=True)
    if taken.credit:
        print(f"Its account has {taken.credit.amount:,g} {taken.credit.unit} left.", flush=True)


@vendor.command("models")
@click.argument("name", help="A vendor that lists its models: openrouter.")
@click.option("--address", help="Where its API lies. [default: the vendor's]")
def list_models(name: str, address: str | None) -> None:
    """Read the vendor's own list of models, with prices, into model files."""
    import time

    from vitascope.config import settings
    from vitascope.engines.remote import model_lists

    found = model_lists.renew(settings().home / "models", name, time.time(), address=address or "")
    for model in found.models:
        print(model)
    for model in found.own:
        _say(f"{model} is in a file of your own, which stays as it is.")
    for model, why in found.left_out.items():
        _say(f"{model} is left out: {why}.")


@vendor.command("list")
def list_vendors() -> None:
    """The keys that are here, by their last four characters, and the vendors known besides."""
    from vitascope.engines.remote import key_files, vendors

    here = key_files.every(_folder())
    for one in here:
        known = vendors.VENDORS.get(one.name)
        whose = f"{known.title}, {one.models} models ship" if known else "another server"
        print(f"{one.name:<14} {one.fault or '...' + one.end}  {whose}")
    without = [name for name in vendors.VENDORS if name not in {one.name for one in here}]
    print(f"Known, and without a key: {', '.join(without)}", flush=True)


@vendor.command("remove")
@click.argument("name", help="Whose key goes.")
@click.option("--force", is_flag=True, help="Also while its orders are under way, which then cannot be looked at.")
def remove_vendor(name: str, force: bool) -> None:
    """Take a key away; its vendor's models cannot be ordered any more."""
    from vitascope.engines.remote import key_files
    from vitascope.store import purchases

    if not force:
        with operator.house(strangers=True) as (house, _), house.store.read() as tx:
            purchases.refuse_under_way(tx, name)
    key_files.remove(_folder(), name)
    _say(f"The key of {name} is gone from this machine; end it at the vendor too.")
