"""Models as files: the page on how to add one, followed word by word, and a card whose numbers all others follow."""

import io
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest
from PIL import Image

import vitascope
from doubles import CARD, DiscEngine, environment
from serving import serving, until
from vitascope.clip import ClipSpec
from vitascope.engines import model_file, registry
from vitascope.engines.registry import SHIPPED, Registry
from vitascope.errors import BadSettings, BadSpec, UnknownModel
from vitascope.media import video
from vitascope.store import eta

PAGE = Path(__file__).parent.parent / "docs" / "models.md"


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text("utf-8"), re.S)


@pytest.fixture
def stripes(tmp_path):
    """Both files of the page, where it says that they shall lie; runs one of its commands."""
    home, here = tmp_path / "home", tmp_path / "here"
    (home / "models").mkdir(parents=True)
    here.mkdir()
    (engine,) = blocks("python")
    (file,) = blocks("toml")
    (here / "stripes.py").write_text(engine, "utf-8")
    (home / "models" / "stripes.toml").write_text(file, "utf-8")
    set_up = environment()
    set_up |= {"VITASCOPE_HOME": str(home), "PYTHONPATH": f"{here}:{set_up['PYTHONPATH']}"}

    def run(line):
        command = line.replace("PYTHONPATH=. ", "")
        assert command.startswith("vitascope ")
        words = [word.strip('"') for word in command.split()[1:]]
        return subprocess.run(
            [sys.executable, "-m", "vitascope", *words],
            cwd=here,
            env=set_up,
            capture_output=True,
            text=True,
            timeout=120,
        )

    run.here = here
    return run


def test_the_page_on_adding_an_engine_is_true(stripes):
    commands = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("PYTHONPATH=. vitascope")]
    listing, making, _ = commands
    told = stripes(listing)
    assert told.returncode == 0, told.stderr
    assert "stripes  Moving stripes" in told.stdout
    assert "vitascope-nano" in told.stdout
    made = stripes(making)
    assert made.returncode == 0, made.stderr
    info = video.probe(stripes.here / "stripes.mp4")
    assert (info.width, info.height, info.frames, info.fps) == (320, 192, 49, 24)
    first = (stripes.here / "stripes.mp4").read_bytes()
    assert stripes(making).returncode == 0
    assert (stripes.here / "stripes.mp4").read_bytes() == first


def test_what_the_page_says_a_file_may_say_is_what_is_read():
    rows = set(re.findall(r"`([a-z_]+)`", " ".join(re.findall(r"^\| (`.*?) \|", PAGE.read_text("utf-8"), re.M))))
    methods = {"begin", "step", "preview", "sound", "frames"}
    assert rows - methods >= set(model_file._FORMAT) | set(model_file._TOP) - {"format", "hooks", "sound"}


def test_a_model_of_the_page_is_ordered_from_a_server_without_a_restart(tmp_path):
    folder = tmp_path / "models"
    folder.mkdir()
    models = Registry((SHIPPED, folder))
    with serving(tmp_path, models=models) as server, server.client() as client:
        assert [one["id"] for one in client.get("/v1/models").json()["data"]] == ["vitascope-nano"]
        (file,) = blocks("toml")
        (folder / "stripes.toml").write_text(file, "utf-8")
        until(lambda: len(client.get("/v1/models").json()["data"]) == 2)
        told = client.get("/v1/models/stripes").json()
        assert (told["fps"], told["format"]["group"], told["price"]["second"]) == (24, 4, 0.05)
        ordered = client.post("/v1/videos", json={"prompt": "stripes", "model": "stripes", "seconds": 2})
        assert (ordered.json()["size"], ordered.json()["frames"], ordered.json()["credits"]) == ("320x192", 49, 0.1)
        (folder / "stripes.toml").write_text(file.replace("second = 5", "second = 50"), "utf-8")
        until(lambda: client.get("/v1/models/stripes").json()["price"]["second"] == 0.5)
        (folder / "stripes.toml").unlink()
        until(lambda: client.get("/v1/models/stripes").status_code == 404)


def test_a_file_that_cannot_be_read_is_named_and_the_others_go_on(tmp_path):
    (tmp_path / "bad.toml").write_text("name = 'bad'\nengine = 'x:y'\n[format]\nfps = 0", "utf-8")
    (tmp_path / "worse.toml").write_text("]", "utf-8")
    models = Registry((SHIPPED, tmp_path))
    assert [card.name for card in models.cards()] == ["vitascope-nano"]
    assert set(models.faults()) == {"bad", "worse"}
    with pytest.raises(BadSettings, match=r"worse\.toml") as caught:
        models.card("worse")
    assert str(tmp_path) not in caught.value.message
    with pytest.raises(UnknownModel):
        models.card("none")


