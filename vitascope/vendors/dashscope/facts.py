"""DashScope's facts, for server and client: its paths, the words for states and errors, how it writes times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from vitascope.vendors.fields import Fields, bad, text
from vitascope.vendors.view import State

API = "/api/v1"
STATUS = {
    "queued": "PENDING",
    "running": "RUNNING",
    "succeeded": "SUCCEEDED",
    "failed": "FAILED",
    "cancelled": "CANCELED",
}
STATES: dict[str, tuple[State, ...]] = {
    word.lower(): (state,)  # type: ignore[misc]
    for state, word in STATUS.items()
}
CODES = {  # of our statuses: HTTP status, code
    400: (400, "InvalidParameter"),
    401: (401, "InvalidApiKey"),
    402: (400, "Arrearage"),
    403: (403, "AccessDenied"),
    404: (404, "InvalidParameter"),
    405: (405, "MethodNotAllowed"),
    409: (400, "UnsupportedOperation"),
    413: (413, "BadRequest.TooLarge"),
    415: (415, "UnsupportedMediaType"),
    422: (400, "InvalidParameter"),
    429: (429, "Throttling.RateQuota"),
    503: (503, "ServiceUnavailable"),
}
FAULTS = {
    "safety_input": "DataInspectionFailed",
    "safety_output": "DataInspectionFailed",
    "input": "InvalidParameter",
    "auth": "AccessDenied",
    "quota": "Arrearage",
}
_CHINA = timezone(timedelta(hours=8))  # the times of tasks are written in


def time(at: float | None) -> str | None:
    return datetime.fromtimestamp(at, _CHINA).isoformat(" ", "milliseconds")[:23] if at else None


def moment(query: Fields, name: str) -> float | None:
    """The seconds of "20260420093000", in China's time."""
    given = text(query, name, limit=20).strip()
    if not given:
        return None
    try:
        return datetime.strptime(given, "%Y%m%d%H%M%S").replace(tzinfo=_CHINA).astimezone(UTC).timestamp()
    except ValueError:
        raise bad(name, f"{name} cannot be read.", "For example 20260420093000.") from None
