"""The command line on good and bad input: one message, one hint, the right exit code, nothing half-written, never a
traceback.
"""

import dataclasses
import io
import json
import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

import doubles
from processes import LONG, until
from vitascope import errors
from vitascope.cli import app as cli
from vitascope.engines import registry
from vitascope.engines.card import OptionCard, Tier
from vitascope.media import recipe, video


def discs_only(monkeypatch, card=doubles.CARD):
    """The drawn engine's card is the only one there is."""
    known = registry.Registry((), (card,))
    monkeypatch.setattr(registry, "registry", lambda: known)
    monkeypatch.setattr(doubles.DiscEngine, "card", card)


@pytest.fixture
def run(monkeypatch, tmp_path, capsys):
    """Runs one command in an empty folder with the drawn engine; gives exit code, standard output and standard
    error.
    """
    discs_only(monkeypatch)
    monkeypatch.setattr(registry, "load", lambda name="": doubles.DiscEngine())
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        code = cli.main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return code, out, err

    return run


def test_generate_prints_the_reading_the_seed_and_the_file(run, tmp_path):
    code, out, err = run("generate", "a red whale bounces", "-o", "whale.mp4", "--seconds", 1, "--seed", 7)
    assert code == 0
    assert out == "whale.mp4\n"
    assert "understood: a; red; bounces" in err
    assert "not known to the built-in model: whale" in err
    assert "seed: 7" in err
    assert video.probe(tmp_path / "whale.mp4").frames == 17


def test_without_a_name_the_file_is_called_after_prompt_and_seed(run, tmp_path):
    code, out, err = run("generate", "a red ball", "--seconds", 0)
    seed = re.search(r"seed: (\d+)", err).group(1)
    assert (code, out) == (0, f"a-red-ball-{seed}.png\n")
    assert (tmp_path / out.strip()).is_file()


def test_takes_are_numbered(run):
    code, out, _ = run("generate", "a ball", "-n", 2, "-o", "ball.mp4", "--seconds", 0.5)
    assert (code, out) == (0, "ball-1.mp4\nball-2.mp4\n")


def test_every_option_reaches_the_recipe(run, tmp_path):
    Image.new("RGB", (352, 192), "red").save(tmp_path / "a.png")
    options = {
        "--image": "a.png",
        "--last-image": "a.png",
        "--camera": "orbit left",
        "--seconds": 1,
        "--aspect": "16:9",
    }
    options |= {"--seed": 4, "--steps": 2, "--guidance": 3.5, "--negative-prompt": "fog", "-o": "clip.mp4"}
    assert run("generate", "a ball", *[item for pair in options.items() for item in pair])[0] == 0
    made = recipe.read(tmp_path / "clip.mp4")
    spec, size = made.spec, made.shape.size
    assert (spec.camera.words, spec.seconds, size, spec.seed) == ("orbit left", 1, (352, 192), 4)
    assert (spec.steps, spec.guidance, spec.negative_prompt) == (2, 3.5, "fog")
    assert spec.image
    assert spec.last_image


def test_what_only_some_models_have_reaches_the_recipe(run, tmp_path, monkeypatch):
    form = dataclasses.replace(doubles.FORMAT, sizes=(), tiers=(Tier("256p", ((256, 256),)),))
    knobs = (OptionCard(name="shift", kind="number"), OptionCard(name="sampler", kind="text"))
    own = {"format": form, "sound": "optional", "presets": ("night",), "loras": ("film", "ink"), "options": knobs}
    discs_only(monkeypatch, dataclasses.replace(doubles.CARD, **own))
    loras = ("--lora", "film=0.5", "--lora", "ink")
    given = (*loras, "--option", "shift=2.5", "--option", "sampler=euler", "--tier", "256p", "--preset", "night")
    assert run("generate", "a ball", *given, "--silent", "--seconds", 0, "-o", "all.png")[0] == 0
    spec = recipe.read(tmp_path / "all.png").spec
    assert (spec.tier, spec.preset, spec.sound) == ("256p", "night", False)
    assert {lora.name: lora.weight for lora in spec.loras} == {"film": 0.5, "ink": 1}
    assert dict(spec.options) == {"shift": 2.5, "sampler": "euler"}
    assert run("generate", "a ball", "--seconds", 0, "-o", "none.png")[0] == 0
    assert recipe.read(tmp_path / "none.png").spec.sound is None, "neither --sound nor --silent: as the model likes"
    assert run("generate", "a ball", "--sound", "--seconds", 0)[2].startswith("error: Sound was asked")


