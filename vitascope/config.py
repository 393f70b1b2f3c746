"""Settings: one class of names, defaults and helps, read once into a frozen object. Only this file reads the
environment.

A value comes from `VITASCOPE_<NAME>`, else from the TOML file (`VITASCOPE_CONFIG`, or `config.toml` in the home
folder), else from the class. Each keeps its origin, which `vitascope doctor` shows. pydantic-settings reads and checks
what is set; where nothing is set it is not loaded, because it costs every command 0.2 s of CPU time.
"""

# ruff: noqa: RUF009  a setting's default is made once and never changes
from __future__ import annotations

import json
import os
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, cast, get_args, get_origin, get_type_hints

from vitascope.errors import BadSettings


def cores() -> int:
    """Processors this process may use, which in a container is fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _folder(text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError as error:  # "~" without a home
        raise BadSettings(f"{text}: {error}", hint="Set VITASCOPE_HOME to a folder.") from error


def _setting(default: str | int, help: str, *, secret: bool = False) -> Any:
    """`secret`: the value may hold a password, so it is not shown in full."""
    return field(default=default, metadata={"help": help}, repr=not secret)


@dataclass(frozen=True)
class Settings:
    """Made by `read`: the defaults below are as one would write them, and become folders and cores there."""

    home: Path = _setting("~/.vitascope", "folder for everything Vitascope keeps")
    model: str = _setting("vitascope-nano", "model used when none is named")
    weights: Path | None = _setting("", "folder of the embedded model's files; empty: those that came with the package")
    threads: int = _setting(0, "processor threads for the embedded model; 0: all cores")
    database_url: str = _setting(
        "", "where jobs, credits and accounts are kept; empty: a file in the home folder", secret=True
    )
    storage_url: str = _setting("", "where clips are kept; empty: a folder in the home folder", secret=True)
    host: str = _setting("127.0.0.1", "address that `serve` listens on")
    port: int = _setting(8410, "port that `serve` listens on")
    public_url: str = _setting(
        "", "how others reach this server, with the path it has behind a proxy; for links; empty: host and port"
    )
    signup: bool = _setting(False, "true: strangers may open accounts")
    credits: bool = _setting(True, "false: nothing costs anything")
    plans: Path | None = _setting("", "file of plans and prices; empty: the one that came with the package")
    policy: Path | None = _setting("", "file of rules; empty: the one that came with the package")
    label: bool = _setting(False, "true: clips say in a corner that they are generated")
    mark: bool = _setting(False, "true: clips carry an invisible mark, by which they can be known again")
    c2pa: bool = _setting(False, "true: clips carry a signed C2PA manifest; needs the extra `provenance`")
    font: Path | None = _setting(
        "", "file of the font for captions and other drawn text; empty: one that is found on this machine"
    )
    gpu_second_price: int = _setting(500, "what a second of a GPU costs you, in micro-dollars")
    cpu_second_price: int = _setting(15, "what a second of a processor costs you, in micro-dollars")
    retention_days: int = _setting(0, "days until a clip is removed, for plans that do not say; 0: never")
    cors_origins: str = _setting("", "origins whose pages may use this API with a key, parted by commas; empty: none")
    swept_days: int = _setting(14, "days that files without a clip are kept, set aside, before they are removed")
    studio_dir: Path | None = _setting(
        "", "folder of another build of the studio; empty: the one that came with the package"
    )
    fetch_allowed: str = _setting(
        "", "hosts and networks inside that pictures, webhooks and token servers may use, parted by commas"
    )
    url: str = _setting("", "server that `vitascope mcp` asks; empty: the one of this machine")
    api_key: str = _setting(
        "", "key that `vitascope mcp` sends; empty: it asks as the owner of this machine", secret=True
    )
    speech_url: str = _setting(
        "", "voice service with OpenAI's /audio/speech (ends in /v1); it gets the lines of films; empty: none"
    )
    speech_key: str = _setting("", "key that is sent to the voice service", secret=True)
    speech_model: str = _setting("tts-1", "model of the voice service")
    speech_voice: str = _setting("alloy", "voices of the voice service, parted by commas")
    speech_vendors: str = _setting(
        "", "speech to buy: minimax/speech-2.8-hd, volcano/seed-tts-2.0 or a .toml, parted by commas; empty: none"
    )
    voices: Path | None = _setting("", "folder of voices for Piper (.onnx and .onnx.json); empty: none")
    llm_url: str = _setting(
        "", "language model with OpenAI's /chat/completions (ends in /v1); it gets scripts of films; empty: none"
    )
    llm_key: str = _setting("", "key that is sent to the language model's server", secret=True)
    llm_model: str = _setting("", "name of the language model")
    llm_daily: int = _setting(200, "requests for prompts that may go to the language model in a day")
    vendor_calls: bool = _setting(
        False, "true: vendors get an address below `public_url` to call when a clip is ready, so it is seen sooner"
    )
    log_format: Literal["text", "json"] = _setting("text", "text, or json for one object a line")
    origins: Mapping[str, str] = field(default_factory=dict, repr=False)  # name -> where the value came from

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
    def path(self) -> str:
        """The path that others reach this server under, without a slash at the end: "/video", or empty."""
        found = re.fullmatch(r"(?:https?://[^/?#\s]+((?:/[\w.~-]+)*)/?)?", self.public_url, re.ASCII)
        if not found:
            raise BadSettings(f'public_url is "{self.public_url}".', hint="For example https://example.org/video")
        return found[1] or ""

    @property
    def allowed_hosts(self) -> tuple[str, ...]:
        """Hosts and networks that may be called for an account although they are not public."""
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
        if setting.name in ("api_key", "speech_key", "llm_key"):
            return "***"
        return _covered(str(value)) if setting.secret else str(value)


@dataclass(frozen=True)
class Setting:
    name: str
    kind: Any
    default: str | int
    help: str
    secret: bool

    @property
    def variable(self) -> str:
        return f"VITASCOPE_{self.name.upper()}"

    @property
    def choices(self) -> tuple[str, ...]:
        return get_args(self.kind) if get_origin(self.kind) is Literal else ()

    @property
    def must_be(self) -> str:
        """What a value must be, in words."""
        if self.choices:
            return f"one of {', '.join(self.choices)}"
        return {bool: "true or false", int: "an integer, 0 or more"}.get(self.kind, "a text")


def _table() -> Iterator[Setting]:
    kinds = get_type_hints(Settings)
    for one in fields(Settings):
        if one.metadata:
            yield Setting(one.name, kinds[one.name], cast(str | int, one.default), one.metadata["help"], not one.repr)


TABLE = tuple(_table())


def read(environment: Mapping[str, str]) -> Settings:
    """The settings under this environment; a test gives its own, the house uses `settings()`."""
    home = environment.get("VITASCOPE_HOME") or str(TABLE[0].default)
    file = _folder(environment.get("VITASCOPE_CONFIG") or str(_folder(home) / "config.toml"))
    written = _read_file(file, must_exist="VITASCOPE_CONFIG" in environment)
    given = {one.name: environment[one.variable] for one in TABLE if environment.get(one.variable)}
    origins = {one.name: f"environment {one.variable}" if one.name in given else "default" for one in TABLE}
    origins |= {name: f"file {file}" for name in written if name not in given}
    values: dict[str, Any] = {one.name: one.default for one in TABLE} | {"home": home}
    if written or given.keys() - {"home"}:
        values = _checked(written, given, origins)
    for one in TABLE:
        if one.kind in (Path, Path | None):
            values[one.name] = _folder(values[one.name]) if values[one.name] else None
    values["threads"] = values["threads"] or cores()
    return Settings(**values, origins=origins)


def _checked(written: Mapping[str, Any], given: Mapping[str, str], origins: Mapping[str, str]) -> dict[str, Any]:
    """All values, each of its kind, folders still as texts: what is given in the environment, else what is written."""
    from pydantic import BeforeValidator, Field, ValidationError, create_model
    from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource

    class Sources(BaseSettings):
        @classmethod
        def settings_customise_sources(
            cls, settings_cls: Any, init_settings: PydanticBaseSettingsSource, *others: Any, **more: Any
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            environment = EnvSettingsSource(settings_cls)
            environment.env_vars = given
            return environment, init_settings

    kinds = {int: Annotated[int, Field(ge=0), BeforeValidator(_number)], Path: str, Path | None: str}
    shape: Any = {one.name: (kinds.get(one.kind, one.kind), one.default) for one in TABLE}
    try:
        return create_model("Given", __base__=Sources, **shape)(**written).model_dump()
    except ValidationError as refused:
        name = str(refused.errors()[0]["loc"][0])
        (setting,) = (setting for setting in TABLE if setting.name == name)
        message = f'{name} is "{given.get(name, written.get(name))}" ({origins[name]}).'
        raise BadSettings(message, hint=f"It must be {setting.must_be}.") from None


def _number(value: Any) -> Any:
    if isinstance(value, bool):  # a file's `threads = true`, which would be read as 1
        raise ValueError("not a number")
    return value


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


def secret(name: str, what: str) -> str:
    """A key that is kept outside the settings: `env:NAME` is a variable of the environment, any other name a file in
    the home folder's `keys` that nobody else may read. Errors say `what` is missing, never the name or the key.
    """
    hint = "Write it to a file in the folder `keys` of VITASCOPE_HOME (chmod 600), or name a variable: env:NAME."
    if name.startswith("env:"):
        found = os.environ.get(name[4:], "").strip()
    elif not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", name):
        raise BadSettings(f"{what} is not named as a key can be.", hint=hint)
    else:
        file = settings().home / "keys" / name
        try:
            if file.stat().st_mode & 0o077:
                raise BadSettings(f"{what} can be read by others.", hint="chmod 600 the file.")
            found = file.read_text("utf-8").strip()
        except (OSError, ValueError):
            found = ""
    if not found:
        raise BadSettings(f"{what} is not there.", hint=hint)
    if found.startswith("{"):  # a service account's file, which has many lines
        with suppress(ValueError, RecursionError):
            found = json.dumps(json.loads(found), separators=(",", ":"))
    if not found.isascii() or not found.isprintable():
        raise BadSettings(f"{what} has letters that no key has.", hint=hint)
    return found


def plain_environment() -> dict[str, str]:
    """What programs of others need to run, and nothing of ours: no keys."""
    needed = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "SYSTEMROOT", "TEMP", "OMP_NUM_THREADS")
    return {name: os.environ[name] for name in needed if name in os.environ} | {"LC_ALL": "C.UTF-8"}


def exported() -> dict[str, str]:
    """The environment's variables of Vitascope, for processes on other machines."""
    return {name: value for name, value in os.environ.items() if name.startswith("VITASCOPE_")}


def modelscope() -> tuple[str, str]:
    """(address, token) of ModelScope, by the variables of its own programs; the token may be empty."""
    endpoint = os.environ.get("MODELSCOPE_ENDPOINT", "").strip().rstrip("/") or "https://modelscope.cn"
    return endpoint, os.environ.get("MODELSCOPE_API_TOKEN", "").strip()


def shared_metrics() -> str:
    """The folder into which the processes of one server count together; empty: each counts for itself."""
    return os.environ.get("PROMETHEUS_MULTIPROC_DIR", "")


def visible_gpus() -> list[str] | None:
    """Numbers or names of the GPUs that this process may use; None: all of them."""
    given = os.environ.get("CUDA_VISIBLE_DEVICES")
    return None if given is None else [name.strip() for name in given.split(",") if name.strip()]


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
