"""Speech that is bought from vendors, by their documents alone: MiniMax T2A v2 and Volcano's (Doubao's) one-way stream.
A server on loopback answers as the pages say; no vendor was ever called.
"""

import base64
import contextlib
import http.server
import json
import threading
from fractions import Fraction

import av
import numpy as np
import pytest
import sqlalchemy as sa

from service import START, Clock, sqlite_store
from serving import serving, until
from test_openai_client import drive, said
from vitascope import config
from vitascope.errors import (
    BadSettings,
    BadSpec,
    NotAllowed,
    NotMade,
    OverSpendingLimit,
    TooLarge,
    TooMany,
    Unavailable,
)
from vitascope.film.voices import recorded
from vitascope.film.voices.bought import Bought, offers
from vitascope.orders.speech import Buyer, may_buy
from vitascope.plans import packaged
from vitascope.store import accounts, budgets, invariants, purchases, schema, speech, vendor_book
from vitascope.vendors.client import Answer, Refused, Unclear
from vitascope.vendors.minimax.speech import MiniMaxSpeech
from vitascope.vendors.speech import Words
from vitascope.vendors.volcano.speech import VolcanoSpeech, authorization

KEY = "sk-a-key-that-nobody-may-see"
WORDS = Words(
    name="67ee89ba-7050-4c04-a3d7-ac61a63499b3", text="今天是不是很开心呀，当然了！", voice="male-qn-qingse",
    speed=1.0, language="zh-CN",
)  # fmt: skip

# MiniMax, read on 1 December 2026: the request and its answer as https://platform.minimaxi.com/document/t2a_http shows
# them; the codes of https://platform.minimax.io/docs/api-reference/errorcode.
MINIMAX_ASKED = {
    "model": "speech-2.8-hd",
    "text": "今天是不是很开心呀，当然了！",
    "stream": False,
    "voice_setting": {"voice_id": "male-qn-qingse", "speed": 1, "vol": 1, "pitch": 0},
    "audio_setting": {"sample_rate": 32000, "bitrate": 128000, "format": "mp3", "channel": 1},
}


def minimax_done(sound):
    return {
        "data": {"audio": sound.hex(), "status": 2},
        "extra_info": {
            "audio_length": 9900, "audio_sample_rate": 32000, "audio_size": 160323, "bitrate": 128000,
            "word_count": 52, "invisible_character_ratio": 0, "usage_characters": 26, "audio_format": "mp3",
            "audio_channel": 1,
        },
        "trace_id": "01b8bf9bb7433cc75c18eee6cfa8fe21",
        "base_resp": {"status_code": 0, "status_msg": "success"},
    }  # fmt: skip


def minimax_said(code, message):
    return {"trace_id": "0", "base_resp": {"status_code": code, "status_msg": message}}


# Volcano, read on 1 December 2026: https://www.volcengine.com/docs/6561/1598757.
VOLCANO_ASKED = {
    "text": "明朝开国皇帝朱元璋也称这本书为,万物之根",
    "speaker": "zh_female_shuangkuaisisi_moon_bigtts",
    "audio_params": {"format": "mp3", "sample_rate": 24000},
}


def volcano_done(sound):
    half = len(sound) // 2
    pieces = [
        {"code": 0, "message": "", "data": base64.b64encode(part).decode()} for part in (sound[:half], sound[half:])
    ]
    text = {"code": 0, "message": "", "data": None, "sentence": {"text": "其他人。", "words": []}}
    return [*pieces, text, {"code": 20000000, "message": "ok", "data": None, "usage": {"text_words": 10}}]


def lines(*told, between="\n"):
    return Answer(200, {}, between.join(json.dumps(one, ensure_ascii=False) for one in told).encode())


