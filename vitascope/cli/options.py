"""What options of several files have in common."""

from __future__ import annotations

from pathlib import Path

import click

FILE = click.Path(path_type=Path)
ACCOUNT = click.option("--account", help="E-mail or id. [default: the local owner]")