MODEL = """
name = "m"
engine = "stripes:Stripes"
[format]
fps = 24
sizes = ["64x64"]
"""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("fps = 24", "fps = 0"), "above 0"),
        (("fps = 24", 'fps = "many"'), "many"),
        (("64x64", "64"), '"64" is not a size'),
        (('sizes = ["64x64"]', ""), "no sizes"),
        (('name = "m"', 'name = "M y"'), "the name"),
        (('engine = "stripes:Stripes"', ""), "names no engine"),
        (("fps = 24", "fps = 24\nshape = 1"), 'unknown "shape"'),
        (('name = "m"', 'name = "m"\ncolour = 1'), 'unknown "colour"'),
        (('name = "m"', 'name = "m"\nmodes = ["smell"]'), '"smell"'),
        (('name = "m"', 'name = "m"\nsound = "loud"'), '"loud"'),
        (("[format]", "[price]\nsecond = -1\n[format]"), "below 0"),
        (("64x64", "0x0"), "0x0"),
        (("64x64", "321x193"), "321x193"),
        (("64x64", "99998x99998"), "99998x99998"),
        (("fps = 24", "fps = 24\nside = 48"), "64x64"),
        (("fps = 24", "fps = 1000000"), "at most 1000"),
        (("fps = 24", "fps = 24\ngroup = 4.7"), "integer"),
        (("fps = 24", "fps = 24\nsteps = -2"), "0 or more"),
        (("fps = 24", "fps = 24\nsteps = 2000"), "steps must be"),
        (("fps = 24", "fps = 24\nmax_seconds = -1"), "0 or more"),
        (("fps = 24", "fps = 24\nmin_seconds = 20"), "min_seconds"),
        (("fps = 24", "fps = 24\nmax_total_seconds = 5"), "max_total_seconds"),
        (("fps = 24", "fps = 24\nlengths = [0]"), "lengths"),
        (("fps = 24", 'fps = 24\nany_size = "false"'), "true or false"),
        (('sizes = ["64x64"]', 'sizes = "64x64"'), "a list"),
        (('name = "m"', 'name = "m"\nmodes = []'), "modes is empty"),
        (('name = "m"', 'name = "m"\nmodes = "text"'), "a list"),
        (('name = "m"', 'name = "m"\nreferences = { image = -4 }'), "references.image"),
        (('name = "m"', 'name = "m"\nneeds = "tpu"'), "cpu, cuda"),
        (('name = "m"', 'name = "m"\nparameters = "many"'), "an integer"),
        (('name = "m"', 'name = "m"\ntitle = 5'), "a text"),
        (("stripes:Stripes", "stripes"), "module:factory"),
        (("[format]", '[[options]]\nname = "x"\nkind = "choice"\n[format]'), "no choices"),
        (("[format]", '[[options]]\nkind = "flag"\n[format]'), "'name' is missing"),
        (("[format]", '[[options]]\nname = "x"\nkind = "colour"\n[format]'), '"colour"'),
        (('name = "m"', 'name = "m"\nfacts = "nowhere:none"'), "nowhere"),
    ],
)
def test_nonsense_in_a_file_is_named(tmp_path, change, said):
    path = tmp_path / "m.toml"
    path.write_text(MODEL, "utf-8")
    assert model_file.read(path).card.name == "m"
    path.write_text(MODEL.replace(*change), "utf-8")
    with pytest.raises(BadSettings, match=r"m\.toml|cannot be found") as caught:
        model_file.read(path)
    assert said in f"{caught.value.message} {caught.value.hint}"


def test_the_built_in_model_s_file_and_its_weights_make_its_card():
    card = registry.card()
    assert card.name == "vitascope-nano"
    assert card.format.fps == 16
    assert len(card.weights) == 64
    assert card.resolve(ClipSpec(prompt="a ball")).frames == 81


def test_a_card_of_twelve_frames_a_second_is_followed_by_all(tmp_path):
    """The shipped file, copied and changed in one number."""
    folder = tmp_path / "models"
    folder.mkdir()
    shipped = (SHIPPED / "vitascope-nano.toml").read_text("utf-8")
    (folder / "vitascope-nano.toml").write_text(shipped.replace("fps = 16", "fps = 12"), "utf-8")
    models = Registry((SHIPPED, folder))
    (card,) = models.cards()
    engine = DiscEngine()
    engine.card = card
    with serving(tmp_path, models=models, engine=engine, work=True) as server, server.client() as client:
        asked = {"prompt": "a red ball", "seconds": 2, "seed": 1}
        quote = client.post("/v1/quote", json=asked).json()
        assert (quote["seconds"], quote["credits"]) == ("2", 0.4)
        assert client.get("/v1/models/vitascope-nano").json()["format"]["fps"] == "12"
        video_id = client.post("/v1/videos", json=asked).json()["id"]
        done = until(lambda: finished(client, video_id))
        assert (done["seconds"], done["frames"], done["fps"]) == ("2", 25, 12)
        info = probed(client, video_id, tmp_path / "a.mp4")
        assert (info.frames, info.fps) == (25, 12)
        clip = client.get("/v1/library").json()["data"][0]
        assert (clip["fps"], clip["frames"], clip["seconds"]) == (12, 25, pytest.approx(25 / 12))
        sprite = Image.open(io.BytesIO(client.get(clip["spritesheet_url"]).content))
        assert sprite.width == 10 * 160
        more = client.post("/v1/videos/extensions", json={**asked, "video": {"id": video_id}})
        longer = until(lambda: finished(client, more.json()["id"]))
        assert (longer["frames"], longer["fps"], longer["seconds"]) == (49, 12, "4")
        assert probed(client, longer["id"], tmp_path / "b.mp4").fps == 12
        shape = card.resolve(ClipSpec(prompt="a", seconds=2))
        with server.store.read() as tx:
            assert eta.measured(tx, server.store.clock()).seconds(shape, card.name) > 0
    assert Fraction(CARD.format.fps) == 16


