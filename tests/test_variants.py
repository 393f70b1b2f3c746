"""A template film and a table become many films, counted before any is made."""

import csv
import io
import json
import subprocess

import pytest

import browser
from vitascope.errors import BadSpec, TooLarge
from vitascope.film.document import read
from vitascope.film.variants import clip_digests, plan
from vitascope.film.variants.axes import axes
from vitascope.film.variants.fill import variables
from vitascope.film.variants.manifest import Outcome, as_csv, as_json, manifest, verdicts
from vitascope.film.variants.rows import rows
from vitascope.film.variants.sheet import contact_sheet
from vitascope.film.wording import shot_seconds

TEMPLATE = read(
    {
        "title": "{product}: {hook}",
        "kind": "advert",
        "cast": {"c1": {"kind": "prop", "name": "Cup", "looks": "a {colour} cup"}},
        "scene_order": ["s1"],
        "scenes": {"s1": {"heading": "KITCHEN", "shots": ["k1", "k2", "k3"]}},
        "shots": {
            "k1": {"action": "Steam rises in a kitchen",
                   "lines": [{"id": "l1", "kind": "voice_over", "text": "{hook}"}]},
            "k2": {"action": "A {colour} cup on a table", "cast": ["c1"]},
            "k3": {"action": "A hand takes the cup", "start": "continue",
                   "lines": [{"id": "l2", "kind": "voice_over", "text": "{call_to_action}"},
                             {"id": "l3", "kind": "title", "text": "Only today"}]},
        },
        "overlays": {"o1": {"text": "{price}", "place": "top right"}},
    }
)  # fmt: skip
TABLE = """product,colour,price,product.zh
Mug One,red,9.99,一号杯
Mug Two,blue,=1+1,二号杯
Broken,,5,
"""
AXES = axes(
    {
        "hook": ["Is your coffee cold?", {"en": "Meet {product}.", "zh": "认识{product}。"}],
        "call_to_action": ["Buy it."],
        "language": ["en"],
        "aspect": ["16x9", "9x16"],
    }
)


def test_rows_times_axes_are_counted_and_named():
    made = plan(TEMPLATE, rows(TABLE), AXES)
    assert variables(TEMPLATE) == ("product", "hook", "colour", "call_to_action", "price")
    assert (made.asked, made.count) == (12, 8)
    assert [one.name for one in made.variants][:4] == [
        "row-001_hookA_16x9_en", "row-001_hookA_9x16_en", "row-001_hookB_16x9_en", "row-001_hookB_9x16_en",
    ]  # fmt: skip
    first, tall = made.variants[0].film, made.variants[3].film
    assert first.title == "Mug One: Is your coffee cold?"
    assert (tall.width, tall.height) == (720, 1280)
    assert tall.shots["k1"].lines[0].text == "Meet Mug One."
    assert tall.overlays["o1"].text == "9.99"
    assert tall.cast["c1"].looks == "a red cup"
    assert made.variants[0].labels == {"hook": "A", "call_to_action": "A", "aspect": "16x9", "language": "en"}


def test_one_bad_row_does_not_stop_the_rest():
    made = plan(TEMPLATE, rows(TABLE + "Mug Four,green,3,,too,many\n"), AXES)
    assert {(one.row, one.why) for one in made.skipped} == {
        (3, "{colour} is empty."), (4, "It has 6 cells; the header has 4."),
    }  # fmt: skip
    assert {one.row for one in made.variants} == {1, 2}
    none = plan(TEMPLATE, rows("product,colour\nA,b\n"), AXES)
    assert none.count == 0
    assert none.skipped[0].why == "There is no value for {price}."
    long = plan(TEMPLATE, rows(f"product,colour,price\nA,b,{'9' * 600}\nA,b,9\n"), AXES)
    assert {one.row for one in long.variants} == {2}
    assert "overlays.o1.text" in long.skipped[0].why