def test_a_file_can_be_read_and_made_again(run, tmp_path):
    run("generate", "a red ball", "-o", "ball.mp4", "--seconds", 1, "--seed", 7)
    run("generate", "it stops", "--extend", "ball.mp4", "-o", "longer.mp4", "--seconds", 1)
    code, out, _ = run("recipe", "ball.mp4")
    assert code == 0
    assert json.loads(out)["spec"]["seed"] == 7
    for name in ("ball.mp4", "longer.mp4"):
        assert run("generate", "--from", name, "-o", "again.mp4")[0] == 0
        assert (tmp_path / "again.mp4").read_bytes() == (tmp_path / name).read_bytes()


def test_options_beside_from_change_the_recipe(run, tmp_path):
    run("generate", "a red ball", "-o", "ball.mp4", "--seconds", 1, "--seed", 7)
    assert run("generate", "--from", "ball.mp4", "--seed", 8, "--aspect", "9:16", "-o", "other.mp4")[0] == 0
    other = recipe.read(tmp_path / "other.mp4")
    assert (other.spec.prompt, other.spec.seed, other.shape.size) == ("a red ball", 8, (192, 352))


def test_another_shape_than_the_one_asked_for_is_said(run):
    code, _, err = run("generate", "a ball", "--aspect", "4:3", "--seconds", 0)
    assert code == 0
    assert f"note: 4:3 was asked; {doubles.CARD.name} makes 352x192, the nearest shape it can." in err


def test_pictures_in_a_recipe_are_shown_in_full_only_when_asked(run, tmp_path):
    Image.new("RGB", (256, 256), "red").save(tmp_path / "a.png")
    run("generate", "a ball", "--image", "a.png", "--seconds", 1, "-o", "clip.mp4")
    assert "letters" in json.loads(run("recipe", "clip.mp4")[1])["spec"]["image"]["png"]
    assert len(json.loads(run("recipe", "--full", "clip.mp4")[1])["spec"]["image"]["png"]) > 400


def test_weights_that_changed_since_are_noted(run, tmp_path, monkeypatch):
    run("generate", "a red ball", "-o", "ball.mp4", "--seconds", 1)
    discs_only(monkeypatch, dataclasses.replace(doubles.CARD, weights="0"))
    code, _, err = run("generate", "--from", "ball.mp4", "-o", "again.mp4")
    assert code == 0
    assert f"note: It was made with the weights {doubles.CARD.weights[:16]}, here are 0." in err
    assert "will not come out the same" in err


BAD_USAGE = {
    "no prompt": ["generate"],
    "empty prompt": ["generate", ""],
    "blank prompt": ["generate", "  "],
    "long prompt": ["generate", "x" * 10_000],
    "wrong size": ["generate", "a ball", "--size", "100x100"],
    "size in words": ["generate", "a ball", "--size", "large"],
    "a size the model does not make": ["generate", "a ball", "--size", "512x512"],
    "wrong aspect": ["generate", "a ball", "--aspect", "wide"],
    "a tier the model does not have": ["generate", "a ball", "--tier", "720p"],
    "aspect and size": ["generate", "a ball", "--aspect", "1:1", "--size", "256x256"],
    "negative seconds": ["generate", "a ball", "--seconds", "-3"],
    "too many seconds": ["generate", "a ball", "--seconds", "1e9"],
    "seconds in words": ["generate", "a ball", "--seconds", "long"],
    "no such number": ["generate", "a ball", "--seconds", "nan"],
    "wrong seed": ["generate", "a ball", "--seed", "-1"],
    "no steps": ["generate", "a ball", "--steps", "0"],
    "no takes": ["generate", "a ball", "-n", "0"],
    "unknown model": ["generate", "a ball", "--model", "nimbus"],
    "unknown camera": ["generate", "a ball", "--camera", "wobble"],
    "missing camera file": ["generate", "a ball", "--camera", "none.json"],
    "unknown option": ["generate", "a ball", "--colour", "red"],
    "unknown command": ["paint"],
    "unknown file kind": ["generate", "a ball", "-o", "ball.avi"],
}
FAILURES = {
    "missing picture": (["--image", "none.png"], "none.png"),
    "a folder as picture": (["--image", "folder"], "folder"),
    "unreadable picture": (["--image", "text.png"], "text.png"),
    "huge picture": (["--image", "huge.png"], "million"),
    "missing clip": (["--extend", "none.mp4"], "none.mp4"),
    "unreadable clip": (["--extend", "text.png"], "text.png"),
    "missing recipe": (["--from", "none.mp4"], "none.mp4"),
    "no recipe inside": (["--from", "text.png"], "text.png"),
    "no such folder": (["-o", "none/clip.mp4"], "folder does not exist"),
    "a name too long": (["-o", "x" * 300 + ".mp4"], "too long"),
    "a folder's name": (["-o", "folder.mp4/x.mp4/y.mp4"], "Cannot write"),
}


