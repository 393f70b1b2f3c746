"""Scripts of every form become scenes, shots and lines, and no spoken word is lost."""

import logging
import re
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import vitascope
from vitascope.errors import BadSpec, TooLarge
from vitascope.film import state
from vitascope.film.document import MAX_SOURCE, Member, read
from vitascope.film.script import FORMS, breakdown, mapping
from vitascope.film.script.again import again
from vitascope.film.script.sentences import actions, sentences, words
from vitascope.film.script.verify import verify
from vitascope.film.script.write import write

SCRIPTS = Path(__file__).parent / "scripts"
SAMPLES = Path(vitascope.__file__).parent / "film" / "samples"


def script(name):
    return (SCRIPTS / name).read_bytes().decode("utf-8")


def lines(film):
    return [line for _, _, _, shot in film.in_order() for line in shot.lines]


def said(film):
    """(who, words) in order."""
    names = {key: member.name for key, member in film.cast.items()} | {"": ""}
    return [(names[line.speaker], line.text) for line in lines(film) if line.kind in ("dialogue", "voice_over")]


def check_spans(film):
    for line in lines(film):
        assert line.span is None or film.source.text[slice(*line.span)] == line.text


def shot(film, text):
    return next(shot for shot in film.shots.values() if text in shot.action or any(text in a.text for a in shot.lines))


@pytest.mark.parametrize(
    ("name", "form", "title", "language", "scenes", "shots", "spoken"),
    [
        ("red_ball.fountain", "fountain", "The Red Ball", "en", 3, 12, 10),
        ("office.fountain", "fountain", "Untitled film", "en", 4, 12, 5),
        ("zh.fountain", "fountain", "红球", "zh", 2, 6, 3),
        ("short_drama.txt", "screenplay_zh", "逆光", "zh", 3, 15, 10),
        ("scenes_zh.txt", "screenplay_zh", "夜班", "zh", 3, 5, 4),
        ("storyboard.md", "table", "新品广告", "zh", 1, 3, 2),
        ("shots.csv", "table", "Untitled film", "en", 2, 4, 3),
        ("shots_zh.tsv", "table", "Untitled film", "zh", 2, 3, 2),
        ("story.txt", "plain", "The Lighthouse", "en", 2, 13, 6),
        ("story_zh.txt", "plain", "灯塔", "zh", 1, 8, 3),
        (
            "../../vitascope/film/samples/morning.fountain",
            "fountain",
            "How the Ball Fetched the Morning",
            "en",
            5,
            10,
            8,
        ),
        ("../../vitascope/film/samples/qingchen.txt", "screenplay_zh", "小红球找早晨", "zh", 5, 10, 8),
    ],
)
def test_scripts_of_every_form_are_known_and_broken_down(name, form, title, language, scenes, shots, spoken):
    found = breakdown(script(name))
    film = found.film
    assert (found.form, film.title, film.language) == (form, title, language)
    assert (len(film.scenes), len(film.shots), len(said(film))) == (scenes, shots, spoken)
    assert film.source.text == script(name)
    check_spans(film)
    assert verify(film) == ()
    assert read(film.to_dict()) == film


def test_fountain_is_read_to_the_letter():
    film = breakdown(script("red_ball.fountain")).film
    assert said(film)[:5] == [
        ("Mia", "I have never seen the sea."),
        ("Lin", "Then go."),
        ("Lin", "It is downhill all the way."),
        ("Mia", "What if I cannot stop?"),
        ("Lin", "You won't."),
    ]
    both = shot(film, "What if I cannot stop?")
    assert [line.text for line in both.lines] == ["What if I cannot stop?", "You won't."]
    assert shot(film, "I have never").lines[0].manner == "to herself"
    assert "Is this too early?" in shot(film, "I have never").note
    assert film.style == "soft light, toy world"
    assert {member.name: (member.kind, member.looks) for member in film.cast.values() if member.looks} == {
        "Mia": ("character", "a small red ball"),
        "Lin": ("character", "a blue cube with rounded edges"),
        "The hill": ("place", "a green hill under a wide sky"),
    }
    assert shot(film, "the water").framing == "close-up"
    assert [(line.kind, line.text) for line in lines(film) if line.kind == "title"] == [
        ("title", "That evening"), ("title", "THE END"),
    ]  # fmt: skip
    assert shot(film, "SHE IS STILL").transition == "dissolve"
    assert "Goodbye" not in str(said(film))
    assert [film.scenes[key].number for key in film.scene_order] == ["1", "2", ""]