def test_minimax_is_asked_as_its_page_says_and_its_answer_is_read():
    (asked,), spoken = drive(MiniMaxSpeech("speech-2.8-hd").speak(WORDS), said(200, minimax_done(b"ID3sound")))
    assert (asked.method, asked.path, asked.paid) == ("POST", "/v1/t2a_v2", True)
    assert {name: asked.json[name] for name in MINIMAX_ASKED} == MINIMAX_ASKED
    assert asked.json["language_boost"] == "Chinese"
    assert (spoken.sound, spoken.trace) == (b"ID3sound", "01b8bf9bb7433cc75c18eee6cfa8fe21")
    assert spoken.characters == 26


@pytest.mark.parametrize(("between"), ["\n", "", "\r\n\r\n"])
def test_volcano_is_asked_as_its_page_says_and_its_pieces_are_joined(between):
    words = Words(name="n", text=VOLCANO_ASKED["text"], voice=VOLCANO_ASKED["speaker"], speed=0.5, language="zh")
    steps = VolcanoSpeech("seed-tts-2.0").speak(words)
    (asked,), spoken = drive(steps, lines(*volcano_done(b"ID3one two"), between=between))
    assert (asked.method, asked.path, asked.paid) == ("POST", "/api/v3/tts/unidirectional", True)
    assert asked.headers == {
        "X-Api-Resource-Id": "seed-tts-2.0", "X-Api-Request-Id": "n",
        "X-Control-Require-Usage-Tokens-Return": "text_words",
    }  # fmt: skip
    said_to = asked.json["req_params"]
    assert {name: said_to[name] for name in ("text", "speaker")} == {
        name: VOLCANO_ASKED[name] for name in ("text", "speaker")
    }
    assert said_to["audio_params"] == {**VOLCANO_ASKED["audio_params"], "speech_rate": -50}
    assert (spoken.sound, spoken.trace, spoken.characters) == (b"ID3one two", "n", 10)


def test_volcanos_key_is_a_pair_or_a_word():
    assert authorization("123456789:token") == {"X-Api-App-Id": "123456789", "X-Api-Access-Key": "token"}
    assert authorization("a-word") == {"X-Api-Key": "a-word"}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (said(200, minimax_said(1002, "rate limit")), "limit"),
        (said(200, minimax_said(1004, "not authorized")), "auth"),
        (said(200, minimax_said(1008, "insufficient balance")), "money"),
        (said(200, minimax_said(1026, "input new_sensitive")), "moderation"),
        (said(200, minimax_said(2013, "invalid params")), "input"),
        (said(200, minimax_said(20132, "invalid samples or voice_id")), "input"),
        (said(429, {}), "limit"),
        (said(401, {}), "auth"),
        (said(200, minimax_said(1027, "output new_sensitive")), None),
        (said(200, minimax_said(1001, "request timeout")), None),
        (said(200, minimax_said(1024, "internal error")), None),
        (said(200, {"data": {"audio": "zz"}, "base_resp": {"status_code": 0}}), None),
        (said(200, {"data": None, "base_resp": {"status_code": 0}}), None),
        (said(200, []), None),
        (said(500, {}), None),
    ],
)
def test_what_minimax_refuses_cost_nothing_and_of_all_else_nobody_knows(answer, reason):
    with pytest.raises(Refused if reason else Unclear) as failed:
        drive(MiniMaxSpeech("speech-2.8-hd").speak(WORDS), answer)
    assert not reason or failed.value.reason == reason


PIECE = {"code": 0, "message": "", "data": "SUQz"}


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ([{"code": 40402003, "message": "TTSExceededTextLimit:exceed max limit"}], "input"),
        ([{"code": 45000000, "message": "speaker permission denied: get resource id: access denied"}], "auth"),
        ([{"code": 45000000, "message": "quota exceeded for types: concurrency"}], "limit"),
        ([{"code": 55000000, "message": "a server error"}], None),
        ([PIECE, {"code": 45000000, "message": "quota exceeded for types: concurrency"}], None),
        ([PIECE], None),
        ([{"code": 20000000, "message": "ok", "data": None}], None),
        ([{"code": 0, "data": "not base64!"}], None),
        ([1, "x", None], None),
    ],
)
def test_what_volcano_refuses_cost_nothing_and_of_all_else_nobody_knows(told, reason):
    with pytest.raises(Refused if reason else Unclear) as failed:
        drive(VolcanoSpeech("seed-tts-2.0").speak(WORDS), lines(*told))
    assert not reason or failed.value.reason == reason


