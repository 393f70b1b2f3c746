"""A test whose judge is missing is skipped at home and fails under CI; a real run of pytest shows it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
TESTS = """
import pytest
import judges

def test_in_the_body():
    pytest.skip("there is no such server")

@pytest.mark.skipif(True, reason="there is no such font")
def test_by_a_mark():
    pass

@pytest.fixture
def browser():
    pytest.importorskip("no_such_browser")

def test_by_a_fixture(browser):
    pass

def test_that_belongs_elsewhere():
    judges.elsewhere("another version of the SDK does this")

@pytest.mark.xfail
def test_that_is_known_to_fail():
    assert False

def test_that_passes():
    pass
"""


def outcome(folder, *options, ci="", tests=TESTS):
    (folder / "conftest.py").write_text("from judges import *\n")
    (folder / "test_some.py").write_text(tests)
    environment = {**os.environ, "PYTHONPATH": str(HERE), "CI": ci}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, *options, str(folder)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    return done.returncode, done.stdout


def test_at_home_a_missing_judge_skips(tmp_path):
    code, said = outcome(tmp_path)
    assert (code, "1 passed, 4 skipped, 1 xfailed" in said) == (0, True), said


@pytest.mark.parametrize(
    ("options", "ci"), [(["--no-skips"], ""), ([], "1"), pytest.param(["-n", "2"], "true", marks=pytest.mark.slow)]
)
def test_under_ci_it_is_a_failure_that_names_the_judge(tmp_path, options, ci):
    code, said = outcome(tmp_path, *options, ci=ci)
    assert (code, "1 failed, 1 passed, 1 skipped, 1 xfailed, 2 errors" in said) == (1, True), said
    for missing in ("there is no such server", "there is no such font", "no_such_browser", "Nothing may be skipped"):
        assert missing in said


def test_a_whole_file_whose_judge_is_missing_fails_too(tmp_path):
    tests = 'import pytest\npytest.importorskip("no_such_server")\ndef test_it(): pass\n'
    assert outcome(tmp_path, tests=tests)[0] == 5  # nothing was collected
    code, said = outcome(tmp_path, "--no-skips", tests=tests)
    assert (code, "no_such_server" in said) == (2, True), said