def test_a_voice_that_is_not_seen_speaks_over_the_picture_before_it():
    film = breakdown(script("red_ball.fountain")).film
    over = shot(film, "She did not stop")
    assert over.action == "The water. It glitters."
    assert over.lines[-1].kind == "voice_over"
    long = [line for line in lines(film) if line.text.startswith(("So this is", "I think that"))]
    assert len(long) == 2  # one speech of 15 seconds, parted between sentences
    assert shot(film, "I think that").action == "The water. It glitters."


def test_only_the_script_says_that_shots_continue():
    film = breakdown(script("office.fountain")).film
    starts = [[film.shots[key].start for key in film.scenes[scene].shots] for scene in film.scene_order]
    assert set(starts[0]) == {"new"}
    assert starts[1] == ["new", "continue", "continue", "continue", "continue"]
    assert film.scenes["s2"].time == ""
    table = breakdown(script("shots.csv")).film
    assert [one.start for one in table.shots.values()] == ["new", "continue", "new", "new"]


def test_what_follows_a_shot_size_is_a_sentence_of_its_own():
    film = breakdown("EXT. HILL - DAY\n\nCLOSE ON the grass. MIA rolls through it.\n\nMIA\nHello.").film
    first = next(iter(film.shots.values()))
    assert (first.framing, first.action) == ("close-up", "The grass. MIA rolls through it.")


def test_names_keep_their_spelling_and_extensions_are_no_part_of_them():
    film = breakdown(script("office.fountain")).film
    assert [member.name for member in film.cast.values() if member.kind == "character"] == [
        "Dr. Jones", "Mrs. O'Hara", "McCLANE", "Voice 1",
    ]  # fmt: skip
    assert lines(film)[1].kind == "voice_over"
    assert lines(film)[2].manner == "into the phone"


def test_chinese_scripts_are_read_to_the_letter():
    found = breakdown(script("short_drama.txt"))
    film = found.film
    assert said(film)[:4] == [
        ("小米", "我回来了。"), ("老王", "锅里有饭。"), ("小米", "我不饿。"), ("小米", "他老了很多。"),
    ]  # fmt: skip
    assert [line.manner for line in lines(film)[:2]] == ["低声", "没抬头"]
    assert shot(film, "我不饿").action == "小米坐下"
    assert shot(film, "他老了").lines[0].kind == "voice_over"
    assert shot(film, "脚印").framing == "特写"
    assert [(film.scenes[key].number, film.scenes[key].time) for key in film.scene_order] == [
        ("1", "日"), ("1-2", "夜"), ("3", "日"),
    ]  # fmt: skip
    looks = {member.name: member.looks for member in film.cast.values()}
    assert looks["小米"] == "22岁，短发，红色外套，倔强"
    assert [line.text for line in lines(film) if line.kind in ("title", "sound")] == ["三年前", "风声"]
    assert ("老王", "雪太大了！") in said(film)
    assert [(warning.line, "【未知标签】" in warning.text) for warning in found.warnings] == [(35, False), (36, True)]
    assert shot(film, "奇怪的内容")
    assert shot(film, "没有任何标记")


def test_tables_are_read_by_their_headers():
    film = breakdown(script("storyboard.md")).film
    first = film.shots["k1"]
    assert (first.framing, first.camera, first.seconds, first.number) == ("全景", "缓推", 3, "1")
    assert first.note == "天气: 晴"
    assert [(line.kind, line.text) for line in first.lines] == [
        ("voice_over", "每一个早晨，都值得期待。"), ("sound", "鸟鸣"),
    ]  # fmt: skip
    assert film.shots["k3"].lines[0].manner == "开心"
    csv = breakdown(script("shots.csv")).film
    assert [float(one.seconds) for one in csv.shots.values()] == [3, 2, 4, 2]  # from where to where
    assert csv.shots["k2"].transition == "dissolve"
    assert csv.shots["k2"].lines[0].text == '"Smells good," she thinks.'  # "" in the source
    assert csv.shots["k4"].action == "=SUM is only text"


def test_a_row_without_a_description_is_told_with_its_line():
    text = "shot,action,voice over,line,prompt\n1,A ball.,,,\n2,,,,\n3,-,Once more.,,\n4,,,Mia: Look!,\n5,,,,A cube.\n"
    found = breakdown(text)
    assert [(one.line, "no description" in one.text) for one in found.warnings] == [(3, True), (4, True)]
    assert [one.of for one in state.states(found.film, ()) if one.name == "blocked"] == ["k2", "k3"]


