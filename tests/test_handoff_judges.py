"""What programs of other houses say of our exports: melt renders them, OpenTimelineIO, xmllint and pyJianYingDraft read
them, a shell installs the draft.
"""

import itertools
import json
import os
import re
import shutil
import subprocess
import wave
import zipfile
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import judges
from cutting import cut, film, shown, takes_of
from footage import film as footage
from footage import tone
from melt import rendered
from vitascope.errors import BadSpec
from vitascope.film import times
from vitascope.film.document import CutItem
from vitascope.film.handoff import bundle, links, write
from vitascope.media import video

WIDTH, HEIGHT, BITS = 160, 96, 8


def need(program, package):
    if not shutil.which(program):
        judges.install(package)
    if not shutil.which(program):
        pytest.skip(f"needs {program} (apt-get install {package})")
    return program


# Clips whose frames say their own number: one block of light for each bit, and below a bar for each shot


def numbered(path, shot, seconds, rate, hertz=440):
    frames = []
    for number in range(round(seconds * rate)):
        frame = np.full((HEIGHT, WIDTH, 3), 40, np.uint8)
        for bit in range(BITS):
            if number >> bit & 1:
                frame[8:48, bit * 20 : bit * 20 + 20] = 220
        frame[56:88, shot * 32 : shot * 32 + 32] = 220
        frames.append(frame)
    footage(path, frames, fps=rate, sound=tone(seconds, hertz=hertz))


def looks(frame):
    """The mean light of each block: bits, then shots."""
    grey = frame.astype(float).mean(2)
    bits = [grey[14:42, bit * 20 + 5 : bit * 20 + 15].mean() for bit in range(BITS)]
    return np.array([*bits, *(grey[62:82, shot * 32 + 8 : shot * 32 + 24].mean() for shot in range(5))])


@pytest.fixture(scope="module")
def takes_folder(tmp_path_factory):
    """Four takes of 16, 24, 25 and 29.97 frames a second under nasty names, a voice and a song."""
    folder = tmp_path_factory.mktemp("film & 小米 #1")
    (folder / "media").mkdir()
    for shot, rate in enumerate([16, 24, 25, Fraction(30000, 1001)]):
        numbered(folder / f"k{shot + 1}.mp4", shot, 6, rate)
    for name, seconds in (("voice/l1.wav", 2), ("music/song.wav", 8)):
        (folder / name).parent.mkdir()
        with wave.open(str(folder / name), "wb") as file:
            file.setparams((1, 2, 24_000, 0, "NONE", ""))
            file.writeframes((tone(seconds, rate=24_000, hertz=660) * 32_000).astype("<i2").tobytes())
    return folder


SOFT = film(cues={"m1": {"kind": "music", "file": "song", "gain": -6, "fade_in": "1", "fade_out": "1"}})
RATES = [Fraction(16), Fraction(24), Fraction(25), Fraction(30000, 1001)]


def cut_film(rate):
    """Three dissolves, a gap, half and double speed."""
    source = film(rate=rate, width=WIDTH, height=HEIGHT, cues={}, captions={"show": "file"})
    half = Fraction(1, 2)
    parts = [
        CutItem(id="a", shot="k1", source_in=half, seconds=Fraction(2)),
        CutItem(id="b", shot="k2", source_in=Fraction(1), seconds=Fraction(1), dissolve=half),
        CutItem(id="c", shot="k3", source_in=Fraction(1), seconds=Fraction(2), speed=half, dissolve=half),
        CutItem(id="d", shot="k4", source_in=half, seconds=Fraction(1), speed=Fraction(2), gap=half),
        CutItem(id="e", shot="k1", source_in=Fraction(3), seconds=Fraction(1), dissolve=Fraction(1)),
    ]
    source = cut(source, *parts)
    found = []
    for take in takes_of(source, 6):
        if take.kind == "clip":
            rate = RATES[int(take.of[1]) - 1]
            media = replace(take.media, key=f"{take.of}.mp4", rate=rate, width=WIDTH, height=HEIGHT)
            take = replace(take, media=media)
        found.append(take)
    return source, tuple(found)


