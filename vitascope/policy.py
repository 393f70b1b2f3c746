"""What this server's operator refuses to make: words, sizes, numbers. Pure: a spec and the rules go in; nothing comes
out, or one `PolicyRefused` that names the rule, the field and what to do. Nothing was charged then, because this is
asked first.

The rules are a readable file, `policy.toml` beside this one, which says what each line does.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from importlib import resources
from typing import Any

from vitascope.clip import ClipSpec, Shape
from vitascope.errors import BadSettings, PolicyRefused

_FIELDS = ("prompt", "negative_prompt", "camera")
_SPELT = re.compile(r"(?<![a-z0-9])(?:[a-z][\s.\-_*+,/|]+){2,}[a-z](?![a-z0-9])")  # "p o r n", "p.o.r.n"


@dataclass(frozen=True, kw_only=True)
class Words:
    """One rule of words. `whole` and `inside` are patterns over the text as `plain` and `squeezed` make it."""

    rule: str
    hint: str
    fields: tuple[str, ...] = ("prompt", "camera")
    whole: re.Pattern[str] | None = None
    inside: tuple[str, ...] = ()

    def found(self, text: str) -> str:
        """The first refused word in this text; empty when there is none."""
        read = plain(text)
        if self.whole and (hit := self.whole.search(read) or self.whole.search(_joined(read))):
            return hit.group()
        tight = squeezed(read)
        return next((word for word in self.inside if squeezed(plain(word)) in tight), "")


@dataclass(frozen=True, kw_only=True)
class Most:
    """The most one request may ask for; 0 is no limit."""

    seconds: float = 0
    width: int = 0
    height: int = 0
    pixels: int = 0
    steps: int = 0
    takes: int = 0
    prompt_characters: int = 0


@dataclass(frozen=True, kw_only=True)
class AccountMost:
    """The most one account may have waiting or ask for in a day; 0 is no limit."""

    waiting: int = 0
    clips_a_day: int = 0
    seconds_a_day: float = 0
    refused: bool = False


@dataclass(frozen=True, kw_only=True)
class Asker:
    """Who asks, and what the account has asked for today and has waiting now, before this request."""

    id: str = ""
    email: str = ""
    waiting: int = 0
    clips_today: int = 0
    seconds_today: float = 0


@dataclass(frozen=True, kw_only=True)
class Rules:
    words: tuple[Words, ...] = ()
    most: Most = Most()
    everyone: AccountMost = AccountMost()
    accounts: Mapping[str, AccountMost] = field(default_factory=dict)  # id or email -> what differs for it

    @classmethod
    def read(cls, path: object = "") -> Rules:
        """The rules in this file; those that came with the package when none is named. Raises BadSettings."""
        try:
            if path:
                with open(str(path), encoding="utf-8") as file:
                    text = file.read()
            else:
                text = (resources.files("vitascope") / "policy.toml").read_text("utf-8")
        except (OSError, ValueError) as error:
            raise BadSettings(
                f"The policy file {path} cannot be read: {error}.", hint="Check the setting policy."
            ) from error
        return cls.parse(text, name=str(path or "policy.toml"))

    @classmethod
    def parse(cls, text: str, *, name: str = "policy.toml") -> Rules:
        try:
            data = tomllib.loads(text)
        except ValueError as error:
            raise BadSettings(
                f"{name}: {error}", hint="Mend the file; vitascope/policy.toml shows the form."
            ) from error
        _known(data, ("format", "words", "most", "accounts"), name, "the file")
        if data.get("format") != 1:
            raise BadSettings(
                f"{name} has format {data.get('format')}, this version reads 1.", hint="Write format = 1."
            )
        accounts = {
            key.casefold(): _numbers(AccountMost, _table(part, name, key), name, f"accounts.{key}")
            for key, part in _table(data.get("accounts", {}), name, "accounts").items()
        }
        everyone = accounts.pop("everyone", AccountMost())
        given = {key.casefold(): part for key, part in data.get("accounts", {}).items()}
        return cls(
            words=tuple(_words(part, name) for part in _tables(data.get("words", []), name)),
            most=_numbers(Most, _table(data.get("most", {}), name, "most"), name, "most"),
            everyone=everyone,
            accounts={key: replace(everyone, **given[key]) for key in accounts},
        )

    def of(self, asker: Asker) -> AccountMost:
        return self.accounts.get(asker.id) or self.accounts.get(asker.email.casefold()) or self.everyone


def check(spec: ClipSpec, shape: Shape, rules: Rules, *, n: int = 1, asker: Asker = Asker()) -> None:
    """Raise PolicyRefused when a rule stands against `n` takes of this spec for this asker."""
    _check_words(spec, rules)
    _check_sizes(spec, shape, rules.most, n)
    _check_account(spec, rules.of(asker), n, asker)


def _check_words(spec: ClipSpec, rules: Rules) -> None:
    texts = {
        "prompt": spec.prompt,
        "negative_prompt": spec.negative_prompt,
        "camera": spec.camera.words if spec.camera else "",
    }
    for rule in rules.words:
        for name in rule.fields:
            if texts[name] and (word := rule.found(texts[name])):
                raise PolicyRefused(
                    f'The rule "{rule.rule}" of this server refuses "{word}" in {name}.',
                    hint=rule.hint,
                    rule=rule.rule,
                    field=name,
                )


def _check_sizes(spec: ClipSpec, shape: Shape, most: Most, n: int) -> None:
    width, height = shape.size
    asked: tuple[tuple[str, str, float, float], ...] = (
        ("seconds", "seconds", spec.seconds, most.seconds),
        ("width", "size", width, most.width),
        ("height", "size", height, most.height),
        ("pixels", "size", width * height, most.pixels),
        ("steps", "steps", shape.steps, most.steps),
        ("takes", "n", n, most.takes),
        ("prompt_characters", "prompt", len(spec.prompt), most.prompt_characters),
    )
    for rule, name, value, limit in asked:
        if limit and value > limit:
            raise _over(f"most.{rule}", name, f"{rule.replace('_', ' ')}: {value:g} asked", limit, "Ask for less.")


def _check_account(spec: ClipSpec, most: AccountMost, n: int, asker: Asker) -> None:
    if most.refused:
        raise PolicyRefused(
            "This server makes nothing for this account.",
            hint="Ask its operator.",
            rule="accounts.refused",
            field="account",
        )
    seconds = n * (spec.seconds or 0)
    tomorrow = "Ask again tomorrow, or for less."
    if most.waiting and asker.waiting + n > most.waiting:
        what = f"clips waiting: {asker.waiting} and {n} more"
        raise _over("accounts.waiting", "account", what, most.waiting, "Wait until some are done, or ask for fewer.")
    if most.clips_a_day and asker.clips_today + n > most.clips_a_day:
        what = f"clips today: {asker.clips_today} and {n} more"
        raise _over("accounts.clips_a_day", "account", what, most.clips_a_day, tomorrow)
    if most.seconds_a_day and asker.seconds_today + seconds > most.seconds_a_day:
        what = f"seconds today: {asker.seconds_today:g} and {seconds:g} more"
        raise _over("accounts.seconds_a_day", "account", what, most.seconds_a_day, tomorrow)


def _over(rule: str, name: str, what: str, limit: float, hint: str) -> PolicyRefused:
    message = f'The rule "{rule}" of this server allows {limit:g}; {what}.'
    return PolicyRefused(message, hint=hint, rule=rule, field=name)


def plain(text: str) -> str:
    """Small letters without accents, full-width forms and hidden characters; white space is one space."""
    letters = unicodedata.normalize("NFKD", text).casefold()
    kept = (letter for letter in letters if unicodedata.category(letter) not in ("Mn", "Cf", "Cc") or letter.isspace())
    return " ".join(unicodedata.normalize("NFC", "".join(kept)).split())


def squeezed(text: str) -> str:
    """Letters and digits alone."""
    return "".join(letter for letter in text if letter.isalnum())


def _joined(text: str) -> str:
    """With spelt-out words put together: "a p o r n clip" -> "a porn clip"; a lone "a" before may stick to it."""
    return _SPELT.sub(lambda hit: squeezed(hit.group()) + " " + squeezed(hit.group())[1:], text)


def _words(part: dict[str, Any], name: str) -> Words:
    rule = part.get("rule")
    if not isinstance(rule, str) or not rule:
        raise BadSettings(f"{name}: a block of words has no rule.", hint='Name it: rule = "..."')
    where = f'the rule "{rule}"'
    _known(part, ("rule", "hint", "whole", "inside", "fields"), name, where)
    hint = part.get("hint") or "Say it without that word."
    lists = {key: _texts(part.get(key, []), name, f"{key} of {where}") for key in ("whole", "inside", "fields")}
    unknown = sorted(set(lists["fields"]) - set(_FIELDS))
    if unknown:
        raise BadSettings(f'{name}: {where} has an unknown field "{unknown[0]}".', hint=f"Known: {', '.join(_FIELDS)}.")
    if not isinstance(hint, str):
        raise BadSettings(f"{name}: the hint of {where} is not a text.", hint="Put it in quotes.")
    if any(len(squeezed(plain(word))) == 0 for key in ("whole", "inside") for word in lists[key]):
        raise BadSettings(f"{name}: {where} has an empty word, which would refuse everything.", hint="Take it out.")
    return Words(
        rule=rule,
        hint=hint,
        fields=lists["fields"] or ("prompt", "camera"),
        whole=_pattern(lists["whole"]),
        inside=lists["inside"],
    )


def _pattern(words: Iterable[str]) -> re.Pattern[str] | None:
    """Latin letters and digits end a word; a Chinese sign beside it does not make it part of a longer one."""
    forms = []
    for word in words:
        stem = word.removesuffix("*")
        body = r"[\W_]+".join(re.escape(piece) for piece in plain(stem).split())
        forms.append(body + ("" if word.endswith("*") else r"(?![a-z0-9])"))
    return re.compile(rf"(?<![a-z0-9])(?:{'|'.join(forms)})") if forms else None


def _numbers(kind: type[Any], part: dict[str, Any], name: str, where: str) -> Any:
    _known(part, tuple(item.name for item in fields(kind)), name, where)
    for key, value in part.items():
        wanted = bool if key == "refused" else (int, float)
        if not isinstance(value, wanted) or (isinstance(value, bool) and key != "refused") or value < 0:
            raise BadSettings(
                f"{name}: {where}.{key} is {value!r}.", hint="true or false." if key == "refused" else "0 or more."
            )
    return kind(**part)


def _known(part: Mapping[str, Any], names: Iterable[str], file: str, where: str) -> None:
    unknown = sorted(set(part) - set(names))
    if unknown:
        raise BadSettings(f'{file}: {where} has an unknown "{unknown[0]}".', hint=f"Known: {', '.join(names)}.")


def _table(part: Any, name: str, where: str) -> dict[str, Any]:
    if not isinstance(part, dict):
        raise BadSettings(f"{name}: {where} is no table.", hint=f"Write [{where}] above it.")
    return part


def _tables(parts: Any, name: str) -> list[dict[str, Any]]:
    if not isinstance(parts, list):
        raise BadSettings(f"{name}: words is one block.", hint="Write [[words]], with two brackets.")
    return [_table(part, name, "[words]") for part in parts]


def _texts(value: Any, name: str, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise BadSettings(f"{name}: {where} is not a list of texts.", hint='["one", "two"]')
    return tuple(value)
