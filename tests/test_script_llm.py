"""A language model helps with scripts: whatever it answers, spoken words stay as they are and a film comes out."""

import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from processes import LONG
from vitascope import config
from vitascope.errors import BadSettings
from vitascope.film.script import adapt, breakdown
from vitascope.film.script.verify import verify
from vitascope.outbound.llm import Llm, NoAnswer, configured

SCRIPT = """INT. HUT - NIGHT

Mia rolls in. The door closes.

MIA
I am home.

LIN
At last!

EXT. HILL - DAY

Lin waits.
"""
STORY = {
    "title": "The Sea",
    "characters": [{"name": "Tom", "looks": "an old sailor"}],
    "places": [{"name": "Harbour", "looks": "fog and ropes"}],
    "scenes": [
        {
            "place": "Harbour", "inside": False, "time": "DAWN",
            "parts": [
                {"kind": "action", "who": "", "text": "Tom lights his pipe."},
                {"kind": "dialogue", "who": "Tom", "text": "The sea is calm."},
                {"kind": "voice_over", "who": "Narrator", "text": "It was not."},
                {"kind": "title", "who": "", "text": "The next day"},
            ],
        }
    ],
}  # fmt: skip


def one_shot(action, lines=(), cast=(), **more):
    return {"action": action, "framing": "", "angle": "", "camera": "", "cast": list(cast), "lines": list(lines),
            "dissolve": False} | more  # fmt: skip


GOOD = {
    "shots": [one_shot("Mia rolls through the door", [1], ["Mia"], framing="wide shot"), one_shot("Lin", [2], ["LIN"])]
}
HILL = {"shots": [one_shot("Lin waits on the hill", (), ["Lin"], camera="slow push in", dissolve=True)]}


def said(content, **more):
    """The body of an answer of /chat/completions."""
    text = content if isinstance(content, str) else json.dumps(content)
    return {"choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": "stop"} | more]}


@contextlib.contextmanager
def model(*answers, limit_seconds=float(LONG)):
    """A server on loopback. Each answer is a body, (status, body), or a function of the request; the last is repeated.
    Yields the client and what was asked.
    """
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            asked.append((self.path, dict(self.headers), body))
            answer = answers[min(len(asked), len(answers)) - 1]
            answer = answer(body) if callable(answer) else answer
            status, body = answer if isinstance(answer, tuple) else (200, answer)
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            with contextlib.suppress(OSError):
                self.send_response(status)
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield Llm(f"http://127.0.0.1:{server.server_port}/v1", "tiny", "sk-secret", limit_seconds=limit_seconds), asked
    finally:
        server.shutdown()
        server.server_close()


def actions(film):
    return [shot.action for _, _, _, shot in film.in_order()]


def test_shots_come_from_the_model_and_words_from_the_script():
    with model(said(GOOD), said(HILL)) as (llm, asked):
        found = adapt.break_down(llm, SCRIPT)
    film = found.film
    assert actions(film) == ["Mia rolls through the door", "Lin", "Lin waits on the hill"]
    assert [line.text for shot in film.shots.values() for line in shot.lines] == ["I am home.", "At last!"]
    assert all(film.source.text[slice(*line.span)] == line.text for shot in film.shots.values() for line in shot.lines)
    assert film.shots["k1"].framing == "wide shot"
    assert film.shots["k3"].transition == "dissolve"
    assert [film.cast[key].name for key in film.shots["k2"].cast] == ["Lin"]
    assert found.warnings == ()
    assert verify(film) == ()
    path, headers, body = asked[0]
    assert path == "/v1/chat/completions"
    assert headers["authorization"] == "Bearer sk-secret"
    assert body["model"] == "tiny"
    schema = body["response_format"]["json_schema"]["schema"]
    assert json.dumps(schema) in body["messages"][0]["content"]
    assert "I am home." in body["messages"][1]["content"]


