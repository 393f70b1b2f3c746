"""The lines that the key page and the documentation show for each SDK: pasted, run, and good for a clip."""

import re

import environments
import pytest

from vitascope.server import compatibility

CLIENT = "snippet"
CHOSEN = {"google-genai": "google-genai-3", "google-genai<3": "google-genai-2"}


def place(sdk):
    """The environment that has this package."""
    for name in environments.python_names():
        first = environments.wanted(name).read_text().split()[0]
        if re.split(r"[\[<>=~]", first)[0] == sdk:
            return CHOSEN.get(sdk, name)
    return CHOSEN[sdk]


SHOWN = [pytest.param(place(one.sdk), one, id=one.name) for one in compatibility.ALL if one.sdk]


@pytest.mark.parametrize(("sdk", "dialect"), SHOWN)
def test_the_lines_work_as_they_are_shown(sdk, dialect, house, key, speak, tmp_path):
    pair = house.key(pair=True)
    keys = {"key": key, "access": pair.access, "secret": pair.secret}
    said = speak("run", code=compatibility.snippet(dialect, house.url, **keys))
    made = list(tmp_path.glob("*.mp4"))
    assert made or "http" in said, said
    assert all(file.read_bytes()[4:8] == b"ftyp" for file in made)