def exported(name, source, takes, folder):
    made = shown(source, takes)
    for key, place in links.file_names(made).items():
        target = folder / place
        if not target.exists():
            target.parent.mkdir(exist_ok=True)
            os.link(folder / key, target)
    path = folder / f"Schnitt & 好 #{name}.{name}"
    write(name, made, source, media=links.beside(made), target=path)
    return made, path


def expected(made, frame, shifts=(0, 0)):
    """The look of a frame as the timeline says, from the takes' own numbers; `shifts`: frames by which the take that
    goes, or is alone, and the one that comes are off.
    """
    at = Fraction(frame) / made.rate
    total, weight = np.zeros(BITS + 5), 0.0
    for place, piece in enumerate(made.pieces):
        following = made.pieces[place + 1] if place + 1 < len(made.pieces) else None
        head, tail = piece.dissolve / 2, following.dissolve / 2 if following else 0
        if not piece.start - head <= at < piece.end + tail:
            continue
        share = 1.0
        if piece.dissolve and at < piece.start + head:
            share = float((at - piece.start + head) / piece.dissolve)
        if following and tail and at >= piece.end - tail:
            share = 1 - float((at - piece.end + tail) / following.dissolve)
        source = piece.source_in + (at - piece.start) * piece.speed
        number = int(source * piece.media.rate) + shifts[weight > 0]
        shot = int(piece.shot[1]) - 1
        bits = [220.0 if number >> bit & 1 else 40.0 for bit in range(BITS)]
        bars = [220.0 if one == shot else 40.0 for one in range(5)]
        total += share * np.array([*bits, *bars])
        weight += share
    return total  # of a gap: black


def watched(made):
    """Both sides of every cut, and frames inside every dissolve."""
    rate, found = made.rate, set()
    for piece in made.pieces:
        start, half = times.frames(piece.start, rate), times.frames(piece.dissolve / 2, rate)
        found |= {
            start - half - 1,
            start + half,
            start + half + 1,
            start - half // 2,
            start,
            start + half // 2,
            start - 1,
        }
        found.add(times.frames(piece.end, rate) - 1)
    return sorted(frame for frame in found if 0 <= frame < made.frames)


@pytest.mark.parametrize(("name", "rate"), [("mlt", "24"), ("kdenlive", "25"), judges.slow("mlt", "29.97")])
def test_melt_renders_what_the_timeline_says(name, rate, takes_folder, tmp_path):
    source, takes = cut_film(rate)
    made, path = exported(name, source, takes, takes_folder)
    assert [piece.dissolve > 0 for piece in made.pieces] == [False, True, True, False, True]
    target = rendered(path, tmp_path)
    seen = [looks(draw()) for draw, _ in video.timed_frames(target)]
    assert len(seen) == made.frames
    wrong = []
    for frame in watched(made):
        # A take of another rate may show the frame before or after the one that is due.
        shifts = itertools.product((0, -1, 1), repeat=2)
        off = min(np.abs(seen[frame] - expected(made, frame, shift)).max() for shift in shifts)
        if off > 20:
            wrong.append((frame, round(off)))
    assert wrong == []


def test_the_judge_of_looks_can_tell_frames_apart(takes_folder):
    frames = [looks(draw()) for draw, _ in video.timed_frames(takes_folder / "k2.mp4")]
    numbers = [sum(int(light > 130) << bit for bit, light in enumerate(frame[:BITS])) for frame in frames]
    assert numbers == list(range(144))


# Sound


def level(path, start, end):
    """Loudness of a span in seconds, as a share of full scale."""
    sound = video.read_sound(path, name="render", seconds=60)
    samples = np.asarray(sound.samples, float)
    return float(np.sqrt((samples[round(start * sound.rate) : round(end * sound.rate)] ** 2).mean()))


