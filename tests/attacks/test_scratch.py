"""Temporary files lie in the home, go with their process, and are cleared away when it was killed."""

import errno
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import doubles
from processes import Service, until
from vitascope import scratch
from vitascope.errors import OutputFailed
from vitascope.server import room


def test_everything_temporary_lies_in_the_home_and_goes_with_its_process(tmp_path):
    before = tempfile.gettempdir()
    with scratch.settled(tmp_path) as mine:
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"x" * 1000)
            file.flush()
            assert Path(file.name).parent == mine
            assert scratch.usage(tmp_path) == (1, 1000)
        assert mine.parent.stat().st_mode & 0o77 == 0
    assert scratch.usage(tmp_path) == (0, 0)
    assert tempfile.gettempdir() == before


def test_what_a_killed_process_left_is_cleared_away_and_a_living_ones_is_not(tmp_path):
    code = (
        "import pathlib, sys, tempfile, time; from vitascope import scratch\n"
        "with scratch.settled(pathlib.Path(sys.argv[1])):\n"
        "    tempfile.mkdtemp(); print('there', flush=True); time.sleep(600)"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, env=doubles.environment(), stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        (left,) = (tmp_path / "scratch").iterdir()
        with scratch.settled(tmp_path):
            assert left.exists(), "it is at work"
        process.kill()
    with scratch.settled(tmp_path) as mine:
        assert list((tmp_path / "scratch").iterdir()) == [mine]


def test_a_home_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "scratch").write_text("a file stands here")
    with pytest.raises(OutputFailed, match="home folder cannot be written"), scratch.settled(tmp_path):
        pass


def test_metrics_have_no_holes_and_a_full_disk_does_not_end_the_process(tmp_path, monkeypatch):
    path = str(tmp_path / "counter_1.db")
    counted = room.Roomy(path)
    for number in range(2000):  # beyond the first 64 KiB
        counted.write_value(f'["a", "a_total", {{"route": "{number:040}"}}, "help"]', float(number), 0.0)
    assert os.stat(path).st_blocks * 512 >= os.stat(path).st_size
    assert len(list(room.Roomy.read_all_values_from_file(path))) == 2000

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    for number in range(2000, 5000):
        counted.write_value(f'["a", "a_total", {{"route": "{number:040}"}}, "help"]', float(number), 0.0)
    assert counted.read_value(f'["a", "a_total", {{"route": "{4999:040}"}}, "help"]')[0] == 4999
    alone = room.Roomy(str(tmp_path / "counter_2.db"))
    alone.write_value("k", 5.0, 0.0)
    assert alone.read_value("k") == (5.0, 0.0)
    assert not (tmp_path / "counter_2.db").exists()
    counted.close()
    alone.close()


def test_a_killed_worker_leaves_nothing_for_ever(tmp_path):
    service = Service(tmp_path)
    try:
        service.serve("--workers", "1")
        places = tmp_path / "home" / "scratch"
        until(lambda: len(list(places.iterdir())) == 2)
        for process in service.started:
            process.kill()
            process.wait()
        ended = service.serve("--workers", "0")
        until(lambda: len(list(places.iterdir())) == 1)
        assert b"vitascope_scratch_files" in service.get("/metrics")
        ended.terminate()
        ended.wait()
        assert list(places.iterdir()) == []
    finally:
        service.close()
