"""Settings: one table of names, defaults and helps, read once into a frozen object. Only this file reads the
environment.

A value comes from `VITASCOPE_<NAME>`, else from the TOML file (`VITASCOPE_CONFIG`, or `config.toml` in the home
folder), else from the table. Each keeps its origin, which `vitascope doctor` shows.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from vitascope.errors import BadSettings


@dataclass(frozen=True)
class Setting:
    name: str
    default: str | int
    help: str

    @property
    def variable(self) -> str:
        return f"VITASCOPE_{self.name.upper()}"


TABLE = (
    Setting("home", "~/.vitascope", "folder for everything Vitascope keeps"),
    Setting("model", "vitascope-nano", "model used when none is named"),
    Setting("weights", "", "folder of the embedded model's files; empty: those that came with the package"),
    Setting("threads", 0, "processor threads for the embedded model; 0: all cores"),
)


@dataclass(frozen=True, kw_only=True)
class Settings:
    home: Path
    model: str
    weights: Path | None
    threads: int
    origins: Mapping[str, str]  # setting's name -> where its value came from


def read(environment: Mapping[str, str]) -> Settings:
    """The settings under this environment; a test gives its own, the house uses `settings()`."""
    home = _folder(environment.get("VITASCOPE_HOME") or str(TABLE[0].default))
    file = _folder(environment.get("VITASCOPE_CONFIG") or str(home / "config.toml"))
    written = _read_file(file, must_exist="VITASCOPE_CONFIG" in environment)
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    value: str | int
    for setting in TABLE:
        if environment.get(setting.variable):
            value, origin = environment[setting.variable], f"environment {setting.variable}"
        elif setting.name in written:
            value, origin = written[setting.name], f"file {file}"
        else:
            value, origin = setting.default, "default"
        values[setting.name] = _convert(setting, value, origin)
        origins[setting.name] = origin
    home, weights = _folder(values["home"]), values["weights"]
    return Settings(
        home=home,
        model=values["model"],
        weights=_folder(weights) if weights else None,
        threads=values["threads"] or cores(),
        origins=origins,
    )


@cache
def settings() -> Settings:
    return read(os.environ)


def debugging() -> bool:
    """Whether a fault of our own is shown in full. Asked after something went wrong, so it does not depend on the
    settings.
    """
    return bool(os.environ.get("VITASCOPE_DEBUG"))


def cores() -> int:
    """Processors this process may use, which in a container is fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _folder(text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError as error:  # "~" without a home
        raise BadSettings(f"{text}: {error}", hint="Set VITASCOPE_HOME to a folder.") from error


def _read_file(file: Path, *, must_exist: bool) -> dict[str, Any]:
    try:
        written = tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        if must_exist:
            raise BadSettings(f"There is no settings file {file}.", hint="Check VITASCOPE_CONFIG.") from None
        return {}
    except (OSError, ValueError) as error:
        raise BadSettings(f"The settings file {file} cannot be read: {error}", hint="Mend or remove it.") from error
    unknown = sorted(set(written) - {setting.name for setting in TABLE})
    if unknown:
        known = ", ".join(setting.name for setting in TABLE)
        raise BadSettings(f'{file} has an unknown setting "{unknown[0]}".', hint=f"Known: {known}.")
    return written


def _convert(setting: Setting, value: Any, origin: str) -> Any:
    if isinstance(setting.default, int):
        try:
            number = int(value)
        except (TypeError, ValueError):
            number = -1
        if number < 0 or isinstance(value, bool):
            raise BadSettings(f'{setting.name} is "{value}" ({origin}).', hint="It is a whole number, 0 or more.")
        return number
    if not isinstance(value, str):
        raise BadSettings(f"{setting.name} is {value!r} ({origin}).", hint="It is a text.")
    return value
