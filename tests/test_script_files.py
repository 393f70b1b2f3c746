"""A script becomes the same film wherever it is begun: the files and the language that the command line reads are those
of the studio, which `studio/src/films/scriptFile.test.ts` holds against the same list.
"""

import json
from pathlib import Path

import pytest

from serving import serving
from vitascope.errors import BadSpec
from vitascope.film import begin

FILES = json.loads((Path(__file__).parent.parent / "studio/src/films/scriptFiles.json").read_text("utf-8"))
MIXED = "INT. KITCHEN - DAY\n\nMia opens the door and looks.\n\nMIA\nI have nothing.\n\nTOM\n我也没有。\n"
CHINESE = "第1场 傍晚 外 雪地\n△ 一个红色的球滚远。\n旁白：回家吧。\n"
JAPANESE = "赤いボールが雪の上を転がる。\nそれから止まる。\n"


@pytest.mark.parametrize("one", FILES, ids=lambda one: one["name"])
def test_a_file_is_read_in_the_encoding_that_it_has(one, tmp_path):
    path = tmp_path / "script.txt"
    path.write_bytes(bytes.fromhex(one["hex"]))
    if one["text"] is None:
        with pytest.raises(BadSpec, match="is not a text"):
            begin.read_text(path)
    else:
        assert begin.read_text(path) == one["text"]


def test_a_film_of_the_studio_has_the_language_that_the_command_line_finds(tmp_path):
    """The studio tells no language of a script's film: one Chinese character made all of it Chinese."""
    path = tmp_path / "script.txt"
    with serving(tmp_path) as served:
        client = served.client(served.key())
        for text, language in ((MIXED, "en"), (CHINESE, "zh"), (JAPANESE, "ja")):
            path.write_text(text, "utf-8")
            assert begin.of_script(path).film.language == language
            film = client.post("/v1/films", json={"document": {"width": 352, "height": 192, "title": "A"}}).json()
            url = f"/v1/films/{film['id']}"
            changes = client.post(f"{url}/breakdown", json={"source": text}).json()["changes"]
            film = client.patch(url, json={"version": film["version"], "changes": changes}).json()
            assert film["document"].get("language", "en") == language