def finished(client, video_id):
    told = client.get(f"/v1/videos/{video_id}").json()
    assert told["status"] != "failed", told
    return told if told["status"] == "completed" else None


def probed(client, video_id, path):
    path.write_bytes(client.get(f"/v1/videos/{video_id}/content").content)
    return video.probe(path)


def test_a_refusal_names_the_models_that_can(tmp_path):
    folder = tmp_path / "models"
    folder.mkdir()
    (file,) = blocks("toml")
    (folder / "stripes.toml").write_text(file, "utf-8")
    with serving(tmp_path, models=Registry((SHIPPED, folder))) as server, server.client() as client:
        asked = {"prompt": "stripes", "model": "stripes", "seconds": 30}
        refused = client.post("/v1/videos", json=asked)
        assert refused.status_code == 400
        assert refused.json()["error"]["param"] == "seconds"
        assert "vitascope-nano can" in refused.json()["error"]["hint"]
        dear = client.post("/v1/videos", json={**asked, "seconds": 4, "max_credits": 0.19})
        assert (dear.status_code, dear.json()["error"]["code"]) == (409, "price_too_high")
        assert client.post("/v1/videos", json={**asked, "seconds": 4, "max_credits": 0.2}).status_code == 200
        (folder / "stripes.toml").write_text(re.sub(r"\[price\]\n.*\n.*\n", "", file), "utf-8")
        until(lambda: client.get("/v1/models/stripes").json()["price"] is None)
        refused = client.post("/v1/videos", json={**asked, "seconds": 4})
        assert (refused.status_code, refused.json()["error"]["param"]) == (403, "model")


def test_a_format_may_have_sizes_beside_its_tiers(tmp_path):
    path = tmp_path / "m.toml"
    tiers = 'sizes = ["64x64"]\ntiers = { "720p" = ["1280x720"] }'
    path.write_text(MODEL.replace('sizes = ["64x64"]', tiers), "utf-8")
    form = model_file.read(path).card.format
    assert form.sizes == ((64, 64), (1280, 720))
    assert form.resolve(ClipSpec(prompt="a")).size == (1280, 720)


@pytest.mark.parametrize(
    ("body", "said"),
    [("    pass", "has no begin, step"), (None, "made 1 of 49 frames")],
    ids=["no methods", "one frame"],
)
def test_an_engine_that_is_none_is_named(stripes, body, said):
    file = stripes.here / "stripes.py"
    text = file.read_text("utf-8")
    if body:
        text = (
            text[: text.index("class Stripes:")]
            + "class Stripes:\n    def __init__(self, card, source):\n        pass\n"
        )
    else:
        text = text.replace("range(shape.frames)", "range(1)")
    file.write_text(text, "utf-8")
    failed = stripes('vitascope generate "anything" --model stripes --seconds 2 --seed 1 -o stripes.mp4')
    assert failed.returncode == 1
    assert said in failed.stderr
    assert "docs/models.md" in failed.stderr
    assert not (stripes.here / "stripes.mp4").exists()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"size": "320x192"}, "(width, height)"),
        ({"loras": [("a", 9)]}, "not a LoRA"),
        ({"seconds": "x"}, "a number"),
        ({"seconds": 1, "num_frames": 9}, "Both seconds and num_frames"),
        ({"height": 5}, "height and width"),
    ],
)
def test_the_python_face_refuses_in_words(asked, said):
    with pytest.raises(BadSpec) as caught:
        vitascope.generate("a ball", **asked)
    assert said in f"{caught.value.message} {caught.value.hint}"


def test_the_api_takes_a_tier_or_refuses_it(tmp_path):
    folder = tmp_path / "models"
    folder.mkdir()
    (file,) = blocks("toml")
    tiers = 'tiers = { "low" = ["320x192", "192x320"], "high" = ["640x384", "384x640"] }'
    file = re.sub(r"sizes = .*", tiers, file)
    (folder / "stripes.toml").write_text(file, "utf-8")
    with serving(tmp_path, models=Registry((SHIPPED, folder))) as server, server.client() as client:
        asked = {"prompt": "stripes", "model": "stripes", "seconds": 1}
        assert client.post("/v1/quote", json=asked).json()["size"] == "320x192"
        assert client.post("/v1/quote", json={**asked, "tier": "high", "aspect": "9:16"}).json()["size"] == "384x640"
        refused = client.post("/v1/videos", json={**asked, "tier": "8k"})
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, "tier")
        refused = client.post("/v1/videos", json={**asked, "height": 5})
        assert "height and width" in refused.json()["error"]["message"]