def test_the_mapping_is_shown_and_takes_corrections():
    text = "nr,Bild,Text\n1,Ein Ball,Hallo!\n2,Ein Haus,\n"
    assert [(column.header, column.field) for column in mapping(text)] == [
        ("nr", "number"), ("Bild", ""), ("Text", "title"),
    ]  # fmt: skip
    columns = {"Bild": "action", "Text": "line"}
    assert [column.field for column in mapping(text, columns)] == ["number", "action", "line"]
    film = breakdown(text, form="table", columns=columns).film
    assert [one.action for one in film.shots.values()] == ["Ein Ball", "Ein Haus"]
    assert said(film) == [("", "Hallo!")]
    assert verify(film, columns) == ()
    with pytest.raises(BadSpec, match="nonsense"):
        mapping(text, {"Bild": "nonsense"})
    assert mapping("no table at all") == ()


def test_in_stories_quoted_speech_is_spoken_and_other_quotes_are_not():
    film = breakdown(script("story.txt")).film
    assert said(film)[:2] == [("Tom", "You are late,"), ("", "The bridge was gone,")]
    assert said(film)[3] == ("Anna", "There is always the shore.")
    assert shot(film, "storm of the century").lines == ()
    assert said(breakdown(script("story_zh.txt")).film) == [
        ("老汤", "你来晚了。"), ("", "桥断了。"), ("小安", "总还有海边那条路。"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "spoken", "seen"),
    [
        ("'Come,' she said. He didn't.", [("", "Come,")], ["He didn't."]),
        ("‘Come’, she said.", [("", "Come")], []),
        ("'I saw the boys' ball,' said Anna. It's late.", [("Anna", "I saw the boys' ball,")], ["It's late."]),
        ("‘I don’t want the boys’ ball,’ said Tom.", [("Tom", "I don’t want the boys’ ball,")], []),
        ("'Get 'em,' Tom said. 'Tis a rock 'n' roll of the '90s.", [("Tom", "Get 'em,")],
         ["'Tis a rock 'n' roll of the '90s."]),
        ("'One,' he said, 'two.'", [("", "One,"), ("", "two.")], []),
        ("The boys' ball rolled to the girls' house.", [], ["The boys' ball rolled to the girls' house."]),
        ("A 'storm of the century' went by.", [], ["A 'storm of the century' went by."]),
        ("'He said \"no\" twice,' Mia said.", [("Mia", 'He said "no" twice,')], []),
        ("“She said ‘no’ to me,” said Tom.", [("Tom", "She said ‘no’ to me,")], []),
        ("MIA: 'I don't know.'", [("Mia", "I don't know.")], []),
        ("他说‘来吧。’然后走了。", [("", "来吧。")], ["然后走了。"]),
        ("他喊道『快跑！』她不动。", [("", "快跑！")], ["她不动。"]),
        ('老王说："来吧。"然后走了。', [("老王", "来吧。")], ["然后走了。"]),
        ("她低声说「走。」门开了。", [("", "走。")], ["门开了。"]),
    ],
)  # fmt: skip
def test_speech_in_quotation_marks_of_every_kind_is_spoken_and_apostrophes_are_none(text, spoken, seen):
    film = breakdown(text, form="plain").film
    assert said(film) == spoken
    assert [one.action for one in film.shots.values() if one.action] == seen
    assert verify(film) == ()
    check_spans(film)


def test_a_text_that_is_too_long_or_of_no_known_form_is_refused():
    with pytest.raises(TooLarge, match="400,001"):
        breakdown("x" * (MAX_SOURCE + 1))
    with pytest.raises(BadSpec, match="docx"):
        breakdown("x", form="docx")
    empty = breakdown("")
    assert empty.film.shots == {}
    assert empty.warnings


@pytest.mark.parametrize(
    "text", ["A: b\n" * 12_000, "Ha! " * 50_000, "\n\n".join("INT. A\n\nB c d." for _ in range(900))]
)
def test_a_very_long_text_still_becomes_a_film(text):
    film = breakdown(text[:MAX_SOURCE]).film
    assert len(film.shots) <= 2000
    assert len(film.scenes) <= 500
    assert verify(film) == ()


