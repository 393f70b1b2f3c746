"""The tree of errors. Each says what happened, with its numbers, and hints at what to do about it.

    VitascopeError              500  exit 1   anything that went wrong
    ├── BadSpec                 400  exit 2   what was asked makes no sense: prompt, size, seconds, seed, camera
    │   └── UnknownId           422  exit 2   something is named that is not there
    ├── UnknownModel            404  exit 2   no model of that name
    ├── BadSettings             500  exit 2   an environment variable or the settings file holds nonsense
    ├── BadPicture              422  exit 1   a given picture cannot be read or is too large
    ├── BadClip                 422  exit 1   a given clip cannot be read, continued or made again
    ├── BadBackup               422  exit 1   a backup to be restored is none, or is damaged
    ├── BadWeights              503  exit 1   the model's files are missing or damaged
    ├── BadEngine               500  exit 1   the engine of a model does not do what engines do
    │   └── EngineFailed        500  exit 1   it raised an error of its own
    ├── NoMemory                503  exit 1   the machine gives no more memory
    ├── MissingExtra            501  exit 1   an optional part is not installed
    ├── MissingFont             501  exit 1   no font on this machine has the letters of a text
    ├── OutputFailed            507  exit 1   the result cannot be written: no folder, no right, no room
    ├── NotSignedIn             401  exit 1   no key, no session, or one that is not (or no longer) good
    ├── NotEnoughCredits        402  exit 1   the price is higher than what the account has left
    ├── NotAllowed              403  exit 1   this account may not do that
    ├── NotFound                404  exit 1   no such thing, or it belongs to another account
    ├── Conflict                409  exit 1   the state of a thing does not allow it
    │   ├── FilmChanged         409  exit 1   somebody else has changed the film meanwhile
    │   ├── Blocked             409  exit 1   a part of what was ordered cannot be made
    │   └── OverBudget          409  exit 1   a film would cost more than its budget
    ├── PriceTooHigh            409  exit 1   the order costs more than it may
    ├── OverSpendingLimit       402  exit 1   more would be spent with other servers than the operator allows
    ├── LeaseLost               409  exit 1   another worker has the job now
    ├── TooLarge                413  exit 1   what was sent is larger than what is taken
    ├── PolicyRefused           422  exit 1   a rule of this server's operator refuses it
    ├── NotSupported            422  exit 1   the chosen model cannot do that
    ├── NotMade                 502  exit 1   another server, where it was ordered, did not make the clip
    ├── TooMany                 429  exit 1   a limit of rate or number is reached
    └── Unavailable             503  exit 1   a part of the service does not answer
        └── Damaged             503  exit 1   what the database has kept cannot be read; waiting does not help

`status` and `code` are for the faces that speak HTTP, `exit_code` for the command line (0 done, 1 failed, 2 wrong
usage). `field` names the part of the request that is at fault, where it is one.
"""

from __future__ import annotations

import errno


class VitascopeError(Exception):
    status = 500
    code = "error"
    exit_code = 1

    def __init__(self, message: str, *, hint: str = "", field: str = ""):
        super().__init__(message)
        self.message, self.hint, self.field = message, hint, field


class BadSpec(VitascopeError):
    status, code, exit_code = 400, "bad_spec", 2


class UnknownId(BadSpec):
    """Something is named that is not there; `field` is the path of the name."""

    status, code = 422, "unknown_id"


class UnknownModel(VitascopeError):
    status, code, exit_code = 404, "unknown_model", 2

    def __init__(self, name: str, known: list[str]):
        super().__init__(
            f'No model is called "{name}".', hint=f"Known here: {', '.join(known) or 'none'}.", field="model"
        )


class BadSettings(VitascopeError):
    status, code, exit_code = 500, "bad_settings", 2


class BadPicture(VitascopeError):
    status, code = 422, "bad_picture"


class BadClip(VitascopeError):
    status, code = 422, "bad_clip"