def test_melt_plays_levels_and_fades(takes_folder, tmp_path):
    source = film(rate="24", width=WIDTH, height=HEIGHT, captions={"show": "none"})
    loud = [
        CutItem(id="a", shot="k1", seconds=Fraction(2)),
        CutItem(id="b", shot="k2", seconds=Fraction(2), gain=-20.0),
    ]
    source = cut(source, *loud, left_out=("k3", "k4")).model_copy(update={"cues": {}})
    takes = cut_film("24")[1]
    _, path = exported("mlt", source, takes, takes_folder)
    target = rendered(path, tmp_path)
    first, second = level(target, 0.5, 1.5), level(target, 2.5, 3.5)
    assert first > 0.05
    assert 20 * np.log10(second / first) == pytest.approx(-20, abs=1)
    quiet = cut(source, CutItem(id="d", shot="k3", seconds=Fraction(4), gain=-60.0), left_out=("k1", "k2", "k4"))
    _, path = exported("mlt", quiet.model_copy(update={"cues": SOFT.cues}), takes, takes_folder)
    target = rendered(path, tmp_path)
    begin, middle, end = level(target, 0, 0.2), level(target, 1.6, 2.4), level(target, 3.8, 4)
    assert begin < middle / 4
    assert end < middle / 4


# Readers


def test_the_library_of_opentimelineio_reads_ours(takes_folder, tmp_path):
    otio = pytest.importorskip("opentimelineio")
    source, takes = cut_film("29.97")
    made, path = exported("otio", source, takes, takes_folder)
    read = otio.adapters.read_from_file(str(path))
    clips = [clip for clip in read.video_tracks()[0] if isinstance(clip, otio.schema.Clip)]
    assert [clip.name for clip in clips] == [piece.name for piece in made.pieces]
    assert [round(clip.range_in_parent().start_time.value) for clip in clips] == [
        times.frames(piece.start, made.rate) for piece in made.pieces
    ]
    assert clips[2].effects[0].time_scalar == 0.5
    rates = [clip.media_reference.available_range.duration.rate for clip in clips]
    assert rates[:3] == [16, 24, 25]
    assert not any(reference.startswith("/") for reference in (clip.media_reference.target_url for clip in clips))
    assert [marker.name for marker in read.tracks.markers] == [marker.name for marker in made.markers]
    for track in read.tracks:
        track.range_of_child_at_index(0)  # raises when a track does not add up
    assert read.duration().value == made.frames


@pytest.mark.parametrize("rate", ["24", "25", "29.97"])
def test_the_edl_adapter_of_opentimelineio_reads_ours(rate, takes_folder):
    otio = pytest.importorskip("opentimelineio")
    source, takes = cut_film(rate)
    made, path = exported("edl", source, takes, takes_folder)
    read = otio.adapters.read_from_file(str(path), adapter_name="cmx_3600", rate=float(made.rate))
    found = [one for one in read.video_tracks()[0] if not isinstance(one, otio.schema.Gap)]
    clips = [one for one in found if isinstance(one, otio.schema.Clip)]
    assert [clip.name for clip in clips] == [piece.name for piece in made.pieces]
    dissolves = [one for one in found if isinstance(one, otio.schema.Transition)]
    assert [round(one.duration().value) for one in dissolves] == [
        times.frames(piece.dissolve, made.rate) for piece in made.pieces if piece.dissolve
    ]