@pytest.mark.parametrize("arguments", BAD_USAGE.values(), ids=BAD_USAGE)
def test_wrong_usage_ends_with_2_a_message_and_a_hint(run, tmp_path, arguments):
    code, out, err = run(*arguments)
    assert code == 2, err
    assert out == ""
    assert re.search(r"^error: |Error: ", err, re.M)
    assert re.search(r"^hint: |--help", err, re.M)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("arguments", "said"), FAILURES.values(), ids=FAILURES)
def test_failures_end_with_1_a_message_and_a_hint(run, tmp_path, arguments, said):
    (tmp_path / "folder").mkdir()
    (tmp_path / "text.png").write_text("hello")
    with open(tmp_path / "huge.png", "wb") as file:
        Image.fromarray(np.zeros((9000, 6000), bool)).save(file, "PNG")
    before = sorted(tmp_path.rglob("*"))
    code, out, err = run("generate", "a ball", "--seconds", 1, *arguments)
    assert code == 1, err
    assert out == ""
    message, hint = [line for line in err.splitlines() if line.startswith(("error: ", "hint: "))]
    assert said in message + hint
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("method", ["begin", "step", "sound", "frames"])
def test_a_fault_in_an_engine_names_the_model_and_the_kind(run, monkeypatch, method):
    monkeypatch.setattr(doubles.DiscEngine, method, lambda *_, **__: 1 / 0)
    code, out, err = run("generate", "a ball")
    assert (code, out) == (1, "")
    assert "error: The engine of vitascope-nano failed: ZeroDivisionError: division by zero" in err
    assert "VITASCOPE_DEBUG=1" in err
    assert "Traceback" not in err
    monkeypatch.setenv("VITASCOPE_DEBUG", "1")
    with pytest.raises(errors.EngineFailed):
        run("generate", "a ball")


def test_a_fault_of_our_own_is_said_without_a_traceback(run, monkeypatch):
    monkeypatch.setattr("vitascope.engines.render.recipe_for", lambda *_: 1 / 0)
    code, _, err = run("generate", "a ball")
    assert code == 1
    assert "error: A fault inside Vitascope: ZeroDivisionError" in err
    assert "VITASCOPE_DEBUG=1" in err


def test_damaged_weights_are_said(run, tmp_path, monkeypatch):
    def damaged(name):
        raise errors.BadWeights("layout.onnx is damaged.", hint="Install Vitascope again.")

    monkeypatch.setattr(registry, "load", damaged)
    code, _, err = run("generate", "a ball")
    assert (code, list(tmp_path.iterdir())) == (1, [])
    assert "error: layout.onnx is damaged.\nhint: Install Vitascope again." in err
    code, out, _ = run("doctor")
    assert code == 1
    assert re.search(r"^BAD\s+weights .*damaged", out, re.M)


def test_the_doctor_shows_each_setting_with_its_origin(run, monkeypatch, own_home):
    code, out, _ = run("doctor")
    assert code == 0, out
    assert f"home = {own_home}  [environment VITASCOPE_HOME]" in out
    assert "[default]" in out
    for part in ("weights", "runtime", "ffmpeg", "cores", "home", "here"):
        assert re.search(rf"^ok\s+{part} ", out, re.M), part


def test_models_are_listed_with_their_limits(run):
    code, out, _ = run("models")
    assert code == 0
    assert out.startswith("Ready:\n  vitascope-nano  a drawn disc\n    text, image")
    assert "draws discs only" not in out
    assert "--all lists them" in out
    code, out, _ = run("models", "--all")
    assert code == 0
    assert "draws discs only" in out
    assert "352x192" in out