def test_near_duplicates_are_left_out_and_other_numbers_and_sizes_are_not():
    table = (
        "product,colour,price\nCoffee mug,red,9.99\ncoffee  Mugs!,Red,9.99\nThe coffee mug,red,9.99\n"
        "Coffee mug,red,10.99\nCoffee mug S,red,9.99\nCoffee Mug M,red,9.99\n"
        "Coffeee mug,red,9.99\n红杯子,红,1\n蓝杯子,红,1\nMug,red,1999999\nMug,red,1999998\n"
    )
    made = plan(TEMPLATE, rows(table), axes({"hook": ["Hi"], "call_to_action": ["Buy"]}))
    assert [one.row for one in made.variants] == [1, 4, 5, 6, 8, 9, 10, 11]
    assert [one.row for one in made.duplicates] == [2, 3, 7]
    assert made.duplicates[0].why == "It is as good as the same as row-001."


def test_shots_that_several_films_share_are_made_once():
    made = plan(TEMPLATE, rows(TABLE), AXES)
    clips = made.clips()
    assert sum(len(one.users) for one in clips) == 24
    # k1 differs by aspect alone; k2 by colour and aspect; k3 continues k2
    assert len(clips) == 2 + 4 + 4
    first = next(one for one in clips if ("row-001_hookA_16x9_en", "k1") in one.users)
    assert len(first.users) == 4
    films = {one.name: one.film for one in made.variants}
    assert first.seconds == max(shot_seconds(films[name].shots["k1"], {}) for name, _ in first.users)
    one, two = films["row-001_hookA_16x9_en"], films["row-002_hookA_16x9_en"]
    assert clip_digests(one)["k1"] == clip_digests(two)["k1"]
    assert clip_digests(one)["k3"] != clip_digests(two)["k3"]
    assert len(made.voices()) == 4  # one hook, two products by name, one call to action


def test_changing_one_cell_changes_one_rows_films():
    before = plan(TEMPLATE, rows(TABLE), AXES)
    after = plan(TEMPLATE, rows(TABLE.replace("9.99", "8.99")), AXES)
    changed = {one.row for one, two in zip(before.variants, after.variants, strict=True) if one.digest != two.digest}
    assert changed == {1}


def test_languages_take_their_own_columns_and_texts():
    both = axes(
        {
            "hook": [{"en": "Meet {product}.", "zh": "认识{product}。"}],
            "call_to_action": [{"en": "Buy.", "zh": "买。"}],
            "language": ["en", "zh"], "translations": {"zh": {"Only today": "仅限今天"}},
        }
    )  # fmt: skip
    made = plan(TEMPLATE, rows(TABLE), both)
    zh = next(one.film for one in made.variants if one.name == "row-001_zh")
    assert zh.shots["k1"].lines[0].text == "认识一号杯。"
    assert zh.shots["k3"].lines[1].text == "仅限今天"
    assert zh.language == "zh"
    assert made.warnings == ()
    part = both.model_copy(update={"translations": {}})
    assert plan(TEMPLATE, rows(TABLE), part).warnings == ('Not translated into zh: "Only today".',)


def test_what_is_drawn_keeps_its_size_in_every_aspect():
    made = plan(TEMPLATE, rows(TABLE), AXES)
    pixels = {one.film.height: one.film.overlays["o1"].height * one.film.height for one in made.variants}
    drawn = TEMPLATE.overlays["o1"].height * TEMPLATE.height
    assert len(pixels) == 2
    assert list(pixels.values()) == pytest.approx([drawn, drawn], abs=0.01)


def test_axes_and_tables_that_make_no_sense_are_refused():
    for bad in ({"hook": "x"}, {"aspect": [1]}, {"language": ["Klingon!"]}, {"colour": ["x"]}):
        with pytest.raises(BadSpec):
            axes(bad)
    with pytest.raises(BadSpec, match="wide"):
        plan(TEMPLATE, rows(TABLE), axes({"aspect": ["wide"]}))
    with pytest.raises(BadSpec, match="no text in zh"):
        plan(TEMPLATE, rows(TABLE), axes({"hook": [{"en": "x"}], "language": ["zh"]}))
    with pytest.raises(BadSpec, match="no table"):
        rows("just words")
    with pytest.raises(BadSpec, match="same"):
        rows("a,A\n1,2\n")
    with pytest.raises(TooLarge, match="3,000 films"):
        plan(TEMPLATE, rows("a,b\n" + "1,2\n" * 1500), axes({"hook": ["a", "b"]}))


