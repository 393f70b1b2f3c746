"""Films are kept with everything else of an account: in archives, in the trash, by the sweeps, and in projects."""

import hashlib
import io
import zipfile
from dataclasses import replace

import pytest
import sqlalchemy as sa

import service
from doubles import DiscEngine
from vitascope.errors import Conflict, FilmChanged
from vitascope.film import document
from vitascope.film.take import Media
from vitascope.orders import fulfil
from vitascope.store import (
    archive,
    film_renders,
    film_takes,
    films,
    ids,
    inputs,
    invariants,
    library,
    orphans,
    projects,
    recipes,
    retention,
    schema,
)
from vitascope.store.folder_blobs import FolderBlobs

DAY = 86_400.0
WAV = b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x80\xbb\0\0\0\x77\1\0\2\0\x10\0data\0\0\0\0"
SONG = hashlib.sha256(WAV).hexdigest()
SPEC = replace(service.SPEC, seed=1)


class Home:
    """An account with a film that has a clip, a voice and a render."""

    def __init__(self, store, blobs):
        self.store, self.blobs = store, blobs
        self.id = service.add_account(store, units=10_000)
        service.submit(store, self.id, spec=SPEC)
        self.clip = fulfil.fulfil(store, blobs, service.claim(store), DiscEngine()).clip_id
        self.take, self.voice = (ids.new_id(ids.TAKE, store.clock()) for _ in range(2))
        inputs.keep(store, blobs, self.id, [inputs.File(SONG, "audio", "audio/wav", WAV, "song.wav")])
        film = {
            "title": "The ball",
            "scene_order": ["s1"],
            "scenes": {"s1": {"shots": ["k1"]}},
            "shots": {"k1": {"action": "A ball.", "lines": [{"id": "l1", "text": "Hello."}], "take": self.take}},
            "cues": {"m1": {"file": SONG}},
        }
        key = film_takes.key(self.id, self.voice, ".wav")
        media = Media(key=key, seconds=1, sound=True).to_dict()
        with store.begin() as tx:
            now = store.clock()
            self.film = films.create(tx, self.id, document.read(film), now).id
            film_takes.add(
                tx, self.id, self.film, now, id=self.take, of="k1", kind="clip", digest="d", state="made",
                clip_id=self.clip,
            )  # fmt: skip
            film_takes.add(
                tx, self.id, self.film, now, id=self.voice, of="l1", kind="voice", digest="d", state="made", key=key,
                media=media, words=[["Hello", "0", "1"]],
            )  # fmt: skip
            self.render = film_renders.ask(tx, films.get(tx, self.id, self.film), (), {}, 24, now)
        blobs.put(key, b"a voice")
        self.voice_key = key

    def films(self, account_id=None):
        with self.store.read() as tx:
            return films.page(tx, account_id or self.id)


@pytest.fixture
def home(store, tmp_path):
    made = Home(store, FolderBlobs(tmp_path / "blobs"))
    yield made
    with store.read() as tx:
        assert invariants.broken(tx) == []


def test_an_archive_carries_films_with_their_choices_and_sounds(home, tmp_path):
    path = tmp_path / "all.zip"
    path.write_bytes(b"".join(archive.export(home.store, home.blobs, home.id)))
    other = service.add_account(home.store)
    archive.take_in(home.store, home.blobs, other, path)
    (film,) = home.films(other)
    with home.store.read() as tx:
        takes = {one.take.kind: one.take for one in film_takes.shown(tx, film.id)}
        assert library.get(tx, other, takes["clip"].clip).sha256 == library.get(tx, home.id, home.clip).sha256
        assert inputs.find(tx, other, SONG)
    assert film.film.shots["k1"].take == takes["clip"].id != home.take, "the choice is of the take as it is there"
    assert b"".join(home.blobs.read(takes["voice"].media.key)) == b"a voice"
    assert takes["voice"].words == (("Hello", 0, 1),)
    before = list(home.blobs.keys())
    archive.take_in(home.store, home.blobs, other, path)
    assert len(home.films(other)) == 1, "it is here already"
    assert sorted(home.blobs.keys()) == sorted(before)


def test_an_archive_with_a_film_that_is_none_is_taken_in_without_it(home, tmp_path):
    data = b"".join(archive.export(home.store, home.blobs, home.id))
    path = tmp_path / "odd.zip"
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(path, "w") as new:
        for info in old.infolist():
            text = b'{"document": {"shots": 3}}' if info.filename.endswith("film.json") else old.read(info)
            new.writestr(info, text)
    other = service.add_account(home.store)
    assert archive.take_in(home.store, home.blobs, other, path).clips == 1
    assert home.films(other) == []