def test_sentences_end_where_they_end():
    found = ["Mr. Smith drives 3.5 miles, e.g. home... and back.", "He stops!", "“Why?”", "No. 5 is red."]
    text = " ".join(found) + "他走了。她没走！"
    assert [text[a:b] for a, b in sentences(text)] == [*found, "他走了。", "她没走！"]
    assert actions("A ball rolls. The camera pans right. It stops by a cube.") == [
        "A ball rolls. The camera pans right.",
        "It stops by a cube.",
    ]
    assert actions("Silence. Then a door opens. Bang!") == ["Silence. Then a door opens. Bang!"]


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=400), st.sampled_from(("", *FORMS)))
def test_no_text_is_refused_and_every_span_is_right(text, form):
    film = breakdown(text, form=form).film
    check_spans(film)
    assert verify(film) == ()


_signs = """INT. HUT - DAY|MIA|小米：|△他走|旁白：|(V.O.)|“Hi,” said Tom.|x|[[|]]|/*|*/|【字幕】|@X|~la|> x <
第一场 日 内 家|Cast:|人物小传|Mia: red|A,B|shot,picture,line|（低声）|(softly)|*so*|\\*|CUT TO:|# Act|= s|1-2 夜"""
_rows = ["| a | b |\n|--|--|\n", "\n", "\n\n", "\n  \n", "\t", "\r\n", "\ufeff", "\u3000", '"', "|"]
_pieces = st.sampled_from([*_signs.replace("\n", "|").split("|"), *_rows])
_mixtures = st.lists(_pieces, max_size=30).map("".join) | st.lists(_pieces, max_size=30).map("\n".join)


@settings(max_examples=150, deadline=None)
@given(_mixtures, st.sampled_from(("", *FORMS)))
def test_no_mixture_of_signs_is_refused(text, form):
    film = breakdown(text, form=form).film
    check_spans(film)
    assert verify(film) == ()
    assert read(film.to_dict()) == film


_word = st.text("abcdefghijklmnopqrstuvwxyz", min_size=2, max_size=8)
_speech = st.lists(_word, min_size=1, max_size=30).map(lambda found: " ".join(found).capitalize() + ".")
_zh = st.text("的一是在不了有和人这中大为上个国我以要他时来用们", min_size=2, max_size=30).map(lambda text: text + "。")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["MIA", "LIN", "@Bo"]), st.booleans(), _speech), min_size=1, max_size=15))
def test_every_spoken_word_of_fountain_is_kept(speeches):
    text = "INT. HUT - DAY\n\n" + "\n\n".join(
        f"{who}{' (V.O.)' if off else ''}\n{said}" if len(said) % 2 else f"Something moves.\n\n{who}\n(low)\n{said}"
        for who, off, said in speeches
    )
    film = breakdown(text).film
    assert [word for line in lines(film) for word in words(line.text)] == [
        word for _, _, spoken in speeches for word in words(spoken)
    ]
    check_spans(film)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["小米", "老王", "旁白"]), _zh), min_size=2, max_size=15))
def test_every_spoken_word_of_a_chinese_script_and_of_a_table_is_kept(speeches):
    wanted = [word for _, spoken in speeches for word in words(spoken)]
    forms = {
        "screenplay_zh": "第1场 日 内 客厅\n"
        + "".join(f"△门开了。\n{who}（低声）：{spoken}\n" for who, spoken in speeches),
        "table": "镜号,画面,台词\n"
        + "".join(f"{n},门开了,{who}：{spoken}\n" for n, (who, spoken) in enumerate(speeches)),
        "plain": "\n\n".join(f"{who}: {spoken}" for who, spoken in speeches),
    }
    for form, text in forms.items():
        film = breakdown(text, form=form).film
        assert [word for line in lines(film) for word in words(line.text)] == wanted
        check_spans(film)


def test_words_that_the_film_leaves_out_or_adds_are_told():
    film = breakdown(script("red_ball.fountain")).film
    data = film.to_dict()
    key = next(key for key, one in film.shots.items() if one.lines and one.lines[0].text == "Then go.")
    data["shots"][key]["lines"][0]["text"] = "Then stay."
    told = verify(read(data))
    assert len(told) == 2
    assert '"go"' in told[0]
    assert f"Line {script('red_ball.fountain').split('Then go.')[0].count(chr(10)) + 1}" in told[0]
    assert '"stay"' in told[1]
    data["shots"][key]["lines"] = []
    assert '"then go"' in verify(read(data))[0]