def test_bench_measures_from_prompt_to_file(run, tmp_path):
    code, _out, _ = run("bench", "--seconds", 1, "--rounds", 1, "--json", "bench.json")
    assert code == 0
    figures = json.loads((tmp_path / "bench.json").read_text())
    assert figures["frames"] == 17
    assert figures["prompt_to_file_s"] > 0


def test_every_error_carries_what_its_faces_need():
    def tree(kind):
        yield kind
        for child in kind.__subclasses__():
            yield from tree(child)

    # those of other modules are kinds of these, caught before they reach a face
    kinds = [kind for kind in tree(errors.VitascopeError) if kind.__module__ == errors.__name__]
    assert len({kind.code for kind in kinds}) == len(kinds)
    assert all(400 <= kind.status < 600 and kind.exit_code in (1, 2) for kind in kinds)
    assert all(kind.__name__ in errors.__doc__ for kind in kinds)


# Processes of their own


def start(*arguments, folder, **options):
    call = [sys.executable, doubles.__file__, *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(
        call, cwd=folder, text=True, preexec_fn=_hear_ctrl_c, **{"env": doubles.environment(), **pipes, **options}
    )


def _hear_ctrl_c():
    """A shell that runs the tests in the background lets them ignore Ctrl-C, and their children would inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_in_the_middle_leaves_nothing(tmp_path, sign):
    child = start("0.2", "generate", "a red ball", "--steps", "1", "-o", "ball.mp4", folder=tmp_path)  # for 16 seconds
    until(lambda: list(tmp_path.glob(".vitascope-*")))
    time.sleep(1)  # in the middle of the frames
    child.send_signal(sign)
    _, err = child.communicate(timeout=LONG)
    assert child.returncode == 1
    assert "error: Stopped." in err
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_a_reader_that_goes_away_is_no_fault(tmp_path):
    start("generate", "a ball", "--seconds", "0", "-o", "a.png", folder=tmp_path).communicate(timeout=LONG)
    read, write = os.pipe()
    os.close(read)
    child = start("recipe", "a.png", folder=tmp_path, stdout=write)
    os.close(write)
    _, err = child.communicate(timeout=LONG)
    assert child.returncode == 1
    assert "Traceback" not in err
    assert "fault" not in err


def test_a_prompt_the_terminal_cannot_show_is_no_fault(tmp_path):
    env = {**doubles.environment(), "PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    child = start("generate", "红球", "--seconds", "0", folder=tmp_path, env=env)
    _, err = child.communicate(timeout=LONG)
    assert child.returncode == 0, err
    assert "not known to the built-in model: ??" in err


def test_a_bar_shows_the_time_left_on_a_terminal(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    bars = cli._Bars()
    bars("steps", 0, 4)
    time.sleep(0.12)
    bars("steps", 1, 4)
    time.sleep(0.12)
    bars("frames", 1, 81)
    bars.close()
    assert re.search(r"steps.*1/4 \[\d\d:\d\d<\d\d:\d\d", terminal.getvalue())


def test_the_help_begins_with_what_most_people_want(run):
    code, out, _ = run("--help")
    assert code == 0
    assert out.partition("Commands:\n")[2].split()[0] == "generate"


def test_a_clip_loads_nothing_of_the_service(tmp_path):
    """Each of these costs a command that needs none of it a tenth of a second or more."""
    code = (
        "import sys, doubles; from vitascope.engines import registry; from vitascope.cli.app import main\n"
        "registry.load = lambda name: doubles.DiscEngine()\n"
        "assert main(sys.argv[1:]) == 0\n"
        "heavy = {'pydantic', 'asyncio', 'sqlalchemy', 'fastapi', 'structlog', 'rich', 'tqdm'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    bare = {name: value for name, value in doubles.environment().items() if not name.startswith("VITASCOPE_")}
    for command in (["--help"], ["generate", "a red ball", "--seconds", "0", "-o", "still.png"]):
        call = [sys.executable, "-c", code, *command]
        done = subprocess.run(call, env=bare, cwd=tmp_path, capture_output=True, text=True)
        assert done.stdout.splitlines()[-1] == "[]", done.stderr