# the offers


def test_what_ships_has_a_price_with_its_source_and_day():
    found = offers("minimax/speech-2.8-hd, minimax/speech-2.8-turbo,volcano/seed-tts-2.0")
    assert [offer.name for offer in found] == [
        "minimax/speech-2.8-hd", "minimax/speech-2.8-turbo", "volcano/seed-tts-2.0",
    ]  # fmt: skip
    for offer in found:
        assert offer.price
        assert offer.dated == "2026-12-01"
        assert {language.split("-")[0] for _, language in offer.voices} <= {"en", "zh"}
    hd = found[0]
    assert hd.estimate("今天是不是很开心呀，当然了！") == 26 * 100, "as its own example is counted"
    assert hd.estimate("Hello") == 5 * 100
    assert offers("") == offers(" , ") == ()


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ("vendor = 'acme'", "vendor is one of"),
        ("colour = 1", '"colour" means nothing'),
        ("voices = {}", "no voices"),
        ("price = {usd_per_million = -1}", "usd_per_million"),
        ("price = 3", "."),
        ("wide_counts = 7", "wide_counts"),
        ("voices = {a = 'nowhere land'}", "needs a language"),
        ("not toml", "cannot be read"),
    ],
)
def test_a_file_that_is_no_offer_is_refused_by_its_line(wrong, why, tmp_path):
    good = {"vendor": "'minimax'", "model": "'m'", "address": "'https://a.example.org'", "voices": "{v = 'en'}"}
    name = wrong.partition(" =")[0]
    path = tmp_path / "own.toml"
    path.write_text("\n".join([*(f"{key} = {value}" for key, value in good.items() if key != name), wrong]))
    with pytest.raises(BadSettings) as failed:
        offers(str(path))
    assert why in failed.value.message
    assert str(tmp_path) not in failed.value.message
    with pytest.raises(BadSettings, match=r'called "\.\./x"'):
        offers("../x")


# the purchase


