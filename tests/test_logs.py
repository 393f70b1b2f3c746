"""What the service says: one line for each event, with the ids it belongs to, as JSON or as text."""

import json
import logging

import pytest

from vitascope import logs


@pytest.fixture(autouse=True)
def as_before():
    root = logging.getLogger()
    kept, level = root.handlers[:], root.level
    yield
    root.handlers[:] = kept
    root.setLevel(level)


def test_lines_carry_the_ids_of_what_they_belong_to(capsys):
    logs.configure("json")
    with logs.bound(job="job_1"):
        logs.get("vitascope.test").info("finished", seconds=1.5)
        logging.getLogger("somebody.else").warning("odd %s", "thing")
    logs.get("vitascope.test").info("later")
    first, second, third = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert (first["event"], first["job"], first["seconds"], first["level"]) == ("finished", "job_1", 1.5, "info")
    assert (second["event"], second["job"], second["level"]) == ("odd thing", "job_1", "warning")
    assert "job" not in third


def test_a_fault_is_one_line_of_json_with_its_traceback(capsys):
    logs.configure("json")
    try:
        raise ZeroDivisionError("nought")
    except ZeroDivisionError:
        logs.get("vitascope.test").exception("broken")
    (line,) = capsys.readouterr().err.splitlines()
    assert "ZeroDivisionError: nought" in json.loads(line)["exception"]


def test_text_is_for_people(capsys):
    logs.configure("text")
    logs.get("vitascope.test").info("finished", seconds=1.5)
    logging.getLogger("somebody.else").info("chatter")
    (line,) = capsys.readouterr().err.splitlines()
    assert "finished" in line
    assert "seconds=1.5" in line


def test_answers_can_go_unsaid_but_not_faults(capsys):
    logs.configure("json", requests=False)
    logs.get("vitascope.server.middleware").info("answered")
    logs.get("vitascope.server.middleware").error("a fault")
    logs.get("vitascope.workers.worker").info("started")
    assert [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()] == ["a fault", "started"]
    logs.configure("json")
    logs.get("vitascope.server.middleware").info("answered")
    assert "answered" in capsys.readouterr().err
