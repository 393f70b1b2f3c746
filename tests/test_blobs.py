"""Blobs: the same promises from a folder and from S3."""

import os
import subprocess
import sys
import threading
import time
import urllib.request

import pytest

import doubles
from vitascope.errors import BadSettings, BadSpec, NotFound, OutputFailed, Unavailable
from vitascope.store.blobs import blobs, content
from vitascope.store.folder_blobs import FolderBlobs
from vitascope.store.s3_blobs import S3Blobs

KEY = "clips/clip_1/video.mp4"


@pytest.fixture(params=["folder", "s3"])
def store(request, tmp_path):
    if request.param == "folder":
        return blobs(str(tmp_path / "kept"))
    return blobs(request.getfixturevalue("s3_url"))


def test_what_is_put_is_read_again_whole_and_in_ranges(store):
    data = os.urandom(3 << 20)
    store.put(KEY, data, "video/mp4")
    assert store.exists(KEY)
    assert store.size(KEY) == len(data)
    assert content(store, KEY) == data
    for start, end in ((0, 1), (5, 9), (1 << 20, (2 << 20) + 7), (len(data) - 3, None), (7, 10**9)):
        assert b"".join(store.read(KEY, start, end)) == data[start:end]
    for start, end in ((5, 5), (9, 5), (len(data), None), (10**9, 10**9 + 5)):
        assert b"".join(store.read(KEY, start, end)) == b""


def test_a_file_is_put_as_its_bytes(store, tmp_path):
    file = tmp_path / "a.mp4"
    file.write_bytes(b"abc" * 1000)
    store.put(KEY, file)
    assert content(store, KEY) == b"abc" * 1000
    store.put(KEY, b"")
    assert content(store, KEY) == b""
    assert store.size(KEY) == 0


def test_what_is_not_there_is_not_found_at_once(store):
    assert not store.exists(KEY)
    with pytest.raises(NotFound, match=KEY):
        store.size(KEY)
    with pytest.raises(NotFound, match=KEY):
        store.read(KEY)
    with pytest.raises(NotFound, match=KEY):
        store.read(KEY, 5, 9)
    store.delete(KEY)  # nothing happens


def test_a_deleted_blob_is_gone_and_its_neighbours_stay(store):
    store.put(KEY, b"1")
    store.put("clips/clip_1/poster.jpg", b"2")
    store.put("clips/clip_11/video.mp4", b"3")
    store.delete(KEY)
    assert not store.exists(KEY)
    assert set(store.keys()) == {"clips/clip_1/poster.jpg", "clips/clip_11/video.mp4"}


def test_keys_are_listed_by_folder(store):
    for key in ("clips/a/video.mp4", "clips/ab/video.mp4", "previews/job_1.webp"):
        store.put(key, b"x")
    assert set(store.keys("clips")) == {"clips/a/video.mp4", "clips/ab/video.mp4"}
    assert set(store.keys("clips/a")) == {"clips/a/video.mp4"}
    assert set(store.keys("none")) == set()
    assert set(store.keys()) == {"clips/a/video.mp4", "clips/ab/video.mp4", "previews/job_1.webp"}


@pytest.mark.parametrize(
    "key",
    ["", "/etc/passwd", "..", "../x", "a/../../x", "a//b", "a/", ".hidden", "a/.aside/b", "a\\b", "a\0b", "a b", "ä",
     "a\n", "x" * 200, "/".join("abcdefghi")],
)  # fmt: skip
def test_a_key_that_could_lead_elsewhere_is_refused_by_every_function(store, key):
    for attempt in (
        lambda: store.put(key, b"x"),
        lambda: store.read(key),
        lambda: store.size(key),
        lambda: store.exists(key),
        lambda: store.delete(key),
        lambda: store.url(key, 5),
    ):
        with pytest.raises(BadSpec, match="no key"):
            attempt()


