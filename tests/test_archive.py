"""The archive: what is exported here is the same there, and a hostile one changes nothing."""

import hashlib
import io
import json
import struct
import zipfile
import zlib
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

import doubles
from doubles import recipe_of
from service import START, Clock, add_account, sqlite_store
from vitascope.clip import ClipSpec, Recipe
from vitascope.engines import hooks, registry
from vitascope.errors import BadClip, NotFound, TooLarge, VitascopeError
from vitascope.media import recipe as recipes
from vitascope.media import video
from vitascope.store import archive, clip_search, ids, library, projects
from vitascope.store.blobs import blobs, content
from vitascope.store.folder_blobs import FolderBlobs
from vitascope.workers import maintenance

BLACK = {"defects": [{"kind": "black", "message": "It is black."}]}


def recipe(prompt, **more):
    spec = ClipSpec(prompt=prompt, **{"seed": 7, "seconds": 0.5, "size": (64, 64), **more})
    return recipe_of(spec, weights="w", version="0.1")


def jpeg():
    file = io.BytesIO()
    Image.new("RGB", (64, 64), "orange").save(file, "JPEG")
    return file.getvalue()


def keep(store, kept, account, prompt, tmp_path, **more):
    """A real clip: its files in the blobs, its row in the library."""
    made = recipe(prompt)
    path = tmp_path / "made.mp4"
    with video.writing(path, 64, 64, recipe=made, fps=16) as writer:
        for number in range(9):
            writer.write(np.full((64, 64, 3), number * 20, np.uint8))
    now = store.clock.forward(1)
    clip_id = ids.new_id("clip_", now)
    kept.put(library.key(clip_id, "video.mp4"), path)
    kept.put(library.key(clip_id, "poster.jpg"), jpeg())
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    given = {"poster_key": library.key(clip_id, "poster.jpg"), "clip_id": clip_id, **more}
    with store.begin() as tx:
        return library.add(
            tx, account_id=account, recipe=made, size_bytes=path.stat().st_size, sha256=digest, now=now, **given
        )


def found(store, account, **asked):
    with store.read() as tx:
        return clip_search.search(tx, account, **asked)


@pytest.fixture
def mia(store):
    return add_account(store, units=500)


@pytest.fixture
def kept(tmp_path):
    return FolderBlobs(tmp_path / "blobs")


@pytest.fixture
def full(store, mia, kept, tmp_path):
    """A library with a project, a lineage, tags, a favourite and something in the trash."""
    with store.begin() as tx:
        film = projects.create_project(tx, mia, "电影", store.clock())
    first = keep(
        store, kept, mia, "a red ball", tmp_path, project_id=film.id, tags=["best", "海"], favourite=True, **BLACK
    )
    second = keep(
        store, kept, mia, "一个红球", tmp_path, parent_id=first.id, relation="remix", defects=[{"kind": "black"}]
    )
    thrown = keep(store, kept, mia, "a cube", tmp_path)
    with store.begin() as tx:
        library.trash(tx, mia, thrown.id, store.clock())
    return first, second, thrown


@pytest.fixture
def zipped(store, mia, kept, full, tmp_path):
    path = tmp_path / "all.zip"
    with open(path, "wb") as file:
        for piece in archive.export(store, kept, mia):
            file.write(piece)
    return path


@pytest.fixture
def other(tmp_path):
    """Another server."""
    (tmp_path / "other").mkdir()
    made = sqlite_store(tmp_path / "other", Clock(START + 1000))
    yield made
    made.close()


def test_the_whole_library_goes_to_another_server(store, mia, kept, full, zipped, other, tmp_path):
    there, account = FolderBlobs(tmp_path / "there"), add_account(other)
    taken = archive.take_in(other, there, account, zipped)
    assert (taken.clips, taken.already_here, taken.projects) == (3, 0, 1)
    assert taken.bytes == sum(clip.bytes for clip in full)
    second, first = found(other, account)
    (thrown,) = found(other, account, trashed=True)
    for new, old in zip((first, second, thrown), full, strict=True):
        assert new.id != old.id
        for name in ("prompt", "recipe", "sha256", "bytes", "frames", "width", "seconds", "tags", "favourite", "words",
                     "defects", "created_at", "relation", "model", "seed"):  # fmt: skip
            assert getattr(new, name) == getattr(old, name), name
        assert content(there, new.video_key) == content(kept, old.video_key)
        assert Image.open(io.BytesIO(content(there, new.poster_key))).size == (64, 64)
    with other.read() as tx:
        (film,) = projects.list_projects(tx, account)
        assert (film.name, film.clips) == ("电影", 1)
        assert library.lineage(tx, account, second.id).parents == (first,)
    assert found(other, account, words="海") == [first]


