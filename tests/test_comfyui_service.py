"""docs/comfyui.md word by word: a workflow is added, served and ordered, by real processes over HTTP. `make comfy
ADDRESS=...` does the same with a real ComfyUI in the place of the stand-in.
"""

import base64
import json
import re
import shlex
from contextlib import nullcontext
from pathlib import Path

import pytest
from PIL import Image

from comfyui import ComfyUI, served
from processes import LONG, Service, until
from test_comfyui import WITH_PICTURE, graph
from vitascope.media import video

PAGE = (Path(__file__).parent.parent / "docs" / "comfyui.md").read_text("utf-8")


@pytest.fixture
def address(request):
    given = request.config.getoption("--comfyui")
    with nullcontext(given) if given else served(ComfyUI()) as found:
        yield found


@pytest.fixture
def service(tmp_path):
    made = Service(tmp_path)
    yield made
    made.close()


def add(service, address, workflow, name):
    """The page's command, with this workflow and name."""
    (service.folder / "workflow.json").write_text(json.dumps(workflow))
    (line,) = re.findall(r"^ +vitascope (models add .+)$", PAGE, re.MULTILINE)
    words = [{"http://127.0.0.1:8188": address, "fox": name}.get(word, word) for word in shlex.split(line)]
    words[2] = str(service.folder / words[2])
    process = service.run(*words)
    process.wait(LONG)
    assert process.returncode == 0, service.words()


def made(service, tmp_path, order):
    until(lambda: service.video(order)["status"] in ("completed", "failed"), "the clip", LONG)
    seen = service.video(order)
    assert seen["status"] == "completed", seen
    path = tmp_path / f"{order}.mp4"
    path.write_bytes(service.get(f"/v1/videos/{order}/content"))
    assert b"class_type" not in path.read_bytes()
    return seen, video.probe(path)


@pytest.mark.slow
@pytest.mark.smoke
def test_a_workflow_is_a_model(address, service, tmp_path):
    add(service, address, graph(), "fox")
    assert "$prompt fills value of PrimitiveString (node 1)" in service.words()
    add(service, address, WITH_PICTURE, "pictured")
    service.serve("--workers", 0)
    (asked,) = re.findall(r'send\s+`({"prompt".+?})`', PAGE)
    first = service.order(**json.loads(asked))
    seen, info = made(service, tmp_path, first)
    assert (seen["model"], seen["credits"]) == ("fox", 0.3)
    assert (info.frames, info.width, info.height, info.sound) == (17, 64, 64, False)
    Image.new("RGB", (64, 64), "red").save(tmp_path / "red.png")
    upload = "data:image/png;base64," + base64.b64encode((tmp_path / "red.png").read_bytes()).decode()
    _, info = made(service, tmp_path, service.order("a fox", model="pictured", input_reference=upload))
    assert info.frames == 18  # the picture, and as many as were ordered