def test_readers_see_the_old_bytes_or_the_new_ones_never_a_mixture(store):
    first, second = b"1" * (2 << 20), b"2" * (2 << 20)
    store.put(KEY, first)
    seen = []

    def watch():
        for _ in range(20):
            seen.append(content(store, KEY))

    reader = threading.Thread(target=watch)
    reader.start()
    for number in range(6):
        store.put(KEY, second if number % 2 else first)
    reader.join()
    assert len(seen) == 20
    assert set(seen) <= {first, second}


def test_a_writer_killed_in_the_middle_leaves_no_blob(tmp_path):
    root = tmp_path / "kept"
    source = tmp_path / "endless"
    os.mkfifo(source)
    code = (
        "import pathlib, sys; from vitascope.store.folder_blobs import FolderBlobs\n"
        "FolderBlobs(pathlib.Path(sys.argv[1])).put('clips/c/video.mp4', pathlib.Path(sys.argv[2]))"
    )
    command = [sys.executable, "-c", code, str(root), str(source)]
    with subprocess.Popen(command, env=doubles.environment()) as writer, open(source, "wb") as pipe:
        pipe.write(b"half of it" * 300_000)
        pipe.flush()
        aside = root / ".aside"
        while not (aside.exists() and any(file.stat().st_size for file in aside.iterdir())):
            assert writer.poll() is None
            time.sleep(0.02)
        writer.kill()
    store = FolderBlobs(root)
    assert list(store.keys()) == []
    assert not store.exists("clips/c/video.mp4")
    (left,) = aside.iterdir()
    assert left.exists(), "somebody may still be writing it"
    os.utime(left, (0, 0))
    FolderBlobs(root)
    assert list(aside.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "kept").write_text("a file stands here")
    with pytest.raises(OutputFailed, match=f"Cannot keep {KEY}"):
        FolderBlobs(tmp_path / "kept").put(KEY, b"x")


def test_deletes_and_puts_in_one_folder_do_not_trip_each_other(tmp_path):
    store = FolderBlobs(tmp_path)
    failures = []

    def churn(name):
        try:
            for _ in range(100):
                store.put(f"clips/c/{name}", b"x")
                store.delete(f"clips/c/{name}")
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=churn, args=(f"{number}.bin",)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert list(store.keys()) == []


def test_a_presigned_address_needs_no_key_and_a_folder_has_none(s3_url, tmp_path):
    store = blobs(s3_url)
    store.put(KEY, b"abc", "video/mp4")
    with urllib.request.urlopen(store.url(KEY, 60)) as answer:
        assert answer.read() == b"abc"
        assert answer.headers["Content-Type"] == "video/mp4"
    assert FolderBlobs(tmp_path).url(KEY, 60) is None


def test_a_large_file_goes_to_s3_in_parts(s3_url, tmp_path):
    file = tmp_path / "large.mp4"
    file.write_bytes(os.urandom(1 << 20) * 12)
    store = blobs(s3_url)
    store.put(KEY, file)
    assert store.size(KEY) == 12 << 20
    assert b"".join(store.read(KEY, 5 << 20, (5 << 20) + 10)) == file.read_bytes()[5 << 20 : (5 << 20) + 10]


def test_a_storage_that_does_not_answer_is_told_with_a_hint(s3_url):
    with pytest.raises(Unavailable, match="does not answer") as told:
        blobs(s3_url.replace("s3://b", "s3://nobucket")).put(KEY, b"x")
    assert "storage_url" in told.value.hint


@pytest.mark.parametrize("url", ["ftp://x/y", "s3://", "s3://key:secret@bucket", "s3://bucket?endpont=http://x"])
def test_a_storage_url_that_makes_no_sense_is_refused(url):
    with pytest.raises(BadSettings):
        blobs(url)


def test_without_a_url_blobs_lie_in_the_home_folder(own_home):
    store = blobs()
    store.put(KEY, b"x")
    assert (own_home / "blobs" / KEY).read_bytes() == b"x"
    assert isinstance(store, FolderBlobs)
    assert not isinstance(store, S3Blobs)