@pytest.mark.parametrize("rate", ["23.976", "24", "25", "29.97", "30", "50", "60"])
@pytest.mark.parametrize("kind", ["cut", "plain", "slates"])
def test_xmllint_takes_our_fcpxml(kind, rate, takes_folder, tmp_path):
    """By Apple's own DTD where one is given, which we may not hand on."""
    need("xmllint", "libxml2-utils")
    if kind == "cut":
        source, takes = cut_film(rate)
    else:  # with music and captions, the takes as they are, some or all of them not made yet
        source = film(rate=rate, captions={"show": "file"})
        takes = takes_of(source, still=("k2",)) if kind == "plain" else ()
    path = tmp_path / "film.fcpxml"
    made = shown(source, takes)
    write("fcpxml", made, source, media=links.beside(made), target=path)
    dtd = os.environ.get("VITASCOPE_FCPXML_DTD", "")
    command = ["xmllint", "--noout", *(["--dtdvalid", dtd] if dtd else []), str(path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_every_time_in_fcpxml_lies_on_a_frame_and_every_reference_leads_somewhere(takes_folder):
    source, takes = cut_film("29.97")
    made, path = exported("fcpxml", source, takes, takes_folder)
    root = ElementTree.parse(path).getroot()
    ids = [one.get("id") for one in root.iter() if one.get("id")]
    assert len(set(ids)) == len(ids)
    for one in root.iter():
        assert not one.get("ref") or one.get("ref") in ids
        if one.tag in ("asset-clip", "gap", "transition", "caption", "marker") and one.tag != "caption":
            for name in ("offset", "start", "duration"):
                value = Fraction(one.get(name, "0s").removesuffix("s")) * made.rate
                assert value.denominator == 1, (one.tag, name)
    assert len(root.findall(".//asset/media-rep")) == len(root.findall(".//asset"))
    assert [one.text for one in root.iter("text-style") if one.text] == [line.line.text for line in made.spoken]


# Jianying and CapCut


@pytest.fixture
def draft(takes_folder, tmp_path):
    """The ZIP of a draft, unpacked as on another computer."""
    source, takes = cut_film("30")
    made = shown(source, takes)
    target = tmp_path / "draft.zip"
    write(
        "jianying", made, source, media=links.beside(made), files=lambda media: takes_folder / media.key, target=target
    )
    again = tmp_path / "again.zip"
    write(
        "jianying", made, source, media=links.beside(made), files=lambda media: takes_folder / media.key, target=again
    )
    assert again.read_bytes() == target.read_bytes()
    folder = tmp_path / "downloads & 下载"
    with zipfile.ZipFile(target) as box:
        box.extractall(folder)
    return made, folder


def installed(folder, home, *arguments):
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(home)}
    command = ["sh", str(folder / "install.sh"), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def test_a_draft_holds_no_path_of_this_computer_and_its_times_do_not_overlap(draft, takes_folder):
    made, folder = draft
    content = json.loads((folder / "draft/draft_content.json").read_text("utf-8"))
    for file in folder.rglob("*"):
        if file.is_file() and file.suffix in (".json", ".txt", ".sh", ".ps1"):
            assert str(takes_folder).encode() not in file.read_bytes()
            assert str(Path.home()).encode() + b"/" not in file.read_bytes()
    line = content["id"]
    copies = ("draft_info.json", f"Timelines/{line}/draft_info.json", f"Timelines/{line}/draft_content.json")
    assert all(
        (folder / "draft" / copy).read_bytes() == (folder / "draft/draft_content.json").read_bytes() for copy in copies
    )
    assert json.loads((folder / "draft/Timelines/project.json").read_text())["main_timeline_id"] == line
    for track in content["tracks"]:
        spans = [one["target_timerange"] for one in track["segments"]]
        assert all(one["start"] + one["duration"] <= other["start"] for one, other in itertools.pairwise(spans))
    texts = [json.loads(one["content"])["text"] for one in content["materials"]["texts"]]
    assert texts == [line.line.text for line in made.spoken]
    names = {one["id"]: one["material_name"] for one in content["materials"]["videos"]}
    assert [names[one["material_id"]] for one in content["tracks"][0]["segments"]] == [
        piece.name for piece in made.pieces
    ]


#: Windows PowerShell 5.1 has all of these, and none of them reads a [ in the path that it is given here.
CMDLETS = {
    "Copy-Item", "ForEach-Object", "Get-ChildItem", "Join-Path", "New-Object", "Remove-Item", "Resolve-Path",
    "Split-Path", "Test-Path", "Write-Host",
}  # fmt: skip
GIVEN = re.compile(r"(\$\w+) = |foreach \((\$\w+) in|\[string\](\$\w+)")  # where a variable gets its value


def test_the_script_for_windows_parses_and_takes_paths_as_they_are(draft):
    """No PowerShell is to be had here: its grammar and these rules stand in for it."""
    grammar = pytest.importorskip("tree_sitter_powershell", reason="PowerShell's grammar is not installed")
    from tree_sitter import Language, Parser

    data = (draft[1] / "install.ps1").read_bytes()
    assert data.isascii(), "5.1 reads a file without a mark as ANSI"
    assert data.count(b"\n") == data.count(b"\r\n")
    nodes = [Parser(Language(grammar.language())).parse(data).root_node]
    for node in nodes:
        nodes += node.children
    assert not [node.text for node in nodes if node.type == "ERROR" or node.is_missing]
    functions = {node.text.decode() for node in nodes if node.type == "function_name"}
    for node in nodes:
        if node.type == "command_name":
            name, words = node.text.decode(), node.parent.text.decode().split()
            assert name in CMDLETS | functions, "no alias, and nothing that 5.1 lacks"
            if name in ("Copy-Item", "Get-ChildItem", "Remove-Item", "Resolve-Path", "Test-Path"):
                assert words[1] == "-LiteralPath"
    used = {node.text.decode().lower() for node in nodes if node.type == "variable"}
    given = {next(filter(None, found)).lower() for found in GIVEN.findall(data.decode())}
    assert used - given == {"$_", "$true", "$false", "$myinvocation", "$env:localappdata"}


def test_the_script_installs_a_draft_with_nothing_but_a_shell(draft, tmp_path):
    _, folder = draft
    home = tmp_path / "home 'of' \"小米\" & co"
    root = home / "Movies/CapCut/User Data/Projects/com.lveditor.draft"
    root.mkdir(parents=True)
    index = root / "root_meta_info.json"
    old = {"all_draft_store": [{"draft_name": "旧 old"}], "draft_ids": 1, "root_path": str(root)}
    index.write_text(json.dumps(old, ensure_ascii=False))
    done = installed(folder, home)
    assert done.returncode == 0, done.stderr
    listed = json.loads(index.read_text("utf-8"))["all_draft_store"]
    place = Path(listed[0]["draft_fold_path"])
    assert listed[1:] == old["all_draft_store"]
    assert place.parent == root
    assert listed[0]["draft_name"] == place.name
    assert [json.loads(one.read_text()) for one in root.glob("root_meta_info.json.vitascope-*.bak")] == [old]
    for name in ("draft_content.json", "draft_info.json"):
        content = json.loads((place / name).read_text("utf-8"))
        paths = [one["path"] for kind in ("videos", "audios") for one in content["materials"][kind]]
        assert paths
        assert all(Path(path).is_file() and Path(path).is_relative_to(place) for path in paths)
    meta = json.loads((place / "draft_meta_info.json").read_text("utf-8"))
    media = next(group["value"] for group in meta["draft_materials"] if group["type"] == 0)
    assert {one["file_Path"] for one in media} == set(paths)
    assert meta["draft_id"] == listed[0]["draft_id"]
    assert "VITASCOPE" not in (place / "draft_meta_info.json").read_text() + index.read_text()
    assert installed(folder, home).returncode == 0  # once more: beside the first, which may hold somebody's work
    assert len(json.loads(index.read_text("utf-8"))["all_draft_store"]) == 3


def test_the_script_leaves_everything_as_it_was_when_it_cannot_go_on(draft, tmp_path):
    _, folder = draft
    root = tmp_path / "drafts"
    root.mkdir()
    (root / "root_meta_info.json").write_text("encrypted")
    done = installed(folder, tmp_path, str(root))
    assert done.returncode == 1
    assert "hint:" in done.stderr
    assert [one.name for one in root.iterdir()] == ["root_meta_info.json"]
    assert "hint:" in installed(folder, tmp_path).stderr
    (root / "root_meta_info.json").unlink()
    assert installed(folder, tmp_path, str(root)).returncode == 0
    assert len(json.loads((root / "root_meta_info.json").read_text())["all_draft_store"]) == 1


def test_the_loader_of_pyjianyingdraft_reads_our_draft(draft, tmp_path):
    library = pytest.importorskip("pyJianYingDraft")
    made, folder = draft
    root = tmp_path / "drafts"
    root.mkdir()
    assert installed(folder, tmp_path, str(root)).returncode == 0
    name = next(one.name for one in root.iterdir() if one.is_dir())
    script = library.DraftFolder(str(root)).load_template(name)
    assert script.duration == round(made.seconds * 1_000_000)
    video_track = script.get_imported_track(library.TrackType.video, index=0)
    assert len(video_track.segments) == len(made.pieces)
    assert script.get_imported_track(library.TrackType.text, index=0).segments


# All of it


def test_a_bundle_holds_the_formats_that_are_chosen(takes_folder, tmp_path):
    source, takes = cut_film("24")
    target = tmp_path / "film.zip"
    bundle.write_bundle(
        shown(source, takes), source, takes, files=lambda media: takes_folder / media.key, target=target,
        formats=bundle.chosen("OTIO, srt,otio,"),
    )  # fmt: skip
    with zipfile.ZipFile(target) as box:
        made = {name for name in box.namelist() if not name.startswith("media/")}
        assert {Path(name).suffix for name in made - {"film.json", "takes.json", "report.json"}} == {".otio", ".srt"}
        assert box.read(next(name for name in made if name.endswith(".srt"))).startswith(b"1\n00:00:")
    assert bundle.chosen("") == bundle.chosen(" , ") == ("otio", "fcpxml", "edl", "mlt", "kdenlive", "jianying", "html",
                                                        "csv", "srt", "vtt")  # fmt: skip
    with pytest.raises(BadSpec, match='holds no "avi"'):
        bundle.chosen("otio,avi")


def test_the_bundle_has_every_format_all_media_and_what_was_lost(takes_folder, tmp_path):
    source, takes = cut_film("60")
    made = shown(source, takes)
    target = tmp_path / "film.zip"
    more = {"notes.txt": b"1\n", "film.mp4": takes_folder / "k1.mp4"}
    report = bundle.write_bundle(
        made, source, takes, files=lambda media: takes_folder / media.key, target=target, more=more
    )
    assert any("EDL" in loss and "60" in loss for loss in report.losses)
    with zipfile.ZipFile(target) as box:
        assert box.testzip() is None
        box.extractall(tmp_path / "out")
    out = tmp_path / "out"
    suffixes = {path.suffix for path in out.iterdir()}
    assert {
        ".otio",
        ".fcpxml",
        ".mlt",
        ".kdenlive",
        ".zip",
        ".html",
        ".csv",
        ".json",
        ".srt",
        ".vtt",
        ".txt",
        ".mp4",
    } <= suffixes
    assert not list(out.glob("*.edl"))
    assert {f"media/{path.name}" for path in (out / "media").iterdir()} == set(links.file_names(made).values())
    page = next(out.glob("*.html")).read_text("utf-8")
    assert page.count('src="data:image/jpeg;base64,') == 5
    assert "<b>" not in page
    losses = json.loads((out / "report.json").read_text())["losses"]
    assert losses["edl"][0].startswith("Not written")
    assert json.loads((out / "film.json").read_text("utf-8")) == source.to_dict()