def test_clips_of_a_film_do_not_grow_old_until_the_film_is_put_away(home):
    service.submit(home.store, home.id, spec=SPEC)
    loose = fulfil.fulfil(home.store, home.blobs, service.claim(home.store), DiscEngine()).clip_id
    home.store.clock.forward(100 * DAY)
    with home.store.begin() as tx:
        retention.purge(tx, home.store.clock(), 30)
        assert library.get(tx, home.id, home.clip).trashed_at is None
        assert library.get(tx, home.id, loose).trashed_at is not None
        films.trash(tx, home.id, home.film, home.store.clock())
        retention.purge(tx, home.store.clock(), 30)
        assert library.get(tx, home.id, home.clip).trashed_at is not None


def test_a_film_in_the_trash_goes_for_good_with_its_files(home):
    with home.store.begin() as tx:
        films.trash(tx, home.id, home.film, home.store.clock())
    home.store.clock.forward(31 * DAY)
    with home.store.begin() as tx:
        keys = retention.purge(tx, home.store.clock())
    assert home.voice_key in keys
    with home.store.read() as tx:
        for table in (schema.films, schema.film_versions, schema.film_takes, schema.film_renders):
            assert tx.scalar(sa.select(sa.func.count()).select_from(table)) == 0, table.name


def test_files_that_no_film_knows_are_set_aside_and_others_are_not(home):
    old = ids.new_id(ids.TAKE, home.store.clock())
    lost = film_takes.key(home.id, old, ".wav")
    home.blobs.put(lost, b"nobody's")
    home.store.clock.forward(2 * DAY)
    assert orphans.find(home.store, home.blobs, 0, home.store.clock()).keys == (lost,)


def test_a_file_that_a_film_names_is_kept(home):
    home.store.clock.forward(3 * DAY)
    recipes.sweep(home.store, home.blobs)
    with home.store.read() as tx:
        assert inputs.find(tx, home.id, SONG)
    with home.store.begin() as tx:
        films.change(tx, home.id, home.film, {"cues": None}, home.store.clock())
    recipes.sweep(home.store, home.blobs)
    with home.store.read() as tx:
        assert not inputs.find(tx, home.id, SONG)


def test_a_project_takes_its_films_along(home):
    with home.store.begin() as tx:
        project = projects.create_project(tx, home.id, "Holiday", home.store.clock())
        films.move(tx, home.id, home.film, project.id)
        projects.trash_project(tx, home.id, project.id, home.store.clock())
        assert films.get(tx, home.id, home.film).trashed_at is not None
        projects.restore_project(tx, home.id, project.id)
        assert films.get(tx, home.id, home.film).trashed_at is None


def test_a_render_whose_worker_dies_is_made_by_another_and_given_up_in_the_end(home):
    store = home.store
    for attempt in range(film_renders.MAX_ATTEMPTS):
        with store.begin() as tx:
            held = film_renders.claim(tx, "wrk_a", store.clock(), lease_seconds=60)
            assert (held.attempts, film_renders.claim(tx, "wrk_b", store.clock(), lease_seconds=60)) == (
                attempt + 1,
                None,
            )
        store.clock.forward(61)
    with store.begin() as tx:
        assert film_renders.claim(tx, "wrk_b", store.clock(), lease_seconds=60) is None
        found = film_renders.get(tx, home.id, home.film, home.render.id)
    assert (found.state, bool(found.error)) == ("failed", True)


def test_old_versions_are_forgotten_and_cannot_be_undone(home, monkeypatch):
    monkeypatch.setattr(films, "KEPT_VERSIONS", 5)
    with home.store.begin() as tx:
        for number in range(20):
            films.change(tx, home.id, home.film, {"title": f"Version {number}"}, home.store.clock())
        assert len(films.history(tx, home.film)) == 5
        for _ in range(3):
            films.undo(tx, home.id, home.film, home.store.clock())
        assert films.get(tx, home.id, home.film).title == "Version 16"
        with pytest.raises(Conflict, match="nothing to undo"):
            films.undo(tx, home.id, home.film, home.store.clock())
        with pytest.raises(FilmChanged, match="times since"):
            films.change(tx, home.id, home.film, {"title": "x"}, home.store.clock(), version=2)
