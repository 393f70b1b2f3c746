"""A language model behind OpenAI's `/chat/completions`: a server of one's own (Ollama, llama.cpp, vLLM) or a vendor's.
Off until its address is set. What is sent is told before; what comes back is checked. Each answer is limited in bytes
and time, and each day in number.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from vitascope import strictjson
from vitascope.config import Settings
from vitascope.errors import BadSettings, NotMade, TooMany, Unavailable
from vitascope.media.atomic_write import written_aside
from vitascope.outbound.service import Service

Shape = TypeVar("Shape", bound=BaseModel)
REPAIRS = 2
LIMIT_SECONDS = 180.0
USED = "llm-used.json"  # in the home folder: how many were asked today
_SHOWN = 6_000  # characters of a bad answer that are sent back
_JSON_ONLY = "Answer with one JSON object and nothing else. It must have this schema:\n"


class NoAnswer(NotMade):
    """The model gave nothing that can be used. `unreachable`: it would give nothing to another request either."""

    def __init__(self, message: str, *, hint: str = "", why: str = "", unreachable: bool = False):
        super().__init__(message, hint=hint, why=why)
        self.unreachable = unreachable


@dataclass(frozen=True)
class Llm:
    """`url`: as far as "/v1". `limit_seconds`: for one answer. `count` is called for each request, and raises TooMany
    when none is left for today.
    """

    url: str
    model: str
    key: str = field(default="", repr=False)
    limit_seconds: float = LIMIT_SECONDS
    count: Callable[[], None] = field(default=lambda: None, compare=False, repr=False)

    @property
    def service(self) -> Service:
        url = self.url.rstrip("/").removesuffix("/chat/completions")
        return Service("The language model", "VITASCOPE_LLM", url, self.key)

    @property
    def host(self) -> str:
        return self.service.host

    def what_leaves(self, text: str) -> str:
        """A sentence for people, before anything is sent."""
        return f"{len(text):,} characters of your text are sent to {self.host} (model {self.model})."

    def text(self, messages: Sequence[Mapping[str, str]], *, tokens: int) -> str:
        """What it answers, in at most so many tokens. Raises NoAnswer, BadSettings, TooMany."""
        body = {"model": self.model, "messages": list(messages), "max_tokens": tokens, "temperature": 0.7}
        said, cut_off = self._content(self._good(*self._post(body)))
        if cut_off:
            raise NoAnswer(f"{self.host} broke off after {tokens} tokens.", hint="Try again, or use your own words.")
        if not said:
            raise NoAnswer(f"{self.host} answered nothing.", hint="Try again, or use your own words.")
        return said

    def answer(self, task: str, given: str, shape: type[Shape], check: Callable[[Shape], str] = lambda _: "") -> Shape:
        """What the model makes of `given`. `check` says what is wrong with an answer of the right shape, or nothing.
        Raises NoAnswer, or BadSettings when the key is refused.
        """
        schema = shape.model_json_schema()
        messages = [
            {"role": "system", "content": f"{task}\n\n{_JSON_ONLY}{json.dumps(schema, ensure_ascii=False)}"},
            {"role": "user", "content": given},
        ]
        wrong = ""
        for _ in range(REPAIRS + 1):
            said, cut_off = self._complete(messages, shape.__name__, schema)
            try:
                answer = shape.model_validate(_object(said))
                wrong = check(answer)
                if not wrong:
                    return answer
            except (ValueError, RecursionError) as error:
                wrong = "it was cut off; answer more briefly" if cut_off else _told(error)
            messages = messages[:2] + [
                {"role": "assistant", "content": said[:_SHOWN] or "{}"},
                {"role": "user", "content": f"That can't be used: {wrong}. Answer again, with the JSON object alone."},
            ]
        raise NoAnswer(f"{self.host} gave {REPAIRS + 1} answers that can't be used.", why=wrong[:300])

    def _complete(self, messages: list[dict[str, str]], name: str, schema: dict[str, Any]) -> tuple[str, bool]:
        """(what the model said, whether it was cut off). Servers that refuse a schema are asked without one."""
        body: dict[str, Any] = {"model": self.model, "messages": messages}
        form = {"type": "json_schema", "json_schema": {"name": name, "schema": schema, "strict": True}}
        status, said = self._post(body | {"response_format": form})
        if status in (400, 404, 415, 422, 500, 501):
            again, other = self._post(body)
            status, said = (again, other) if again == 200 else (status, said)
        return self._content(self._good(status, said))

    def _good(self, status: int, said: bytes) -> bytes:
        try:
            return self.service.good(status, said, "VITASCOPE_LLM_MODEL")
        except TooMany as error:
            raise NoAnswer(error.message, hint=error.hint, unreachable=True) from error
        except NotMade as error:  # who may ask it runs the server, so its own words are told
            told = f"{error.message[:-1]}: {error.why.rstrip('.')}." if error.why else error.message
            raise NoAnswer(told, hint=error.hint, why=error.why, unreachable=True) from error

    def _post(self, body: dict[str, Any]) -> tuple[int, bytes]:
        self.service.check()
        self.count()
        try:
            return self.service.ask(
                "/chat/completions", body, accept="application/json", limit_seconds=self.limit_seconds
            )
        except Unavailable as error:
            raise NoAnswer(error.message, hint=error.hint, unreachable=True) from error

    def _content(self, said: bytes) -> tuple[str, bool]:
        try:
            choice = strictjson.loads(said)["choices"][0]
            message = choice["message"]
            content = message.get("content") or ""
            if isinstance(content, list):
                content = "".join(str(part.get("text", "")) for part in content)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise NoAnswer(
                f"The language model at {self.host} does not answer as /chat/completions does.",
                hint="Check VITASCOPE_LLM_URL (it ends in /v1).",
                unreachable=True,
            ) from error
        if message.get("refusal") or choice.get("finish_reason") == "content_filter":
            raise NoAnswer(f"{self.host} refuses to answer.", why=str(message.get("refusal") or "")[:300])
        return str(content), choice.get("finish_reason") == "length"


def configured(settings: Settings) -> Llm | None:
    """The language model of the settings; None when none is set. Raises BadSettings when its name is missing, or its
    address is none.
    """
    if not settings.llm_url:
        return None
    if not settings.llm_model:
        raise BadSettings("A language model's server is set, but no model.", hint="Set VITASCOPE_LLM_MODEL.")
    count = partial(_count, settings.home, settings.llm_daily)
    found = Llm(settings.llm_url, settings.llm_model, settings.llm_key, count=count)
    found.service.check()
    return found


def needed(settings: Settings) -> Llm:
    """The same. Raises BadSettings when none is set."""
    if found := configured(settings):
        return found
    raise BadSettings(
        "No language model is set.", hint="VITASCOPE_LLM_URL=http://127.0.0.1:11434/v1 VITASCOPE_LLM_MODEL=NAME"
    )


def _object(said: str) -> Any:
    """The JSON object in an answer, without what it thought, fences and words around it."""
    said = re.sub(r"<think>.*?</think>", "", said, flags=re.DOTALL)
    start, end = said.find("{"), said.rfind("}")
    if start < 0 or end < start:
        raise ValueError("there is no JSON object in it")
    return strictjson.loads(said[start : end + 1])


def _told(error: Exception) -> str:
    if isinstance(error, ValidationError):
        found = error.errors(include_url=False, include_context=False, include_input=False)[:3]
        return "; ".join(f"{'.'.join(str(part) for part in one['loc'])[:80]}: {one['msg']}" for one in found)
    return f"it is not valid JSON ({str(error)[:120]})"


def _count(home: Path, daily: int) -> None:
    """One more for today, in a file of the home folder. Raises TooMany."""
    path, today = home / USED, datetime.now(UTC).date().isoformat()
    used = _used(path, today)
    if used >= daily:
        raise TooMany(
            f"{used} requests went to the language model today; {daily} are allowed.",
            hint="Use your own words, or raise VITASCOPE_LLM_DAILY.",
        )
    home.mkdir(parents=True, exist_ok=True)
    with written_aside(path) as aside:
        aside.write_text(json.dumps({"day": today, "requests": used + 1}), "utf-8")


def _used(path: Path, today: str) -> int:
    try:
        told = json.loads(path.read_text("utf-8"))
        return int(told["requests"]) if told["day"] == today else 0
    except (OSError, ValueError, LookupError, TypeError):
        return 0
