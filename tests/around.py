"""Voices and a Chinese font of this machine, which the package itself looks for: a test may meet them without asking
for them here. Where nothing may be skipped they are therefore installed before the first test.
"""

import shutil
from pathlib import Path

import pytest

import judges
from vitascope.film import lettering

CJK = ("wqy-microhei", "NotoSansCJK", "NotoSansSC", "wqy-zenhei", "PingFang", "msyh")  # fonts, the preferred ones first


def pytest_sessionstart(session):
    if judges.strict(session.config) and not hasattr(session.config, "workerinput"):
        wanted = {"flite": shutil.which("flite"), "espeak-ng": shutil.which("espeak-ng"),
                  "fonts-wqy-microhei": _chinese_fonts()}  # fmt: skip
        if missing := [package for package, found in wanted.items() if not found]:
            judges.install(*missing)
            lettering._files.cache_clear()


def _chinese_fonts():
    return [path for start in CJK for path in lettering._files() if Path(path).stem.startswith(start)]


@pytest.fixture(scope="session")
def programs():
    """The paths of flite and espeak-ng, which speak."""
    if not (shutil.which("flite") and shutil.which("espeak-ng")):
        judges.install("flite", "espeak-ng")
    found = shutil.which("flite"), shutil.which("espeak-ng")
    if not all(found):
        pytest.skip("flite and espeak-ng are not installed")
    return found


@pytest.fixture(scope="session")
def chinese():
    """A Chinese font of this machine."""

    if not (found := _chinese_fonts()):
        judges.install("fonts-wqy-microhei")
        lettering._files.cache_clear()
        found = _chinese_fonts()
    if not found:
        pytest.skip("no Chinese font (fonts-wqy-microhei)")
    return Path(found[0])