@pytest.mark.parametrize(
    "content",
    [
        f"```json\n{json.dumps(GOOD)}\n```",
        f"<think>Perhaps {{a}}?</think>\nHere it is:\n{json.dumps(GOOD)}\nI hope you like it!",
        [{"type": "text", "text": json.dumps(GOOD)}],
    ],
)
def test_fences_thoughts_and_words_around_the_answer_do_no_harm(content):
    answer = said("")
    answer["choices"][0]["message"]["content"] = content
    with model(answer, said(HILL)) as (llm, asked):
        assert actions(adapt.break_down(llm, SCRIPT).film)[0] == "Mia rolls through the door"
        assert len(asked) == 2


BAD = {
    "broken": '{"shots": [',
    "no JSON": "I would rather talk about the weather.",
    "another schema": {"scenes": []},
    "a line twice": {"shots": [one_shot("a", [1, 1, 2])]},
    "a line left out": {"shots": [one_shot("a", [2])]},
    "lines out of order": {"shots": [one_shot("a", [2]), one_shot("b", [1])]},
    "an unknown person": {"shots": [one_shot("a", [1, 2], ["Batman"])]},
    "no action": {"shots": [one_shot(" ", [1, 2])]},
    "far too many": {"shots": [one_shot("a", [1, 2]), *[one_shot("b")] * 50]},
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_an_answer_that_cannot_be_used_is_asked_for_again_with_the_reason(bad):
    with model(said(bad), said(GOOD), said(HILL)) as (llm, asked):
        found = adapt.break_down(llm, SCRIPT)
    assert actions(found.film)[0] == "Mia rolls through the door"
    assert found.warnings == ()
    messages = asked[1][2]["messages"]
    assert [message["role"] for message in messages] == ["system", "user", "assistant", "user"]
    assert "can't be used" in messages[-1]["content"]


def test_after_two_repairs_the_rules_take_over_for_that_scene_alone():
    bad = said(BAD["a line left out"])
    with model(bad, bad, bad, said(HILL)) as (llm, asked):
        found = adapt.break_down(llm, SCRIPT)
    by_rules = breakdown(SCRIPT).film
    assert actions(found.film)[:-1] == actions(by_rules)[:-1]
    assert actions(found.film)[-1] == "Lin waits on the hill"
    assert len(asked) == 4
    assert "Scene 1 came by the rules instead." in found.warnings[0].text
    assert verify(found.film) == ()


def test_an_answer_that_was_cut_off_is_asked_for_more_briefly():
    with model(said('{"shots": [{"act', finish_reason="length"), said(GOOD), said(HILL)) as (llm, asked):
        assert adapt.break_down(llm, SCRIPT).warnings == ()
        assert "more briefly" in asked[1][2]["messages"][-1]["content"]


def test_a_server_that_knows_no_schema_is_asked_without():
    def old(body):
        if "response_format" in body:
            return 400, {"error": "response_format?"}
        return said(GOOD if "I am home" in str(body) else HILL)

    with model(old) as (llm, _):
        found = adapt.break_down(llm, SCRIPT)
    assert found.warnings == ()
    assert actions(found.film)[0] == "Mia rolls through the door"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((503, b"sk-secret is busy"), "answered 503"),
        ((200, b"<html>"), "does not answer as /chat/completions does"),
        ((200, {"choices": []}), "does not answer as /chat/completions does"),
        (None, "did not answer within 2 s"),
    ],
)
def test_a_server_that_fails_is_not_asked_for_the_next_scene(answer, told):
    over = threading.Event()
    limit_seconds = LONG if answer else 2
    with model(answer or (lambda _: over.wait(LONG)), limit_seconds=limit_seconds) as (llm, asked):
        found = adapt.break_down(llm, SCRIPT)
        over.set()
    assert actions(found.film) == actions(breakdown(SCRIPT).film)
    assert told in found.warnings[0].text
    assert "were not sent" in found.warnings[-1].text
    assert len(asked) <= 2
    assert "sk-secret" not in str(found.warnings)


def test_a_refusal_is_no_answer_and_nothing_is_repaired():
    refusal = {"choices": [{"message": {"content": None, "refusal": "I can't help with that."}}]}
    with model(refusal) as (llm, asked):
        found = adapt.break_down(llm, SCRIPT)
    assert "refuses to answer" in found.warnings[0].text
    assert len(asked) == 2  # once for each scene