def test_clips_without_their_model_are_found_by_meaning_once_it_is_there(zipped, other, tmp_path, monkeypatch):
    account, house = add_account(other), SimpleNamespace(store=other)
    hook = hooks.all_search_terms([doubles.CARD])
    named = replace(doubles.CARD, name="stranger")
    cards = {"none": (named,), "here": (doubles.CARD,)}
    monkeypatch.setattr(registry, "cards", lambda: cards["here"])
    maintenance.read_for_new_models(house)  # the model was here before
    monkeypatch.setattr(registry, "cards", lambda: cards["none"])
    archive.take_in(other, FolderBlobs(tmp_path / "there"), account, zipped)
    maintenance.read_for_new_models(house)
    assert found(other, account, words="红色球", hooks=hook) == []
    monkeypatch.setattr(registry, "cards", lambda: cards["here"])
    maintenance.read_for_new_models(house)
    assert [clip.prompt for clip in found(other, account, words="红色球", hooks=hook)] == ["一个红球", "a red ball"]


def test_taking_it_in_again_changes_nothing(store, zipped, other, tmp_path):
    there, account = FolderBlobs(tmp_path / "there"), add_account(other)
    archive.take_in(other, there, account, zipped)
    before = found(other, account), sorted(there.keys())
    taken = archive.take_in(other, there, account, zipped)
    assert (taken.clips, taken.already_here, taken.projects, taken.bytes) == (0, 3, 0, 0)
    assert (found(other, account), sorted(there.keys())) == before
    tom = add_account(other)
    assert archive.take_in(other, there, tom, zipped).clips == 3, "another account has a library of its own"


def test_the_archive_can_be_read_by_people_and_other_programs(store, full, zipped, mia):
    with zipfile.ZipFile(zipped) as file:
        assert file.testzip() is None
        names = file.namelist()
        assert set(names) == {
            "manifest.json", "history/jobs.jsonl", "history/credits.jsonl",
            *(f"clips/{clip.id}/{name}" for clip in full for name in ("video.mp4", "poster.jpg", "recipe.json")),
        }  # fmt: skip
        manifest = json.loads(file.read("manifest.json"))
        assert [entry["id"] for entry in manifest["clips"]] == [clip.id for clip in full]
        (grant,) = file.read("history/credits.jsonl").splitlines()
        assert json.loads(grant)["units"] == 500
        told = json.loads(file.read(f"clips/{full[0].id}/recipe.json"))
        assert Recipe.from_dict(told) == recipe("a red ball")


def test_only_ones_own_is_exported(store, full, kept, tmp_path):
    tom = add_account(store)
    data = b"".join(archive.export(store, kept, tom))
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        assert not [name for name in file.namelist() if name.startswith("clips/")]
        assert json.loads(file.read("manifest.json"))["clips"] == []
    with pytest.raises(NotFound):
        archive.export(store, kept, "acc_none")


def test_a_clip_that_vanishes_meanwhile_is_left_out(store, mia, kept, full, other, tmp_path):
    pieces = archive.export(store, kept, mia)
    kept.delete(full[0].video_key)
    path = tmp_path / "less.zip"
    path.write_bytes(b"".join(pieces))
    taken = archive.take_in(other, FolderBlobs(tmp_path / "there"), add_account(other), path)
    assert taken.clips == 2


def test_it_works_on_s3(s3_url, sqlite_only, tmp_path):
    kept, store = blobs(s3_url), sqlite_only
    mia, tom = add_account(store), add_account(store)
    clip = keep(store, kept, mia, "a red ball", tmp_path)
    path = tmp_path / "s3.zip"
    path.write_bytes(b"".join(archive.export(store, kept, mia)))
    assert archive.take_in(store, kept, tom, path).clips == 1
    (copy,) = found(store, tom)
    assert content(kept, copy.video_key) == content(kept, clip.video_key)


class Forge:
    """Changes one thing in a good archive."""

    def __init__(self, path):
        with zipfile.ZipFile(path) as file:
            self.files = {name: file.read(name) for name in file.namelist()}
        self.manifest = json.loads(self.files["manifest.json"])
        self.clip = self.manifest["clips"][0]
        self.base = f"clips/{self.clip['id']}"

    def write(self, path, *, compress=()):
        self.files["manifest.json"] = json.dumps(self.manifest).encode()
        with zipfile.ZipFile(path, "w") as file:
            for name, data in self.files.items():
                kind = zipfile.ZIP_DEFLATED if name.endswith(("json", "jsonl")) or name in compress else 0
                file.writestr(zipfile.ZipInfo(name), data, kind)
        return path


def wrong_hash(forge):
    forge.clip["sha256"] = "0" * 64


def wrong_size(forge):
    forge.clip["bytes"] += 1


def changed_film(forge):
    forge.files[f"{forge.base}/video.mp4"] = forge.files[f"{forge.base}/video.mp4"][:-1] + b"x"


