"""Settings: one table of names, defaults and helps, read once into a frozen object. Only this file reads the
environment.

A value comes from `VITASCOPE_<NAME>`, else from the TOML file (`VITASCOPE_CONFIG`, or `config.toml` in the home
folder), else from the table. Each keeps its origin, which `vitascope doctor` shows.
"""

from __future__ import annotations

import os
import re
import sys
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
    secret: bool = False  # may hold a password, so it is not shown in full
    choices: tuple[str, ...] = ()

    @property
    def variable(self) -> str:
        return f"VITASCOPE_{self.name.upper()}"


TABLE = (
    Setting("home", "~/.vitascope", "folder for everything Vitascope keeps"),
    Setting("model", "vitascope-nano", "model used when none is named"),
    Setting("weights", "", "folder of the embedded model's files; empty: those that came with the package"),
    Setting("threads", 0, "processor threads for the embedded model; 0: all cores"),
    Setting(
        "database_url", "", "where jobs, credits and accounts are kept; empty: a file in the home folder", secret=True
    ),
    Setting("storage_url", "", "where clips are kept; empty: a folder in the home folder", secret=True),
    Setting("host", "127.0.0.1", "address that `serve` listens on"),
    Setting("port", 8410, "port that `serve` listens on"),
    Setting("public_url", "", "how others reach this server, for links; empty: host and port"),
    Setting("signup", 0, "1: strangers may open accounts"),
    Setting("credits", 1, "0: nothing costs anything"),
    Setting("plans", "", "file of plans and prices; empty: the one that came with the package"),
    Setting("policy", "", "file of rules; empty: the one that came with the package"),
    Setting("label", 0, "1: clips say in a corner that they are generated"),
    Setting("mark", 0, "1: clips carry an invisible mark, by which they can be known again"),
    Setting("c2pa", 0, "1: clips carry a signed C2PA manifest; needs the extra `provenance`"),
    Setting("gpu_second_price", 500, "what a second of a GPU costs you, in micro-dollars"),
    Setting("cpu_second_price", 15, "what a second of a processor costs you, in micro-dollars"),
    Setting("retention_days", 0, "days until a clip is removed, for plans that do not say; 0: never"),
    Setting("cors_origins", "", "origins whose pages may use this API with a key, parted by commas; empty: none"),
    Setting("swept_days", 14, "days that files without a clip are kept, set aside, before they are removed"),
    Setting("studio_dir", "", "folder of another build of the studio; empty: the one that came with the package"),
    Setting("fetch_allowed", "", "hosts and networks inside that pictures and webhooks may use, parted by commas"),
    Setting("log_format", "text", "text, or json for one object a line", choices=("text", "json")),
)
_FOLDERS = ("weights", "plans", "policy", "studio_dir")  # read as paths; empty: None


@dataclass(frozen=True, kw_only=True)
class Settings:
    home: Path
    model: str
    weights: Path | None
    threads: int
    database_url: str
    storage_url: str
    host: str
    port: int
    public_url: str
    signup: int
    credits: int
    plans: Path | None
    policy: Path | None
    label: int
    mark: int
    c2pa: int
    gpu_second_price: int
    cpu_second_price: int
    retention_days: int
    cors_origins: str
    swept_days: int
    studio_dir: Path | None
    fetch_allowed: str
    log_format: str
    origins: Mapping[str, str]  # setting's name -> where its value came from

    @property
    def database(self) -> str:
        """The database's URL, that of the file in the home folder when none is set."""
        return self.database_url or f"sqlite:///{self.home.absolute() / 'vitascope.db'}"

    @property
    def storage(self) -> str:
        """The storage's URL or folder, the one in the home folder when none is set."""
        return self.storage_url or str(self.home.absolute() / "blobs")

    @property
    def base_url(self) -> str:
        """How this server is reached, without a slash at the end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url.rstrip("/") or f"http://{host}:{self.port}"

    @property
    def allowed_hosts(self) -> tuple[str, ...]:
        """Hosts and networks that may be called for somebody although they are not public."""
        return tuple(name.strip() for name in self.fetch_allowed.split(",") if name.strip())

    @property
    def allowed_origins(self) -> tuple[str, ...]:
        """Origins whose pages a browser lets read the answers of this API; "*": any."""
        return tuple(name.strip().rstrip("/") for name in self.cors_origins.split(",") if name.strip())

    def shown(self, setting: Setting) -> str:
        """The value for people's eyes: passwords inside are covered."""
        value = getattr(self, setting.name)
        if value is None or value == "":
            return "(empty)"
        return _covered(str(value)) if setting.secret else str(value)


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
    values["home"] = _folder(values["home"])
    values |= {name: _folder(values[name]) if values[name] else None for name in _FOLDERS}
    values["threads"] = values["threads"] or cores()
    return Settings(origins=origins, **values)


@cache
def settings() -> Settings:
    return read(os.environ)


def override(**values: str | int | None) -> Settings:
    """The settings with these in the place of the environment's (None leaves one as it is), for this process and those
    it starts: a command's options are settings given by hand.
    """
    for name, value in values.items():
        if value is not None:
            os.environ[f"VITASCOPE_{name.upper()}"] = str(value)
    settings.cache_clear()
    return settings()


def exported() -> dict[str, str]:
    """The environment's variables of Vitascope, for processes on other machines."""
    return {name: value for name, value in os.environ.items() if name.startswith("VITASCOPE_")}


def shared_metrics() -> str:
    """The folder into which the processes of one server count together; empty: each counts for itself."""
    return os.environ.get("PROMETHEUS_MULTIPROC_DIR", "")


def silence(**variables: str) -> None:
    """Set switches of packages that are read from the environment only, such as those that stop them phoning home."""
    os.environ.update(variables)


def can_show_pages() -> bool:
    """Whether a browser with windows can open here: not over a line to another machine, nor in a container."""
    windows = sys.platform in ("win32", "darwin")
    return windows or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))


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
    if setting.choices and value not in setting.choices:
        raise BadSettings(f'{setting.name} is "{value}" ({origin}).', hint=f"One of {', '.join(setting.choices)}.")
    return value


def _covered(url: str) -> str:
    """A URL without its password and without what follows the question mark, where keys may stand."""
    url = re.sub(r"(://[^:/@]*):[^@/]*@", r"\1:***@", url)
    return re.sub(r"\?.*", "?...", url)