def test_screenplain_reads_the_same_out_of_fountain():
    screenplain = pytest.importorskip("screenplain.parsers.fountain")
    from screenplain import types

    logging.getLogger("screenplain").setLevel(logging.ERROR)
    for name in ("red_ball.fountain", "office.fountain"):
        text = script(name).replace("BANG!", "Bang!")  # which it takes for a name
        film = breakdown(text).film
        judge = list(screenplain.parse(StringIO(text)))
        headings = [str(one.line).strip() for one in judge if isinstance(one, types.Slug)]
        assert [film.scenes[key].heading for key in film.scene_order] == headings
        heard = []
        for one in judge:
            for dialog in [one.left, one.right] if isinstance(one, types.DualDialog) else [one]:
                if isinstance(dialog, types.Dialog):
                    heard += [word for spoken, line in dialog.blocks if not spoken for word in words(str(line))]
        heard = [word for word in heard if word not in ("is", "this", "too", "early")]  # it keeps the note
        kept = [line for line in lines(film) if line.manner != "sung" and line.kind in ("dialogue", "voice_over")]
        mine = [word for line in kept for word in words(line.text) if word not in ("is", "this", "too", "early")]
        assert mine == heard


def test_a_film_is_written_as_fountain_and_read_again():
    for name in ("red_ball.fountain", "short_drama.txt", "storyboard.md", "story.txt"):
        film = breakdown(script(name)).film
        back = breakdown(write(film, "fountain"), form="fountain").film
        assert [words(text) for _, text in said(back)] == [words(text) for _, text in said(film)]
        assert [who for who, _ in said(back) if who not in ("Narrator", "旁白")] == [
            who for who, _ in said(film) if who not in ("Narrator", "旁白", "")
        ]
        assert back.title == film.title
        assert len(back.scenes) >= len([s for s in film.scenes.values() if s.heading])
        looks = {member.name: member.looks for member in film.cast.values() if member.looks}
        assert {member.name: member.looks for member in back.cast.values() if member.looks} == looks


def test_a_shot_list_is_written_without_formulas_and_read_again():
    film = breakdown(script("shots.csv")).film
    data = film.to_dict()
    data["shots"]["k1"]["action"] = "=HYPERLINK(1)"
    data["shots"]["k1"]["note"] = "+1"
    film = read(data)
    text = write(film, "csv")
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in text.splitlines() for cell in row.split(","))
    back = breakdown(text).film
    assert back.shots["k1"].action == "=HYPERLINK(1)"
    assert [one.seconds for one in back.shots.values()] == [one.seconds for one in film.shots.values()]
    assert [one.start for one in back.shots.values()] == [one.start for one in film.shots.values()]
    assert [text for _, text in said(back)] == [text for _, text in said(film)]
    assert len(back.scenes) == len(film.scenes)
    with pytest.raises(BadSpec):
        write(film, "docx")


def digests(film):
    """Of each shot's clip as it would be made now, by id."""
    return {key: state.of_clip(film, (), key, scene, one) for _, scene, key, one in film.in_order()}


def test_one_changed_word_makes_one_shot_out_of_date():
    text = script("red_ball.fountain")
    film = breakdown(text).film
    after = again(film, text.replace("Wind moves the grass", "Wind bends the grass")).film
    assert list(after.shots) == list(film.shots)
    assert after.scene_order == film.scene_order
    changed = [key for key, made in digests(after).items() if digests(film)[key] != made]
    assert [film.shots[key].action for key in changed] == ["Wind moves the grass."]
    check_spans(after)
    assert verify(after) == ()


def test_a_changed_script_keeps_what_was_chosen_and_changed_by_hand():
    text = script("red_ball.fountain")
    data = breakdown(text).film.to_dict()
    data["shots"]["k2"] |= {"take": "k2-t7", "seed": 5, "prompt": "grass in the wind", "framing": "wide shot"}
    data["shots"]["k4"]["lines"][0]["spoken_by"] = "take"
    data["cast"]["c1"] |= {"looks": "a very red ball", "references": ["abc"], "voice": {"name": "amy"}}
    data["shots"]["added"] = {"action": "A bird", "cast": ["c2"]}
    data["scenes"]["s1"]["shots"].insert(2, "added")
    data["cut"] = {"items": [{"id": "a", "shot": "k2"}, {"id": "b", "shot": "k5"}], "left_out": ["k9"]}
    film = read(data)
    changed = text.replace("EXT. THE HILL - DAY #1#\n", "EXT. THE HILL - DAY #1#\n\nA cloud passes over.\n")
    changed = changed.replace("LIN slides in from the left.\n\n", "").replace("I cannot stop?", "I can never stop?")
    after = again(film, changed, used=["k30"]).film
    assert (after.shots["k2"].take, after.shots["k2"].seed, after.shots["k2"].framing) == ("k2-t7", 5, "wide shot")
    assert after.shots["k2"].prompt == "grass in the wind"
    assert after.shots["k4"].lines[0].spoken_by == "take"
    assert after.shots["k4"].lines[0].id == "l1"
    assert after.cast["c1"].looks == "a very red ball"
    assert after.cast["c1"].voice.name == "amy"
    assert "k5" not in after.shots
    assert [item.shot for item in after.cut.items] == ["k2"]
    order = [key for _, _, key, _ in after.in_order()]
    assert order[:4] == ["k31", "k1", "k2", "added"]
    assert after.shots["k8"].lines[0].text == "What if I can never stop?"
    assert after.shots["k8"].lines[0].id == "l4"
    assert verify(after) == ()
    check_spans(after)
    twice = again(after, changed).film
    assert twice == after