class BadBackup(VitascopeError):
    status, code = 422, "bad_backup"


class BadWeights(VitascopeError):
    status, code = 503, "bad_weights"


class BadEngine(VitascopeError):
    status, code = 500, "bad_engine"

    def __init__(self, message: str, *, hint: str = "docs/models.md says what an engine does."):
        super().__init__(message, hint=hint)


class EngineFailed(BadEngine):
    """The message has the error's kind alone; `whole`, for who runs the engine, has its words too."""

    code = "engine_failed"

    def __init__(self, model: str, error: BaseException):
        message = f"The engine of {model} failed: {type(error).__name__}"
        super().__init__(f"{message}.", hint="Run it with VITASCOPE_DEBUG=1 to see where.")
        self.whole = f"{message}: {error}" if str(error) else self.message


class NoMemory(VitascopeError):
    status, code = 503, "no_memory"

    def __init__(self) -> None:
        super().__init__(
            "There is not enough memory.",
            hint="Close other programs, raise the limit (ulimit -v, or the container's), or ask for a shorter clip.",
        )


class MissingExtra(VitascopeError):
    status, code = 501, "missing_extra"

    def __init__(self, what: str, extra: str):
        super().__init__(
            f"{what} needs parts that are not installed.",
            hint=f"pip install 'vitascope[{extra}]', or in a clone '.[{extra}]'.",
        )


class MissingFont(VitascopeError):
    status, code = 501, "missing_font"

    def __init__(self, letters: str):
        super().__init__(
            f"No font on this machine has the letters {letters[:12]} of a text that is to be drawn.",
            hint="Install one (Debian and Ubuntu: apt install fonts-dejavu, for Chinese fonts-noto-cjk), or set "
            "VITASCOPE_FONT to a font file; or leave captions out of the picture (--captions file).",
        )


class OutputFailed(VitascopeError):
    """`why`: what is wrong there, without saying where."""

    status, code = 507, "output_failed"

    def __init__(self, message: str, *, hint: str = "", why: str = ""):
        super().__init__(message, hint=hint)
        self.why = why


class NotSignedIn(VitascopeError):
    """`reason`: missing, wrong, expired, or early (not valid yet)."""

    status, code = 401, "not_signed_in"

    def __init__(self, message: str, *, hint: str = "", reason: str = "wrong"):
        super().__init__(message, hint=hint)
        self.reason = reason


class NotEnoughCredits(VitascopeError):
    """Amounts in units, of which a credit has 100."""

    status, code = 402, "not_enough_credits"

    def __init__(self, needed: int, available: int):
        super().__init__(
            f"This costs {needed / 100:g} credits; the account has {available / 100:g}.",
            hint=f"Add {(needed - available) / 100:g} credits, or ask for a shorter clip or fewer takes.",
        )
        self.needed, self.available = needed, available


class PriceTooHigh(VitascopeError):
    """The order may not cost this much. Amounts in units, of which a credit has 100."""

    status, code = 409, "price_too_high"

    def __init__(self, price: int, most: int):
        super().__init__(
            f"This costs {price / 100:g} credits; the order allows {most / 100:g}.",
            hint="The price has changed, or more was asked. Look at the new price and order again.",
            field="max_credits",
        )
        self.price, self.most = price, most


class OverSpendingLimit(VitascopeError):
    """More would be spent with other servers than the operator allows."""

    status, code = 402, "over_spending_limit"


class NotAllowed(VitascopeError):
    status, code = 403, "not_allowed"


class NotFound(VitascopeError):
    status, code = 404, "not_found"


class Conflict(VitascopeError):
    status, code = 409, "conflict"


class FilmChanged(Conflict):
    """Somebody else has changed the film meanwhile. `more`: the film's version, and what stands against it."""

    code = "film_changed"

    def __init__(self, message: str, *, hint: str = "", field: str = "", more: dict[str, object] | None = None):
        super().__init__(message, hint=hint, field=field)
        self.more = more or {}


