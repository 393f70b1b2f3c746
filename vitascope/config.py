"""Settings: one class of names, defaults and helps, read once into a frozen object. Only this file reads the
environment.

A value comes from `VITASCOPE_<NAME>`, else from the TOML file (`VITASCOPE_CONFIG`, or `config.toml` in the home
folder), else from the class. Each keeps its origin, which `vitascope doctor` shows.
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
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import AfterValidator, BeforeValidator, Field, PrivateAttr, ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from vitascope.errors import BadSettings


def cores() -> int:
    """Processors this process may use, which in a container is fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _folder(text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError as error:  # "~" without a home
        raise BadSettings(f"{text}: {error}", hint="Set VITASCOPE_HOME to a folder.") from error


def _number(value: Any) -> Any:
    if isinstance(value, bool):  # a file's `threads = true`, which would be read as 1
        raise ValueError("not a number")
    return value


def _setting(default: str | int, help: str, *, secret: bool = False) -> Any:
    """`secret`: the value may hold a password, so it is not shown in full."""
    return Field(default, description=help, repr=not secret, validate_default=True)


Count = Annotated[int, Field(ge=0), BeforeValidator(_number)]
Folder = Annotated[Path, BeforeValidator(_folder)]
OptionalFolder = Annotated[Path | None, BeforeValidator(lambda text: _folder(text) if text else None)]


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="VITASCOPE_", frozen=True)

    home: Folder = _setting("~/.vitascope", "folder for everything Vitascope keeps")
    model: str = _setting("vitascope-nano", "model used when none is named")
    weights: OptionalFolder = _setting(
        "", "folder of the embedded model's files; empty: those that came with the package"
    )
    threads: Annotated[Count, AfterValidator(lambda number: number or cores())] = _setting(
        0, "processor threads for the embedded model; 0: all cores"
    )
    database_url: str = _setting(
        "", "where jobs, credits and accounts are kept; empty: a file in the home folder", secret=True
    )
    storage_url: str = _setting("", "where clips are kept; empty: a folder in the home folder", secret=True)
    host: str = _setting("127.0.0.1", "address that `serve` listens on")
    port: Count = _setting(8410, "port that `serve` listens on")
    public_url: str = _setting("", "how others reach this server, for links; empty: host and port")
    signup: bool = _setting(False, "true: strangers may open accounts")
    credits: bool = _setting(True, "false: nothing costs anything")
    plans: OptionalFolder = _setting("", "file of plans and prices; empty: the one that came with the package")
    policy: OptionalFolder = _setting("", "file of rules; empty: the one that came with the package")
    label: bool = _setting(False, "true: clips say in a corner that they are generated")
    mark: bool = _setting(False, "true: clips carry an invisible mark, by which they can be known again")
    c2pa: bool = _setting(False, "true: clips carry a signed C2PA manifest; needs the extra `provenance`")
    gpu_second_price: Count = _setting(500, "what a second of a GPU costs you, in micro-dollars")
    cpu_second_price: Count = _setting(15, "what a second of a processor costs you, in micro-dollars")
    retention_days: Count = _setting(0, "days until a clip is removed, for plans that do not say; 0: never")
    cors_origins: str = _setting("", "origins whose pages may use this API with a key, parted by commas; empty: none")
    swept_days: Count = _setting(14, "days that files without a clip are kept, set aside, before they are removed")
    studio_dir: OptionalFolder = _setting(
        "", "folder of another build of the studio; empty: the one that came with the package"
    )
    fetch_allowed: str = _setting("", "hosts and networks inside that pictures and webhooks may use, parted by commas")
    log_format: Literal["text", "json"] = _setting("text", "text, or json for one object a line")
    _origins: Mapping[str, str] = PrivateAttr(default_factory=dict)

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: Any, init_settings: PydanticBaseSettingsSource, *others: Any, **more: Any
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)  # `read` asks the others, and notes which of them gave what

    @property
    def origins(self) -> Mapping[str, str]:
        """A setting's name -> where its value came from."""
        return self._origins

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
        if isinstance(value, bool):
            return str(value).lower()
        return _covered(str(value)) if setting.secret else str(value)


@dataclass(frozen=True)
class Setting:
    name: str
    default: str | int
    help: str
    secret: bool
    choices: tuple[str, ...]

    @property
    def variable(self) -> str:
        return f"VITASCOPE_{self.name.upper()}"

    @property
    def must_be(self) -> str:
        """What a value must be, in words."""
        if self.choices:
            return f"one of {', '.join(self.choices)}"
        return {bool: "true or false", int: "a whole number, 0 or more"}.get(type(self.default), "a text")


def _choices(annotation: Any) -> tuple[str, ...]:
    return get_args(annotation) if get_origin(annotation) is Literal else ()


TABLE = tuple(
    Setting(name, field.default, field.description or "", not field.repr, _choices(field.annotation))
    for name, field in Settings.model_fields.items()
)


def read(environment: Mapping[str, str]) -> Settings:
    """The settings under this environment; a test gives its own, the house uses `settings()`."""
    home = _folder(environment.get("VITASCOPE_HOME") or str(TABLE[0].default))
    file = _folder(environment.get("VITASCOPE_CONFIG") or str(home / "config.toml"))
    written = _read_file(file, must_exist="VITASCOPE_CONFIG" in environment)
    source = EnvSettingsSource(Settings)
    source.env_vars = {name.lower(): value for name, value in environment.items() if value}
    given = source()
    origins = {setting.name: "default" for setting in TABLE}
    origins |= dict.fromkeys(written, f"file {file}")
    origins |= {setting.name: f"environment {setting.variable}" for setting in TABLE if setting.name in given}
    values = written | given
    try:
        made = Settings(**values)
    except ValidationError as refused:
        name = str(refused.errors()[0]["loc"][0])
        (setting,) = (setting for setting in TABLE if setting.name == name)
        message = f'{name} is "{values[name]}" ({origins[name]}).'
        raise BadSettings(message, hint=f"It must be {setting.must_be}.") from None
    made._origins = origins
    return made


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


def _covered(url: str) -> str:
    """A URL without its password and without what follows the question mark, where keys may stand."""
    url = re.sub(r"(://[^:/@]*):[^@/]*@", r"\1:***@", url)
    return re.sub(r"\?.*", "?...", url)
