"""The tree of errors. Each says what happened, with its numbers, and hints at what to do about it.

    VitascopeError              500  exit 1   anything that went wrong
    ├── BadSpec                 400  exit 2   what was asked makes no sense: prompt, size, seconds, seed, camera
    ├── UnknownModel            404  exit 2   no model of that name
    ├── BadSettings             500  exit 2   an environment variable or the settings file holds nonsense
    ├── BadPicture              422  exit 1   a given picture cannot be read or is too large
    ├── BadClip                 422  exit 1   a given clip cannot be read, continued or made again
    ├── BadWeights              503  exit 1   the model's files are missing or damaged
    ├── MissingExtra            501  exit 1   an optional part is not installed
    └── OutputFailed            507  exit 1   the result cannot be written: no folder, no right, no room

`status` and `code` are for the faces that speak HTTP, `exit_code` for the command line (0 done, 1 failed, 2 wrong
usage).
"""

from __future__ import annotations


class VitascopeError(Exception):
    status = 500
    code = "error"
    exit_code = 1

    def __init__(self, message: str, *, hint: str = ""):
        super().__init__(message)
        self.message = message
        self.hint = hint


class BadSpec(VitascopeError):
    status, code, exit_code = 400, "bad_spec", 2


class UnknownModel(VitascopeError):
    status, code, exit_code = 404, "unknown_model", 2

    def __init__(self, name: str, known: list[str]):
        super().__init__(f'No model is called "{name}".', hint=f"Known here: {', '.join(known) or 'none'}.")


class BadSettings(VitascopeError):
    status, code, exit_code = 500, "bad_settings", 2


class BadPicture(VitascopeError):
    status, code = 422, "bad_picture"


class BadClip(VitascopeError):
    status, code = 422, "bad_clip"


class BadWeights(VitascopeError):
    status, code = 503, "bad_weights"


class MissingExtra(VitascopeError):
    status, code = 501, "missing_extra"

    def __init__(self, what: str, extra: str):
        super().__init__(
            f"{what} needs parts that are not installed.",
            hint=f"pip install 'vitascope[{extra}]', or in a clone '.[{extra}]'.",
        )


class OutputFailed(VitascopeError):
    status, code = 507, "output_failed"