class Blocked(Conflict):
    """Part of an order cannot be made. `more`: what, each with its reason."""

    code = "blocked"

    def __init__(self, message: str, *, hint: str = "", more: dict[str, object] | None = None):
        super().__init__(message, hint=hint)
        self.more = more or {}


class OverBudget(Conflict):
    """Amounts in units, of which a credit has 100."""

    code = "over_budget"

    def __init__(self, needed: int, left: int):
        super().__init__(
            f"This costs {needed / 100:g} credits; the film's budget has {max(left, 0) / 100:g} left.",
            hint="Raise the budget of the film, or make less.",
        )


class LeaseLost(VitascopeError):
    status, code = 409, "lease_lost"


class TooLarge(VitascopeError):
    status, code = 413, "too_large"


class PolicyRefused(VitascopeError):
    """Names the rule that refused and the field it looked at; nothing was charged."""

    status, code = 422, "policy_refused"

    def __init__(self, message: str, *, hint: str, rule: str, field: str):
        super().__init__(message, hint=hint, field=field)
        self.rule = rule


class NotSupported(VitascopeError):
    status, code = 422, "not_supported"


class NotMade(VitascopeError):
    """`why`: what the operator is told, where that is not for the user."""

    status, code = 502, "not_made"

    def __init__(self, message: str, *, hint: str = "", why: str = ""):
        super().__init__(message, hint=hint)
        self.why = why


class TooMany(VitascopeError):
    """`retry_after`: seconds until it is worth trying again. `kind`: rate (of requests), or parallel (clips)."""

    status, code = 429, "too_many"

    def __init__(self, message: str, *, hint: str = "", retry_after: float = 1.0, kind: str = "rate"):
        super().__init__(message, hint=hint)
        self.retry_after, self.kind = retry_after, kind


class Unavailable(VitascopeError):
    status, code = 503, "unavailable"


class Damaged(Unavailable):
    code = "damaged"

    def __init__(self, what: str):
        super().__init__(
            f"The database is damaged: {what}",
            hint="Stop the server, then bring a backup back with `vitascope restore`, or save what can be read "
            "with `vitascope check --repair`.",
        )


_WRITE = "Check the folder's rights, or set VITASCOPE_HOME to a folder that can be written."
_SYSTEM = {
    errno.ENOSPC: ("The disk is full", "Make room, or set VITASCOPE_HOME to a folder on another disk."),
    errno.EDQUOT: ("The disk quota is used up", "Make room, or set VITASCOPE_HOME to a folder on another disk."),
    errno.EROFS: ("This folder can only be read", _WRITE),
    errno.EACCES: ("This may not be read or written", _WRITE),
    errno.EPERM: ("This may not be read or written", _WRITE),
    errno.ENOENT: ("This cannot be made, or is not there", _WRITE),
    errno.ENOTDIR: ("A part of this path is a file", _WRITE),
    errno.EMFILE: ("Too many files are open", "Raise the limit: ulimit -n 4096."),
}


def of_machine(error: BaseException) -> VitascopeError | None:
    """What the machine refused (room, rights, memory), for its user: it names the path. None: all else."""
    if is_memory(error):
        return NoMemory()
    if not isinstance(error, OSError) or error.errno not in _SYSTEM:
        return None
    message, hint = _SYSTEM[error.errno]
    return OutputFailed(f"{message}: {error.filename}." if error.filename else f"{message}.", hint=hint)


def is_memory(error: BaseException) -> bool:
    """Whether it says, in whichever words, that there is no more memory."""
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno in (errno.ENOMEM, errno.EAGAIN)):
        return True
    words = (
        "allocate memory",
        "out of memory",
        "bad_alloc",
        "bad allocation",
        "failed to allocate",
        "start new thread",
        "failed to map segment",
    )
    return any(word in str(error).lower() for word in words)