def test_a_refused_key_is_the_operators_matter():
    with model((401, b"no")) as (llm, _), pytest.raises(BadSettings, match="refuses the key"):
        adapt.break_down(llm, SCRIPT)
    with pytest.raises(NoAnswer):
        Llm("http://127.0.0.1:9/v1", "tiny").answer("a", "b", adapt.Prompts)


def test_a_table_is_not_sent():
    with model(said(GOOD)) as (llm, asked):
        assert adapt.break_down(llm, "shot,picture,line\n1,A ball,Hi\n").form == "table"
        assert asked == []


def test_a_story_becomes_a_script_that_is_the_films_source():
    with model(said(STORY)) as (llm, asked):
        found = adapt.adapt(llm, "An old sailor looks at the sea.", seconds=20)
    film = found.film
    assert (found.form, film.source.form, film.title) == ("adapted", "adapted", "The Sea")
    assert "EXT. Harbour - DAWN" in film.source.text
    assert {member.name: member.looks for member in film.cast.values()} == {
        "Tom": "an old sailor", "Harbour": "fog and ropes", "Narrator": "",
    }  # fmt: skip
    lines = [line for shot in film.shots.values() for line in shot.lines]
    assert [(line.kind, line.text) for line in lines] == [
        ("dialogue", "The sea is calm."), ("voice_over", "It was not."), ("title", "The next day"),
    ]  # fmt: skip
    assert all(film.source.text[slice(*line.span)] == line.text for line in lines)
    assert verify(film) == ()
    assert "about\n20 seconds" in asked[0][2]["messages"][0]["content"]


def test_an_adaptation_that_loses_spoken_words_is_repaired_or_left_to_the_rules():
    story = '"The sea was never calm," said Tom.'
    with model(said(STORY)) as (llm, asked):
        found = adapt.adapt(llm, story)
    assert found.form == "plain"
    assert "The script came by the rules instead" in found.warnings[-1].text
    assert '"the sea was never calm"' in asked[1][2]["messages"][-1]["content"]


def test_prompts_are_worded_for_the_model_that_makes_the_clips():
    film = breakdown(SCRIPT).film
    film = film.model_copy(update={"shots": film.shots | {"k1": film.shots["k1"].model_copy(update={"locked": True})}})

    def worded(body):
        shots = json.loads(body["messages"][1]["content"])
        return said({"prompts": [{"shot": one["shot"], "prompt": f"Film of {one['facts']}"} for one in shots]})

    with model(worded) as (llm, asked):
        after, warnings = adapt.word_prompts(llm, film, model="wan2.2")
    assert warnings == ()
    assert "wan2.2" in asked[0][2]["messages"][0]["content"]
    assert after.shots["k1"].prompt == ""
    assert after.shots["k2"].prompt.startswith("Film of The door closes.")
    with model(said({"prompts": []})) as (llm, _):
        same, warnings = adapt.word_prompts(llm, film)
    assert same == film
    assert len(warnings) == 1


def test_what_leaves_is_told_before_and_nothing_is_set_by_default(tmp_path):
    assert adapt.what_leaves(Llm("https://llm.example.org/v1", "big", "k"), "x" * 1234) == (
        "1,234 characters of your text are sent to llm.example.org (model big)."
    )
    assert "sk-secret" not in repr(Llm("https://llm.example.org/v1", "big", "sk-secret"))
    none = {"VITASCOPE_HOME": str(tmp_path)}
    assert configured(config.read(none)) is None
    with pytest.raises(BadSettings, match="no model"):
        configured(config.read(none | {"VITASCOPE_LLM_URL": "http://127.0.0.1:1/v1"}))
    names = {"VITASCOPE_LLM_URL": "http://h/v1", "VITASCOPE_LLM_MODEL": "m", "VITASCOPE_LLM_KEY": "sk-secret"}
    now = config.read(none | names)
    assert configured(now) == Llm("http://h/v1", "m", "sk-secret")
    assert "sk-secret" not in str([now.shown(setting) for setting in config.TABLE])
