"""The operator's rules: what is refused, how it is told, and what is not refused although it looks like it."""

import dataclasses

import pytest

from doubles import ANY_SIZE
from vitascope import policy
from vitascope.clip import CameraPath, ClipSpec
from vitascope.errors import BadSettings, PolicyRefused
from vitascope.policy import AccountMost, Asker, Most, Rules, plain
from vitascope.smallworld.world.captions import caption
from vitascope.smallworld.world.scene import sample

RULES = Rules.read()


def check(spec, by, **more):
    policy.check(spec, ANY_SIZE.resolve(spec), by, **more)


def rules(text):
    return Rules.parse("format = 1\n" + text)


def refused(spec, by=RULES, **more):
    with pytest.raises(PolicyRefused) as told:
        check(spec, by, **more)
    return told.value


def asked(prompt, **more):
    return ClipSpec(prompt=prompt, **more)


def test_a_refusal_names_the_rule_the_field_the_word_and_the_remedy():
    told = refused(asked("a Naked man on the beach"))
    assert told.message == 'The rule "sexual" of this server refuses "naked" in prompt.'
    assert told.hint == "Describe the scene without nakedness or sexual acts."
    assert (told.rule, told.field) == ("sexual", "prompt")
    assert (told.status, told.code) == (422, "policy_refused")


@pytest.mark.parametrize(
    "prompt",
    [
        "pornography", "PORN", "ｐｏｒｎ", "p o r n", "a p.o.r.n clip", "po\u200brn", "pórn", "一个porn片",
        "nude, red ball", "色情片", "一段色 情 视频", "色·情·片", "sex  scene",
        "sex-scene", "a child-porn clip", "DECAPITATED",
    ],
)  # fmt: skip
def test_words_are_found_however_they_are_written(prompt):
    assert refused(asked(prompt)).rule in ("sexual", "minors", "cruelty")


@pytest.mark.parametrize(
    "prompt",
    [
        "a red ball on grass", "Essex and Sussex", "a denuded hill", "an allegory of power", "a nudelsuppe",
        "a b c d e f", "颜色很红的球", "一个红色的球在草地上弹跳", "a u.s. flag", "a cocktail in Scunthorpe",
        "性能很好的汽车", "红色情人节", "橙色，情侣", "一次理性交流", "个性爱好", "a i and d j",
    ],
)  # fmt: skip
def test_words_inside_other_words_are_not_refused(prompt):
    check(asked(prompt), RULES)


def test_nothing_the_built_in_model_can_be_asked_is_refused():
    import numpy as np

    for seed in range(300):
        for language in ("en", "zh"):
            check(asked(caption(sample(seed), np.random.default_rng(seed), language)), RULES)


def test_the_negative_prompt_is_looked_at_only_when_a_rule_says_so():
    check(asked("a person", negative_prompt="nude"), RULES)
    strict = rules('[[words]]\nrule = "r"\nwhole = ["nude"]\nfields = ["negative_prompt"]')
    assert refused(asked("a person", negative_prompt="nude"), strict).field == "negative_prompt"
    check(asked("nude"), strict)


def test_the_cameras_words_are_looked_at():
    assert refused(asked("a ball", camera=CameraPath(words="porn style"))).field == "camera"


@pytest.mark.parametrize(
    ("limit", "asked_for", "rule", "field"),
    [
        ({"seconds": 10}, {"seconds": 10.5}, "most.seconds", "seconds"),
        ({"width": 300}, {"aspect": "16:9"}, "most.width", "size"),
        ({"height": 300}, {"aspect": "9:16"}, "most.height", "size"),
        ({"pixels": 65_000}, {}, "most.pixels", "size"),
        ({"steps": 8}, {"steps": 9}, "most.steps", "steps"),
        ({"prompt_characters": 3}, {}, "most.prompt_characters", "prompt"),
    ],
)
def test_sizes_have_limits(limit, asked_for, rule, field):
    told = refused(asked("a ball", **asked_for), Rules(most=Most(**limit)))
    assert (told.rule, told.field) == (rule, field)
    assert f"{next(iter(limit.values()))}"[:2] in told.message
    check(asked("a ball", **asked_for), Rules())


def test_what_is_exactly_at_the_limit_is_allowed():
    by = Rules(most=Most(seconds=5, width=256, height=256, pixels=65_536, steps=4, takes=3))
    check(asked("a ball"), by, n=3)
    assert refused(asked("a ball"), by, n=4).rule == "most.takes"


def test_an_account_has_limits_of_its_own():
    by = rules(
        "[accounts.everyone]\nclips_a_day = 5\nwaiting = 100\n"
        '[accounts."Mia@example.org"]\nclips_a_day = 50\n[accounts.acc_1]\nrefused = true\n'
    )
    check(asked("a ball"), by, n=5, asker=Asker(id="acc_2"))
    told = refused(asked("a ball"), by, n=2, asker=Asker(id="acc_2", clips_today=4))
    assert (told.rule, told.field) == ("accounts.clips_a_day", "account")
    assert "4 and 2 more" in told.message
    mia = Asker(id="acc_3", email="mia@Example.org", clips_today=40)
    check(asked("a ball"), by, n=2, asker=mia)
    assert refused(asked("a ball"), by, n=2, asker=dataclasses.replace(mia, waiting=99)).rule == "accounts.waiting"
    assert refused(asked("a ball"), by, asker=Asker(id="acc_1")).rule == "accounts.refused"


def test_seconds_of_a_day_count_all_takes():
    by = Rules(everyone=AccountMost(seconds_a_day=20))
    check(asked("a ball", seconds=5), by, n=4)
    assert refused(asked("a ball", seconds=5), by, n=4, asker=Asker(seconds_today=0.5)).rule == "accounts.seconds_a_day"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("format = 2", "format 2"),
        ("format = 1\nword = []", 'unknown "word"'),
        ("format = 1\nmost = 3", "no table"),
        ("format = 1\n[most]\nsecond = 3", 'unknown "second"'),
        ("format = 1\n[most]\nseconds = -3", "-3"),
        ('format = 1\n[most]\nseconds = "3"', "'3'"),
        ("format = 1\n[most]\nseconds = true", "True"),
        ("format = 1\n[words]\nrule = 'x'", "one block"),
        ("format = 1\n[[words]]\nwhole = ['x']", "no rule"),
        ("format = 1\n[[words]]\nrule = 'x'\nwhole = 'x'", "not a list"),
        ("format = 1\n[[words]]\nrule = 'x'\ninside = [' ']", "empty word"),
        ("format = 1\n[[words]]\nrule = 'x'\nfields = ['title']", 'unknown field "title"'),
        ("format = 1\n[accounts.everyone]\nrefused = 1", "1"),
        ("format = ", ""),
    ],
)
def test_a_file_that_makes_no_sense_says_where(text, message):
    with pytest.raises(BadSettings) as told:
        Rules.parse(text, name="mine.toml")
    assert "mine.toml" in told.value.message
    assert message in told.value.message
    assert told.value.hint


def test_a_file_of_ones_own_is_read(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text('format = 1\n[[words]]\nrule = "no balls"\nwhole = ["ball"]\n', "utf-8")
    assert refused(asked("a ball"), Rules.read(str(file))).hint == "Say it without that word."
    with pytest.raises(BadSettings, match="cannot be read"):
        Rules.read(str(tmp_path / "none.toml"))


def test_plain_text_keeps_what_words_are_made_of():
    assert plain("  Ａ\u200b  Café\n红 ") == "a cafe 红"
