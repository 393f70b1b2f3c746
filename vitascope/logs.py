"""What the service says while it runs: one line for each event, as text for people or as JSON for machines, with the
ids of the request or job it belongs to. Prompts, keys and passwords are never said.

    log = logs.get(__name__)
    with logs.bound(job="job_..."):
        log.info("finished", seconds=1.2)
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog

#: Done before every line, ours and those of packages that log in the standard way.
_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]


def get(name: str) -> Any:
    """A logger of this name. Cheap, and quiet below warnings until `configure` was called."""
    return structlog.stdlib.get_logger(name)


def configure(form: str = "text", *, requests: bool = True) -> None:
    """Send everything to standard error in this form ("text" or "json"), the web server's own lines as well. Without
    `requests`: not a line for each answer, only for what went wrong.
    """
    shape: Any = structlog.processors.JSONRenderer(ensure_ascii=False)
    if form == "text":
        shape = structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), pad_event_to=24, exception_formatter=structlog.dev.plain_traceback
        )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, shape],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)  # packages may warn; we may also inform
    logging.getLogger("vitascope").setLevel(logging.INFO)
    logging.getLogger("vitascope.server.middleware").setLevel(logging.NOTSET if requests else logging.WARNING)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = name != "uvicorn.access"  # requests are logged by the app, with their ids
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)


@contextmanager
def bound(**ids: str) -> Iterator[None]:
    """Lines said inside the block, by this thread or task, carry these ids."""
    tokens = structlog.contextvars.bind_contextvars(**ids)
    try:
        yield
    finally:
        structlog.contextvars.reset_contextvars(**tokens)


structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *_SHARED,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    wrapper_class=structlog.stdlib.BoundLogger,
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