def test_a_value_is_text_and_neither_a_variable_nor_a_formula_nor_markup():
    table = 'product,colour,price\n"<script>alert(1)</script>{colour}",{{red}},=HYPERLINK("x")\n'
    made = plan(
        TEMPLATE, rows(table.replace('"x"', "x")), axes({"hook": ["{{Hi}} {product}"], "call_to_action": ["+1"]})
    )
    film = made.variants[0].film
    assert film.shots["k1"].lines[0].text == "{Hi} <script>alert(1)</script>{colour}"
    listed = manifest(made)
    cells = [cell for row in csv.reader(io.StringIO(as_csv(listed))) for cell in row]
    assert "'=HYPERLINK(x)" in cells
    assert "'+1" in cells
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)
    page = contact_sheet(listed, title="</title><script>alert(2)</script>")
    assert "<script>alert" not in page
    assert json.loads(as_json(listed)) == listed


def test_the_manifest_tells_what_became_of_each_film():
    made = plan(TEMPLATE, rows(TABLE), AXES)
    name, other = made.variants[0].name, made.variants[1].name
    outcomes = {name: Outcome(file=f"{name}.mp4", seconds=7.5, credits=12), other: Outcome(error="No memory.")}
    listed = manifest(made, outcomes, {name: "accept"})
    first, second, third = listed["films"][:3]
    assert (first["state"], first["seconds"], first["verdict"]) == ("made", 7.5, "accept")
    assert (second["state"], third["state"]) == ("failed", "planned")
    assert third["seconds"] > 4
    assert [one["row"] for one in listed["skipped"]] == [3, 3, 3, 3]
    assert verdicts(json.dumps({name: "reject"}), made) == {name: "reject"}
    for bad in ("{", "[]", '{"x": "accept"}', json.dumps({name: "maybe"})):
        with pytest.raises(BadSpec):
            verdicts(bad, made)


KEYS = """
<script>
const press = (key) => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
document.querySelector("article").focus();
for (const key of ["a", "r", "ArrowRight", "j", "A", "k", "k", "u"]) press(key);
document.querySelectorAll("article")[6].querySelector("[data-do=reject]").click();
const result = document.createElement("pre");
result.id = "result";
result.textContent = exported() + document.getElementById("count").textContent;
window.addEventListener("load", () => {
  result.textContent += " pictures: " + [...document.images].filter((one) => one.naturalWidth > 0).length;
  document.body.append(result);
});
</script>
"""


def test_the_contact_sheet_is_worked_by_keys_in_a_real_browser(tmp_path):
    from PIL import Image

    made = plan(TEMPLATE, rows(TABLE), AXES)
    names = [one.name for one in made.variants]
    (tmp_path / "帧 1#.png").parent.mkdir(exist_ok=True)
    Image.new("RGB", (8, 8), "red").save(tmp_path / "帧 1#.png")
    listed = manifest(made, {names[0]: Outcome(pictures=("帧 1#.png",))}, {names[7]: "reject"})
    page = contact_sheet(listed, title="Mugs & more", language="en")
    (tmp_path / "sheet.html").write_text(page.replace("</body>", KEYS + "</body>"), "utf-8")
    done = subprocess.run(
        [browser.chromium(), *browser.QUIET[:-1], f"--user-data-dir={tmp_path / 'profile'}",
         "--virtual-time-budget=3000", "--dump-dom", (tmp_path / "sheet.html").as_uri()],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    told = done.stdout.split('<pre id="result">')[1].split("</pre>")[0]
    found, rest = told.rsplit("}", 1)
    # accepted the first, rejected the second, moved on to the fifth, accepted it, back to the fourth: undecided
    assert json.loads(found + "}") == {
        names[0]: "accept", names[1]: "reject", names[4]: "accept", names[6]: "reject", names[7]: "reject",
    }  # fmt: skip
    assert "2 accepted · 3 rejected · 3 undecided" in rest
    assert "pictures: 1" in rest
