"""What strangers may try: bombs, disguises, addresses of the inside, paths that lead out, bodies without end. All are
refused with a reason, cheaply, before they cost what they were made to cost.
"""

import base64
import contextlib
import dataclasses
import gzip
import io
import json
import socket
import struct
import threading
import time
import tracemalloc
import zipfile
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from PIL import Image

from processes import LONG
from serving import png, serving
from vitascope.errors import BadClip, BadPicture, BadSpec, NotAllowed, TooLarge, VitascopeError
from vitascope.media import video as videos
from vitascope.media.limits import SENT
from vitascope.outbound import fetch as fetching
from vitascope.server.files import uploads

MB = 2**20


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("uploads")) as running:
        yield running


def png_bomb(width, height):
    """A valid PNG of one colour: a few kilobytes that unpack to gigabytes."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    packer = zlib.compressobj(9)
    row = b"\0" + bytes((width + 7) // 8)
    body = b"".join(packer.compress(row * 64) for _ in range(height // 64)) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


# Pictures


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP"])
def test_pictures_of_these_kinds_are_taken(kind):
    assert uploads.decoded(png(kind=kind), name="It").image.size == (64, 48)


def test_a_decompression_bomb_is_refused_by_what_it_claims():
    bomb = png_bomb(50_000, 50_048)
    assert len(bomb) < MB
    tracemalloc.start()
    with pytest.raises(BadPicture, match="pixels"):
        uploads.decoded(bomb, name="It")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20 * MB


@pytest.mark.parametrize("size", [(30_000, 30_000), (1, 16_000_000), (6_000, 6_016)])
def test_too_many_pixels_are_refused(size):
    with pytest.raises(BadPicture):
        uploads.decoded(png_bomb(size[0], size[1] // 64 * 64), name="It")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>",
        b"<html><script>alert(1)</script></html>",
        b"%PDF-1.7",
        b"GIF89a<script>alert(1)</script>",
        b"\x89PNG\r\n\x1a\n" + b"x" * 100,
        b"\xff\xd8\xff" + b"x" * 100,
        b"RIFF\0\0\0\0WEBP" + b"x" * 100,
        b"BM" + b"\xff" * 100,
        b"PK\x03\x04" + png(),
        png()[:60],
        b"II*\0" + b"\0" * 100,  # TIFF: many decoders, not needed
        b"%!PS-Adobe-3.0 EPSF-3.0\n",  # a picture that is a program
    ],
    ids=lambda data: repr(data[:12]),
)
def test_what_is_no_picture_is_refused(data):
    with pytest.raises(BadPicture):
        uploads.decoded(data, name="It")


def test_what_hides_behind_a_picture_is_not_kept(server):
    secret = b"<script>alert(document.cookie)</script>PK\x03\x04"
    client = server.client(server.key())
    files = {"input_reference": ("x.png", png() + secret, "image/png")}
    video = client.post("/v1/videos", data={"prompt": "a ball", "seconds": "1"}, files=files).json()
    from vitascope.store import inputs, jobs

    with server.store.read() as tx:
        spec = jobs.get(tx, None, video["id"].replace("video_", "job_")).spec
        account_id = jobs.get(tx, None, video["id"].replace("video_", "job_")).account_id
    kept = inputs.read(server.store, server.context.blobs, account_id, spec["image"]["fitted"])
    assert secret not in kept
    with Image.open(io.BytesIO(kept)) as picture:
        assert picture.size == (256, 256)


@pytest.mark.parametrize(
    "given",
    [
        "", "   ", "hello world!", "data:image/png,abc", "data:image/png;base64,", "data:;base64,!!!", "/etc/passwd",
        "file:///etc/passwd", "ftp://example.org/x.png", "javascript:alert(1)", "A", 5, [], {}, None, True,
        {"image_url": {"url": 5}},
    ],
)  # fmt: skip
def test_what_is_neither_a_file_nor_an_address_is_refused(given):
    with pytest.raises(VitascopeError) as refused:
        uploads.opened(given, name="It", account_id="acc")
    assert refused.value.status in (400, 403, 422)


def test_base64_is_measured_before_it_is_unpacked():
    with pytest.raises(TooLarge):
        uploads.contents("A" * (30 * MB), name="It", max_bytes=20 * MB)
    plain = base64.urlsafe_b64encode(png()).decode().rstrip("=")
    lines = "\n".join(plain[n : n + 60] for n in range(0, len(plain), 60))
    assert uploads.opened(lines, name="It", account_id="acc").image.size == (
        64,
        48,
    )


# Addresses


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/",
        "http://localhost/", "http://0.0.0.0/", "http://0/", "http://[::1]/", "http://[::]/", "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/", "http://[::127.0.0.1]/", "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/",
        "http://[fe80::1]/", "http://[fc00::1]/", "http://[fd00:ec2::254]/", "http://[ff02::1]/",
        "http://10.0.0.1/", "http://172.16.0.1/", "http://192.168.1.1/", "http://100.64.0.1/", "http://192.0.2.1/",
        "http://169.254.169.254/latest/meta-data/", "http://[::ffff:169.254.169.254]/", "http://224.0.0.1/",
        "http://255.255.255.255/", "http://user:pass@127.0.0.1/", "http://127.0.0.1:22/", "http://8.8.8.8:25/",
        "gopher://127.0.0.1/", "http:///x", "http://", "http://a b/", "http://127.0.0.1\\@8.8.8.8/", "http://①②⑦.⓪.⓪.①/",
        "http://127.0.0.1%00.example.org/", "http://example.org:99999/", "https://" + "a" * 5000 + "/",
    ],
)  # fmt: skip
def test_addresses_of_the_inside_are_not_asked(url):
    with pytest.raises((NotAllowed, BadSpec)) as refused:
        fetching.fetch(url, max_bytes=MB, limit_seconds=LONG)
    assert refused.value.hint


class Site(BaseHTTPRequestHandler):
    """What a hostile server may answer."""

    asked: list = []  # noqa: RUF012

    def do_GET(self):
        Site.asked.append((self.path, self.headers["host"]))
        head, body = self.answers().get(self.path.partition("?")[0], ({}, png()))
        self.send_response(302 if "location" in head else 200)
        for name, value in head.items():
            self.send_header(name, value)
        self.end_headers()
        with contextlib.suppress(OSError):
            for piece in body if not isinstance(body, bytes) else [body]:
                self.wfile.write(piece)

    def answers(self):
        def drip():
            for _ in range(200):
                yield b"x"
                time.sleep(0.05)

        return {
            "/inside": ({"location": "http://169.254.169.254/latest/"}, b""),
            "/file": ({"location": "file:///etc/passwd"}, b""),
            "/loop": ({"location": "/loop"}, b""),
            "/once": ({"location": "/x.png"}, b""),
            "/large": ({}, (b"x" * MB for _ in range(50))),
            "/claims": ({"content-length": str(50 * MB)}, b"x"),
            "/packed": ({"content-encoding": "gzip"}, gzip.compress(b"\0" * 10 * MB)),
            "/slow": ({}, drip()),
        }

    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="module")
def site():
    running = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    running.server_close()


def fetch(url, **options):
    return fetching.fetch(url, **{"max_bytes": 5 * MB, "allowed": ("127.0.0.1",), **options})


def test_a_picture_is_fetched_from_where_the_operator_allows(site, tmp_path):
    assert fetch(f"{site}/x.png")[0] == png()
    assert fetch(f"{site}/once")[0] == png()
    with serving(tmp_path, fetch_allowed="127.0.0.1") as open_server:
        client = open_server.client(open_server.key())
        body = {"prompt": "a ball", "image": {"image_url": f"{site}/x.png?size=large"}}
        assert client.post("/v1/videos", json=body).status_code == 200


@pytest.mark.parametrize("path", ["/inside", "/file", "/loop", "/packed"])
def test_a_redirect_or_a_packed_body_gets_nowhere(site, path):
    with pytest.raises((NotAllowed, BadSpec)):
        fetch(site + path)


@pytest.mark.parametrize("path", ["/large", "/claims"])
def test_a_body_that_grows_is_cut_off(site, path):
    with pytest.raises(TooLarge):
        fetch(site + path)


def test_a_body_that_drips_is_given_up(site):
    with pytest.raises(BadSpec, match="slow"):
        fetch(f"{site}/slow", limit_seconds=0.5)


def test_a_name_is_looked_up_once_and_that_address_is_asked(site, monkeypatch):
    """A name that answers with a public address first and an inner one at the second look gains nothing."""
    port, looks = int(site.rpartition(":")[2]), []

    def look_up(host, port, **options):
        looks.append(host)
        address = "127.0.0.1" if len(looks) == 1 else "169.254.169.254"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *a, **k: look_up(host, *a, **k) if "example" in str(host) else real(host, *a, **k),
    )
    assert fetch(f"http://pictures.example:{port}/x.png", allowed=("127.0.0.0/8",))[0] == png()
    assert looks == ["pictures.example"]
    assert Site.asked[-1] == ("/x.png", f"pictures.example:{port}")


def test_a_name_with_one_inner_address_is_refused_whole(monkeypatch):
    answers = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)) for address in ("93.184.215.14", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *arguments, **options: answers)
    with pytest.raises(NotAllowed):
        fetching.fetch("http://both.example/x.png", max_bytes=MB)


def test_the_server_does_not_say_what_it_found_inside(server):
    client = server.client(server.key())
    answer = client.post("/v1/videos", json={"prompt": "a ball", "image": f"{server.url}/healthz"})
    assert answer.status_code == 403
    assert "version" not in answer.text


# Clips


@pytest.mark.parametrize(
    "data",
    [b"x" * 100, b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", b"ffconcat version 1.0\nfile /etc/passwd\n", b"<MPD/>",
     b"\0\0\0\x18ftypmp42" + b"\0" * 100, b"\0\0\0\x18ftypisom" + b"\xff" * 5000, b"RIFF....AVI "],
    ids=lambda data: repr(data[:8]),
)  # fmt: skip
def test_what_is_no_mp4_is_refused(tmp_path, data):
    with pytest.raises(BadClip):
        uploads.clip(data, tmp_path)


def test_a_clip_is_measured(tmp_path, monkeypatch):
    with videos.writing(tmp_path / "a.mp4", 64, 64, fps=16) as writer:
        for _ in range(9):
            writer.write(np.zeros((64, 64, 3), np.uint8))
    data = (tmp_path / "a.mp4").read_bytes()
    assert uploads.clip(data, tmp_path).info.frames == 9
    with pytest.raises(BadClip):
        uploads.clip(data[: len(data) // 3], tmp_path)
    monkeypatch.setattr(uploads, "SENT", dataclasses.replace(SENT, clip_frames=8))
    with pytest.raises(BadClip, match="more than 8 frames"):
        uploads.clip(data, tmp_path)
    monkeypatch.setattr(uploads, "SENT", dataclasses.replace(SENT, clip_bytes=100))
    with pytest.raises(TooLarge):
        uploads.clip(data, tmp_path)


# Archives


def archive(*entries, links=()):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in entries:
            made.writestr(name, data)
        for name, target in links:
            info = zipfile.ZipInfo(name)
            info.external_attr = 0o120777 << 16
            made.writestr(info, target)
    return file.getvalue()


def flat_bomb():
    """A small archive whose entries claim, and are, very much more."""
    return archive(*((f"clips/clip_{n}/video.mp4", b"\0" * (20 * MB)) for n in range(10)), ("manifest.json", b"{}"))


@pytest.mark.parametrize(
    "make",
    [
        lambda: b"",
        lambda: b"PK\x03\x04nonsense",
        lambda: archive(("manifest.json", b"{}")),
        lambda: archive(("manifest.json", b"\0" * (100 * MB))),
        flat_bomb,
        lambda: archive(("manifest.json", b"[" * 200_000)),
        lambda: archive(("manifest.json", b"{}"), ("../out.json", b"x")),
        lambda: archive(("manifest.json", b"{}"), ("/etc/cron.d/x", b"x")),
        lambda: archive(("manifest.json", b"{}"), ("clips/../../x/video.mp4", b"x")),
        lambda: archive(("manifest.json", b"{}"), links=[("clips/a/video.mp4", "/etc/passwd")]),
        lambda: archive(*((f"clips/c{n}/recipe.json", b"x") for n in range(2000))),
    ],
    ids=[
        "empty",
        "broken",
        "no clips",
        "large manifest",
        "bomb",
        "deep",
        "dots",
        "root",
        "inner dots",
        "link",
        "crowd",
    ],
)
@pytest.mark.parametrize("form", [False, True], ids=["body", "form"])
def test_an_archive_that_means_harm_is_refused_and_nothing_is_kept(server, make, form):
    client, data = server.client(server.key()), make()
    blobs_before = set(server.context.blobs.keys("clips"))
    if form:
        answer = client.post("/v1/library/import", files={"file": ("x.zip", data, "application/zip")})
    else:
        answer = client.post("/v1/library/import", content=data, headers={"content-type": "application/zip"})
    assert answer.status_code in (400, 413, 422), answer.text
    assert answer.json()["error"]["hint"]
    assert set(server.context.blobs.keys("clips")) == blobs_before
    assert client.get("/v1/library/count").json()["clips"] == 0


# Bodies


def raw(server, head, pieces=(), limit=200 * MB):
    """(answer, bytes taken) of a request written by hand, which goes on until the server answers or hangs up."""
    sent = 0
    with socket.create_connection(("127.0.0.1", server.port), timeout=LONG) as line:
        line.sendall(head)
        line.setblocking(False)
        for piece in pieces:
            with contextlib.suppress(BlockingIOError):
                if line.recv(1, socket.MSG_PEEK):
                    break
            line.setblocking(True)
            try:
                line.sendall(piece)
            except OSError:
                break
            sent += len(piece)
            assert sent < limit, "the server took it all"
            line.setblocking(False)
        line.setblocking(True)
        answer = b""
        with contextlib.suppress(OSError):
            while piece := line.recv(65536):
                answer += piece
    return answer.decode("latin-1"), sent


def head(server, path, *more):
    lines = [f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{server.port}", f"Authorization: Bearer {server.key()}", *more]
    return "\r\n".join([*lines, "", ""]).encode()


@pytest.mark.parametrize("path", ["/v1/videos", "/v1/keys", "/v1/library/import", "/v1/recipe", "/nothing"])
def test_ten_gigabytes_are_refused_before_they_are_sent(server, path):
    answer, _ = raw(server, head(server, path, "Content-Type: application/json", f"Content-Length: {10 * 2**30}"))
    assert answer.startswith("HTTP/1.1 413")
    assert json.loads(answer.partition("\r\n\r\n")[2])["error"]["code"] == "too_large"
    assert "connection: close" in answer.lower()


def test_a_body_without_end_is_cut_off_while_it_streams(server):
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    start = head(server, "/v1/keys", "Content-Type: application/json", "Transfer-Encoding: chunked")
    answer, sent = raw(server, start, (chunk for _ in range(10_000)), limit=30 * MB)
    assert sent < 30 * MB  # what was on its way; the server read one
    assert "413" in answer[:20] or not answer  # it may hang up on one who does not stop talking


def test_a_lie_about_the_length_does_no_harm(server):
    for length in ("-1", "abc", "1" * 400, "0x10"):
        answer, _ = raw(server, head(server, "/v1/keys", "Content-Type: application/json", f"Content-Length: {length}"))
        assert answer[9:12] in ("400", "413"), length
    assert server.client().get("/healthz").status_code == 200


def test_json_that_is_nested_without_end_is_refused(server):
    client = server.client(server.key())
    for body in (
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b'{"prompt": "x", "metadata": ' + b'{"a":' * 500 + b"1" + b"}" * 501,
    ):
        for path in ("/v1/videos", "/v1/keys", "/v1/reading"):
            answer = client.post(path, content=body, headers={"content-type": "application/json"})
            assert answer.status_code in (400, 413, 422), (path, answer.text)


def test_a_form_of_too_many_parts_is_refused(server):
    client = server.client(server.key())
    answer = client.post(
        "/v1/videos", data={f"field{n}": "x" for n in range(1000)} | {"prompt": "a ball"}, files={"a": b"x"}
    )
    assert answer.status_code == 400
    files = [("image", (f"{n}.png", png(), "image/png")) for n in range(20)]
    assert client.post("/v1/videos", data={"prompt": "a ball"}, files=files).status_code == 400


def test_names_of_files_are_not_believed(server):
    client = server.client(server.key())
    for name in ("../../etc/cron.d/x.png", "x.png\0.sh", "C:\\x.png", "a" * 5000):
        files = {"input_reference": (name, png(), "text/html")}
        assert client.post("/v1/videos", data={"prompt": "a ball", "seconds": "1"}, files=files).status_code in (
            200,
            400,
        )


def test_ids_and_keys_that_are_paths_lead_nowhere(server):
    client = server.client(server.key())
    for id in ("../../vitascope.db", "..%2f..%2fvitascope.db", "video_../../x", "%2e%2e", "clip_" + "0" * 24):
        for path in (
            f"/v1/videos/{id}",
            f"/v1/videos/{id}/content",
            f"/v1/library/{id}",
            f"/files/{id}?until=1&signature=x",
        ):
            assert client.get(path).status_code in (400, 403, 404, 422), path