def test_a_conflict_between_hand_and_script_is_told():
    text = script("red_ball.fountain")
    data = breakdown(text).film.to_dict()
    data["shots"]["k2"]["action"] = "Wind plays with the grass."
    data["shots"]["k3"]["action"] = "She rolls on."
    found = again(read(data), text.replace("Wind moves the grass", "Wind moves the long grass"))
    assert found.film.shots["k2"].action == "Wind moves the long grass."
    assert found.film.shots["k3"].action == "She rolls on."
    assert ["S01-02: its action was changed by hand" in warning.text for warning in found.warnings] == [True]


def test_a_changed_script_is_read_in_its_own_form_and_a_change_of_form_is_told():
    fountain, zh = (
        script("red_ball.fountain"),
        "《逆光》\n\n人物：小米\n\n第1场 日 内 客厅\n人物：小米\n△小米推门进来。\n小米：我回来了。\n",
    )
    film = breakdown(fountain).film
    found = again(film, zh)
    assert (found.form, found.film.source.form) == ("screenplay_zh", "screenplay_zh")
    assert [shot.action for shot in found.film.shots.values() if "人物" in shot.action] == []
    assert [line.text for line in lines(found.film)] == ["我回来了。"]
    assert "read as 剧本, and the one before was Fountain" in found.warnings[0].text
    back = again(found.film, fountain)
    assert (back.form, "read as Fountain" in back.warnings[0].text) == ("fountain", True)
    said = again(film, zh, form="plain")
    assert (said.form, [one for one in said.warnings if "read as" in one.text]) == ("plain", [])
    kept = again(said.film, fountain)
    assert kept.form == "plain", "it was said against the signs of the text"
    assert "looks like Fountain; it is read as plain text" in kept.warnings[0].text
    adapted = film.model_copy(update={"source": film.source.model_copy(update={"form": "adapted"})})
    assert again(adapted, fountain + "\nA cloud.\n").form == "adapted"
    assert again(adapted, zh).form == "screenplay_zh"


def test_a_new_character_of_a_changed_script_gets_an_id_of_its_own():
    film = breakdown("MIA: Hello there.\nLIN: Hi.", form="plain").film
    after = again(film, "BO: What now?\nMIA: Hello there.\nLIN: Hi.").film
    assert after.cast["c1"] == Member(name="Mia", aliases=("MIA",))
    assert [(line.id, after.cast[line.speaker].name) for line in lines(after)] == [
        ("l3", "Bo"), ("l1", "Mia"), ("l2", "Lin"),
    ]  # fmt: skip


def test_the_examples_of_the_docs_are_read_as_they_say():
    text = (Path(__file__).parent.parent / "docs" / "films-scripts.md").read_text("utf-8")
    found = re.findall(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    examples = [(form, example) for form, example in found if form in FORMS]
    assert [form for form, _ in examples] == ["fountain", "screenplay_zh", "table", "table", "plain"]
    for form, example in examples:
        made = breakdown(example)
        assert (made.form, made.warnings) == (form, ())
        assert made.film.shots
        assert verify(made.film) == ()
    for _, code in (one for one in found if one[0] == "python" and "batch" in one[1]):
        exec(code, {"template": read({"title": "{product} for {price}"})})


def test_a_table_of_a_european_spreadsheet_has_decimal_commas():
    found = breakdown("Shot;Picture;Seconds\n1;A red ball;2,5\n2;A cube;3\n")
    assert [str(shot.seconds) for _, _, _, shot in found.film.in_order()] == ["5/2", "3"]
    assert found.warnings == ()