def mp3(path, rate):
    """Two sentences as a vendor sends them: half a second of tone, a pause, a second of tone; no head of tags."""
    at = np.arange(rate) / rate
    tone = (0.4 * np.sin(2 * np.pi * 220 * at)).astype(np.float32)
    samples = np.concatenate([tone[: rate // 2], np.zeros(3 * rate // 10, np.float32), tone])
    with av.open(str(path), "w", options={"id3v2_version": "0", "write_xing": "0"}) as box:
        stream = box.add_stream("libmp3lame", rate=rate, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
        frame.sample_rate = rate
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            box.mux(packet)
    return path.read_bytes()


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    return mp3(tmp_path_factory.mktemp("sound") / "a.mp3", 32000)


@pytest.mark.parametrize("rate", [24000, 44100])
def test_the_sound_of_a_stream_is_read_at_every_rate(rate, tmp_path):
    data = mp3(tmp_path / "a.mp3", rate)
    assert data[0] == 0xFF, "a frame at once"
    said = recorded.whole("Doubao", "Hello there. Good morning to you.", tmp_path / "a.wav", data)
    assert abs(said.seconds - Fraction(18, 10)) < Fraction(1, 10)


@contextlib.contextmanager
def vendor(answer):
    """MiniMax on loopback. `answer(request)`: (status, body) or None, which breaks the line off."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            asked.append((self.path, dict(self.headers), body))
            told = answer(body)
            if told is None:
                return self.connection.close()
            data = json.dumps(told[1]).encode()
            self.send_response(told[0])
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(data)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}", asked
        running.shutdown()


def own(folder, address, price="price = {usd_per_million = 100.0, date = '2026-12-01'}"):
    path = folder / "own.toml"
    path.write_text(
        f"vendor = 'minimax'\nmodel = 'speech-2.8-hd'\naddress = '{address}'\nkey = 'env:SPEECH_TEST_KEY'\n{price}\n"
        "[voices]\nNarrator = 'en-US'\nQing = 'zh-CN'\n"
    )
    return path


@pytest.fixture
def house(tmp_path, monkeypatch):
    """(store, account)"""
    monkeypatch.setenv("SPEECH_TEST_KEY", KEY)
    store = sqlite_store(tmp_path, Clock())
    with store.begin() as tx:
        account = accounts.owner(tx, START)
    yield store, account
    with store.read() as tx:
        assert invariants.broken(tx) == []
    store.close()


def say(house, path, target, *, of="take_1", text="Hello there. Good morning to you."):
    store, account = house
    (offer,) = offers(str(path))
    speaker = Bought(offer, Buyer(store, account.id, of))
    return speaker.say(text, voice="Narrator", speed=1.0, language="en", target=target)


def book(house):
    with house[0].read() as tx:
        return purchases.page(tx)


def spent(house, scope="all", name=""):
    store, _ = house
    with store.read() as tx:
        return budgets.spent(tx, budgets.Budget(scope, name, "day", 10**9), store.clock())


def test_a_line_is_one_purchase_with_its_cost(house, sound, tmp_path):
    with vendor(lambda _: (200, minimax_done(sound))) as (url, asked):
        said = say(house, own(tmp_path, url), tmp_path / "a.wav")
    ((path, headers, body),) = asked
    assert path == "/v1/t2a_v2"
    assert headers["authorization"] == f"Bearer {KEY}"
    assert (body["text"], body["voice_setting"]["voice_id"]) == ("Hello there. Good morning to you.", "Narrator")
    assert said.words[0][0] == "Hello"
    assert said.words[-1][2] == said.seconds
    second = next(start for word, start, _ in said.words if word == "Good")
    assert abs(second - Fraction(8, 10)) < Fraction(1, 10), "at the end of the pause"
    (bought,) = book(house)
    assert (bought.model, bought.state, bought.billed, bought.job_id) == (
        "minimax/speech-2.8-hd",
        "done",
        "yes",
        "take_1",
    )
    assert bought.ticket == {"trace": "01b8bf9bb7433cc75c18eee6cfa8fe21"}
    assert (bought.estimate, bought.cost) == (33 * 100, 26 * 100), "as it counted them"
    assert spent(house) == spent(house, "vendor", "minimax") == spent(house, "account", house[1].id) == 2600
    assert spent(house, "vendor", "kling") == spent(house, "account", "acc_other") == 0
    with house[0].read() as tx:
        assert [(one.model, one.amount) for one in vendor_book.by_day(tx, 0.0)] == [("minimax/speech-2.8-hd", 2600)]
        assert vendor_book.out(tx, 10) == []
    with pytest.raises(NotMade, match="may have spoken this line"):
        say(house, own(tmp_path, url), tmp_path / "a.wav")


@pytest.mark.parametrize(
    ("answer", "error", "state", "billed"),
    [
        ((200, minimax_said(1026, f"input new_sensitive {KEY}")), NotMade, "failed", "no"),
        ((200, minimax_said(1004, "not authorized")), NotMade, "failed", "no"),
        ((429, {}), TooMany, "failed", "no"),
        ((200, minimax_said(1024, f"internal error {KEY}")), NotMade, "lost", "unknown"),
        ((502, {}), NotMade, "lost", "unknown"),
        (None, NotMade, "lost", "unknown"),
    ],
)
def test_a_line_that_is_not_given_is_booked_and_asked_for_again_only_if_it_was_refused(
    answer, error, state, billed, house, tmp_path
):
    with vendor(lambda _: answer) as (url, asked):
        with pytest.raises(error) as failed:
            say(house, own(tmp_path, url), tmp_path / "a.wav")
        assert KEY not in failed.value.message + failed.value.hint + str(book(house))
        assert failed.value.hint
        (bought,) = book(house)
        assert (bought.state, bought.billed, bought.cost) == (state, billed, 0 if billed == "no" else None)
        assert spent(house) == (0 if billed == "no" else 3300), "what may be charged counts as it was expected"
        with pytest.raises((error, NotMade)):
            say(house, own(tmp_path, url), tmp_path / "a.wav")
        assert len(asked) == (2 if billed == "no" else 1)
        assert [one.leg for one in book(house)] == ([1, 0] if billed == "no" else [0])


def test_one_that_cannot_be_reached_was_not_bought(house, tmp_path):
    with vendor(lambda _: None) as (url, _):
        pass
    with pytest.raises(Unavailable):
        say(house, own(tmp_path, url), tmp_path / "a.wav")
    assert [(one.state, one.billed) for one in book(house)] == [("failed", "no")]


def test_a_worker_that_dies_while_it_asks_leaves_a_line_that_is_not_bought_again(house, sound, tmp_path):
    store, account = house
    with store.begin() as tx:  # as the row stands when the power fails between the request and the answer
        speech.begin(
            tx, account.id, "take_1", START, model="minimax/speech-2.8-hd", address="x", digest="d", estimate=3300
        )
    with vendor(lambda _: (200, minimax_done(sound))) as (url, asked):
        with pytest.raises(NotMade, match="may have spoken this line"):
            say(house, own(tmp_path, url), tmp_path / "a.wav")
        assert asked == []
        assert spent(house) == 3300
        say(house, own(tmp_path, url), tmp_path / "a.wav", of="take_2")  # asked for anew by its user
        assert len(asked) == 1


def test_nothing_is_bought_over_a_budget_while_buying_is_stopped_or_without_a_key(house, sound, tmp_path, monkeypatch):
    store, _ = house
    with vendor(lambda _: (200, minimax_done(sound))) as (url, asked):
        path = own(tmp_path, url)
        with store.begin() as tx:
            budgets.put(tx, budgets.Budget("vendor", "minimax", "day", 5000), START)
        say(house, path, tmp_path / "a.wav")
        with pytest.raises(OverSpendingLimit):
            say(house, path, tmp_path / "a.wav", of="take_2")
        with pytest.raises(OverSpendingLimit, match="Nobody knows"):
            say(house, own(tmp_path, url, price=""), tmp_path / "a.wav", of="take_2")
        with store.begin() as tx:
            budgets.remove(tx, "vendor", "minimax", "day")
            purchases.stop(tx, "inventory", START)
        with pytest.raises(NotAllowed, match="inventory"):
            say(house, own(tmp_path, url), tmp_path / "a.wav", of="take_2")
        with store.begin() as tx:
            purchases.go_on(tx)
        monkeypatch.delenv("SPEECH_TEST_KEY")
        with pytest.raises(BadSettings):
            say(house, path, tmp_path / "a.wav", of="take_2")
        assert len(asked) == 1
    assert [one.billed for one in book(house)] == ["no", "yes"], "without a key nothing left"


def test_what_cannot_be_spoken_is_refused_before_it_is_paid_for(house, tmp_path):
    with vendor(lambda _: None) as (url, asked):
        path = own(tmp_path, url)
        for text, error in (("…", BadSpec), ("word " * 300, TooLarge)):
            with pytest.raises(error):
                say(house, path, tmp_path / "a.wav", text=text)
        with pytest.raises(BadSpec, match="There is no voice"):
            Bought(offers(str(path))[0]).say("Hi", voice="x", speed=1.0, language="en", target=tmp_path / "a.wav")
    assert asked == []
    assert book(house) == []


def test_it_is_the_owners_until_a_plan_lists_it(house):
    _, owner = house
    plan = packaged().of("free")
    with house[0].begin() as tx:
        member = accounts.sign_up(tx, email="m@example.org", password=None, plan="free", now=START)
    assert may_buy(owner, plan, "minimax/speech-2.8-hd")
    assert not may_buy(member, plan, "minimax/speech-2.8-hd")


def test_sentences_begin_at_pauses_and_where_there_is_none_by_their_syllables():
    loud, quiet = np.full(48000, 0.5, np.float32), np.zeros(12000, np.float32)
    joined = np.concatenate([loud, quiet, loud])
    assert recorded._borders(joined, ["One two three four.", "One two three four."]) == [60000]
    assert recorded._borders(np.concatenate([loud, loud]), ["One two.", "One two."]) == [48000]
    assert recorded._borders(joined, ["One."]) == []


# on a server


def test_a_films_lines_are_told_with_their_price_bought_once_and_booked(sound, tmp_path, monkeypatch):
    monkeypatch.setenv("SPEECH_TEST_KEY", KEY)
    with (
        vendor(lambda _: (200, minimax_done(sound))) as (url, asked),
        serving(tmp_path, work=True, speech_vendors=own(tmp_path, url)) as served,
    ):
        client = served.owner()
        lines = [{"id": f"l{at}", "kind": "voice_over", "text": text} for at, text in enumerate(["Hello.", "Bye now."])]
        document = {
            "title": "T", "language": "en", "scene_order": ["s1"], "scenes": {"s1": {"shots": ["k1"]}},
            "shots": {"k1": {"action": "A ball.", "seconds": "2", "lines": lines}},
        }  # fmt: skip
        film = client.post("/v1/films", json={"document": document}).json()
        path = f"/v1/films/{film['id']}"
        quote = client.post(f"{path}/quote", json={"kinds": ["voice"]}).json()
        assert quote["sent"] == [
            "The words of 2 lines go to 127.0.0.1 and are bought there, for about 0.0014 USD by the list of 2026-12-01."
        ]
        assert asked == [], "nothing is sent before it was told"
        (shown, *_) = client.get("/v1/voices").json()["data"]
        assert (shown["engine"], shown["usd_per_million"]) == ("minimax/speech-2.8-hd", 100.0)
        with served.context.store.begin() as tx:
            budgets.put(tx, budgets.Budget("all", "", "day", 1300), served.context.now())
        refused = client.post(f"{path}/make", json={"kinds": ["voice"]})
        assert (refused.status_code, refused.json()["error"]["code"]) == (402, "over_spending_limit")
        assert client.get(path).json()["takes"] == []
        with served.context.store.begin() as tx:
            budgets.put(tx, budgets.Budget("all", "", "day", 100_000), served.context.now())
        assert client.post(f"{path}/make", json={"kinds": ["voice"]}).status_code == 202

        def made():
            takes = client.get(path).json()["takes"]
            return takes if all(take["state"] != "running" for take in takes) else None

        takes = until(made)
        assert [(take["state"], take["engine"]) for take in takes] == [("made", "minimax/speech-2.8-hd/Narrator")] * 2
        assert sorted(body["text"] for _, _, body in asked) == ["Bye now.", "Hello."]
        with served.context.store.read() as tx:
            assert {one.job_id for one in purchases.page(tx)} == {take["id"] for take in takes}
            assert invariants.broken(tx) == []

        unnamed = client.post("/v1/speech", json={"text": "Hi.", "voice": "Narrator"})
        assert unnamed.status_code == 422, "a voice that costs is never chosen unasked"
        named = client.post("/v1/speech", json={"text": "Hi.", "engine": "minimax/speech-2.8-hd", "voice": "Narrator"})
        assert (named.status_code, named.content[:4]) == (200, b"RIFF")
        assert len(asked) == 3
        member = served.client(served.key())
        assert all(one["engine"] != "minimax/speech-2.8-hd" for one in member.get("/v1/voices").json()["data"])


def test_it_is_off_until_it_is_set(tmp_path):
    assert offers(config.read({}).speech_vendors) == ()
    with serving(tmp_path) as served:
        client = served.owner()
        assert all(not one["sends_to"] for one in client.get("/v1/voices").json()["data"])
        with served.context.store.read() as tx:
            assert tx.scalar(sa.select(sa.func.count()).select_from(schema.purchases)) == 0