def no_film(forge):
    data = b"<script>alert(1)</script>" * 20
    forge.files[f"{forge.base}/video.mp4"] = data
    forge.clip |= {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def missing_film(forge):
    del forge.files[f"{forge.base}/video.mp4"]


def missing_recipe(forge):
    del forge.files[f"{forge.base}/recipe.json"]


def nonsense_recipe(forge):
    forge.files[f"{forge.base}/recipe.json"] = b'{"format": 1}'


def deep_recipe(forge):
    forge.files[f"{forge.base}/recipe.json"] = b"[" * 100_000


def other_recipe(forge):
    forge.files[f"{forge.base}/recipe.json"] = recipes.to_text(recipe("x", size=(128, 128))).encode()


def no_picture(forge):
    forge.files[f"{forge.base}/poster.jpg"] = b"GIF89a no picture"


def path_trick(forge):
    forge.files["../../etc/passwd"] = b"x"


def absolute_path(forge):
    forge.files["/etc/passwd"] = b"x"


def backslash(forge):
    forge.files["clips\\x\\video.mp4"] = b"x"


def stranger(forge):
    forge.files["clips/x/run.sh"] = b"x"


def trick_in_an_id(forge):
    forge.clip["id"] = "../../x"


def newer_format(forge):
    forge.manifest["format"] = 2


def more_fields(forge):
    forge.clip["account_id"] = "acc_1"


def number_as_text(forge):
    forge.clip["bytes"] = str(forge.clip["bytes"])


def a_clip_twice(forge):
    forge.manifest["clips"].append(dict(forge.clip))


def endless_time(forge):
    forge.clip["created_at"] = 1e300


def long_tag(forge):
    forge.clip["tags"] = ["x" * 61]


def unknown_relation(forge):
    forge.clip["relation"] = "stolen"


def no_manifest(forge):
    forge.manifest = None


DAMAGES = [
    wrong_hash, wrong_size, changed_film, no_film, missing_film, missing_recipe, nonsense_recipe, deep_recipe,
    other_recipe,
]  # fmt: skip
TRICKS = [
    path_trick, absolute_path, backslash, stranger, trick_in_an_id, newer_format,
    more_fields, number_as_text, a_clip_twice, endless_time, long_tag, unknown_relation, no_manifest,
]  # fmt: skip


@pytest.fixture
def good(sqlite_only, tmp_path):
    """An archive of three clips, and an empty server to take it in."""
    store, kept = sqlite_only, FolderBlobs(tmp_path / "blobs")
    mia = add_account(store)
    for prompt in ("a red ball", "a cube", "a cone"):
        keep(store, kept, mia, prompt, tmp_path)
    path = tmp_path / "all.zip"
    path.write_bytes(b"".join(archive.export(store, kept, mia)))
    return path


@pytest.fixture
def refused(good, other, tmp_path):
    """Says that this archive is refused, and that nothing is left of it."""
    account, there = add_account(other), FolderBlobs(tmp_path / "there")

    def check(path, kind=BadClip, **limits):
        with pytest.raises(kind) as told:
            archive.take_in(other, there, account, path, **limits)
        assert told.value.hint
        assert found(other, account) == []
        assert list(there.keys()) == []
        with other.read() as tx:
            assert projects.list_projects(tx, account) == []
        return told.value

    return check


@pytest.mark.parametrize("trick", TRICKS, ids=lambda trick: trick.__name__)
def test_a_forged_archive_is_refused_and_leaves_nothing(trick, good, refused, tmp_path):
    forge = Forge(good)
    forge.manifest["clips"].append(forge.manifest["clips"].pop(0))  # the bad one comes last
    trick(forge)
    refused(forge.write(tmp_path / "forged.zip"), VitascopeError)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_damaged_clip_is_left_out_and_listed_and_the_rest_comes_in(damage, good, other, tmp_path):
    account, there = add_account(other), FolderBlobs(tmp_path / "there")
    forge = Forge(good)
    damage(forge)
    taken = archive.take_in(other, there, account, forge.write(tmp_path / "forged.zip"))
    assert (taken.clips, taken.already_here) == (2, 0)
    assert [item.id for item in taken.left_out] == [forge.clip["id"]]
    assert len(found(other, account)) == 2
    assert len(list(there.keys())) == 4


def test_a_clip_with_a_damaged_picture_comes_in_without_it(good, other, tmp_path):
    account, there = add_account(other), FolderBlobs(tmp_path / "there")
    forge = Forge(good)
    no_picture(forge)
    taken = archive.take_in(other, there, account, forge.write(tmp_path / "forged.zip"))
    assert (taken.clips, taken.left_out) == (3, ())
    assert [bool(clip.poster_key) for clip in found(other, account, oldest_first=True)] == [False, True, True]


@pytest.mark.parametrize("damage", ["half", "changed", "empty", "gone"])
def test_a_damaged_film_is_not_exported_and_the_rest_is_taken_in(damage, store, mia, kept, full, other, tmp_path):
    bad = full[1]
    data = content(kept, bad.video_key)
    kept.put(bad.video_key, {"half": data[: len(data) // 2], "changed": data[:-1] + b"x"}.get(damage, b""))
    if damage == "gone":
        kept.delete(bad.video_key)
    path = tmp_path / "all.zip"
    path.write_bytes(b"".join(archive.export(store, kept, mia)))
    with zipfile.ZipFile(path) as file:
        assert not [name for name in file.namelist() if bad.id in name]
    taken = archive.take_in(other, FolderBlobs(tmp_path / "there"), add_account(other), path)
    assert (taken.clips, taken.already_here) == (2, 0)
    assert [item.id for item in taken.left_out] == [bad.id]
    assert taken.left_out[0].why


def test_a_bomb_is_refused_before_it_is_unpacked(good, refused, tmp_path):
    forge = Forge(good)
    forge.files[f"{forge.base}/video.mp4"] = bytes(50 << 20)
    assert "packed" in refused(forge.write(tmp_path / "bomb.zip", compress=[f"{forge.base}/video.mp4"])).message
    forge = Forge(good)
    forge.files[f"{forge.base}/recipe.json"] = b" " * (65 << 20)
    assert "packed" in refused(forge.write(tmp_path / "bomb2.zip")).message


def test_a_bomb_that_lies_about_its_size_is_left_out(good, other, tmp_path):
    forge = Forge(good)
    forge.files[f"{forge.base}/recipe.json"] = b" " * (5 << 20)
    path = forge.write(tmp_path / "lie.zip")
    true, told = struct.pack("<I", 5 << 20), struct.pack("<I", 100)
    path.write_bytes(path.read_bytes().replace(true, told))
    taken = archive.take_in(other, FolderBlobs(tmp_path / "there"), add_account(other), path)
    assert [item.id for item in taken.left_out] == [forge.clip["id"]]


def test_entries_that_overlap_are_refused(good, refused, tmp_path):
    """Many entries for the same bytes: a small file that unpacks to a large one without being packed."""
    with zipfile.ZipFile(tmp_path / "lap.zip", "w") as file:
        file.writestr("clips/a/video.mp4", bytes(100_000))
        for number in range(50):
            info = file.getinfo("clips/a/video.mp4")
            double = zipfile.ZipInfo(f"clips/b{number}/video.mp4")
            for name in ("header_offset", "file_size", "compress_size", "CRC"):
                setattr(double, name, getattr(info, name))
            file.filelist.append(double)
    assert "overlap" in refused(tmp_path / "lap.zip").message


def test_an_encrypted_entry_is_refused(good, refused, tmp_path):
    data = bytearray(good.read_bytes())
    at = data.rindex(b"PK\x01\x02")
    data[at + 8] |= 1
    (tmp_path / "locked.zip").write_bytes(data)
    refused(tmp_path / "locked.zip")


def test_a_table_of_contents_without_end_is_refused_before_it_is_read(good, refused, tmp_path):
    data = bytearray(good.read_bytes())
    at = data.rindex(b"PK\x05\x06")
    data[at + 12 : at + 16] = struct.pack("<I", 1 << 30)
    (tmp_path / "toc.zip").write_bytes(data)
    assert "too many entries" in refused(tmp_path / "toc.zip").message


@pytest.mark.parametrize("data", [b"", b"PK", b"no zip" * 100, zlib.compress(b"x" * 100), b"PK\x05\x06" + bytes(18)])
def test_what_is_no_zip_is_refused(data, refused, tmp_path):
    (tmp_path / "x.zip").write_bytes(data)
    refused(tmp_path / "x.zip")


def test_a_cut_off_archive_is_refused(good, refused, tmp_path):
    data = good.read_bytes()
    (tmp_path / "cut.zip").write_bytes(data[: len(data) * 2 // 3])
    refused(tmp_path / "cut.zip")


def test_the_operators_limits_hold(good, refused):
    assert "GB" in refused(good, TooLarge, limit_bytes=1000).message
    assert "3 clips" in refused(good, TooLarge, limit_clips=2).message


def test_a_storage_that_fails_midway_leaves_nothing(good, other, tmp_path):
    there, account = FolderBlobs(tmp_path / "there"), add_account(other)
    puts = []

    class Failing:
        def __getattr__(self, name):
            return getattr(there, name)

        def put(self, key, data, content_type=""):
            puts.append(key)
            if len(puts) == 4:
                raise VitascopeError("the disk is full")
            there.put(key, data)

    with pytest.raises(VitascopeError, match="full"):
        archive.take_in(other, Failing(), account, good)
    assert list(there.keys()) == []
    assert found(other, account) == []
