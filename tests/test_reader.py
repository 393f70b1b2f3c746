"""The prompt reader: what people write, what the built-in model is told of it, and what is named as unknown."""

from dataclasses import replace

import numpy as np
import pytest

from vitascope.clip import ClipSpec
from vitascope.smallworld.inference.conditions import told
from vitascope.smallworld.inference.spelling import meant
from vitascope.smallworld.reader.reader import describe, phrases, read, unwanted
from vitascope.smallworld.world.captions import LANGUAGES, Facts, ThingFacts, canonical, compose, drop, facts_of
from vitascope.smallworld.world.scene import CAMERAS, sample

ENGLISH = {
    "a big red ball bounces on snow at sunset": "large red ball bounces, on snow, at sunset",
    "A crimson orb hops across a meadow under a cloudy sky": "red ball jumps, on grass, overcast",
    "Scarlet sphere, desert, dusk, dolly in": "red ball, on sand, at sunset, camera push in",
    "big blue box falls from the sky onto sand at midnight": "large blue cube drops, on sand, at night",
    "a tiny shiny pillar twirls on ice": "small shiny cylinder spins, on snow",
    "a ball that's spinning quickly at high noon": "ball spins fast, at noon",
    "a fast red ball rolls right": "red ball rolls right fast",
    "a ball rolls in the desert from right to left, slowly": "ball rolls left slow, on sand",
    "the ball was hopping": "ball jumps",
    "a big, shiny, red ball": "large red shiny ball",
    "a ball, red and shiny, jumps": "red shiny ball jumps",
    "a cube made of red metal": "red metal cube",
    "there's a ball. it's red. it rolls left.": "red ball rolls left",
    "rolling left on grass: a red ball": "red ball rolls left, on grass",
    "bounces on snow": "bounces, on snow",
    # two and three things
    "a red ball next to a small green cone rolls left slowly": "red ball rolls left slow, small green cone",
    "beside the white cone there is an orange ball spinning": "orange ball spins, white cone",
    "A blue cube stands still. A red ball rolls past the cube.": "red ball rolls, blue cube",
    "A red ball, a blue cube and a green cone bounce": "red ball bounces, blue cube, green cone",
    "a small red and a large blue ball": "small red ball, large blue ball",
    "two balls, one red, one blue": "red ball, blue ball",
    "three balls: red, green and blue": "red ball, green ball, blue ball",
    "a green cylinder stands next to a red one": "green cylinder stands, red cylinder",
    # one acts on another
    "small ball colliding with big cube": "small ball pushes, large cube",
    "a red ball hits a blue cube": "red ball pushes, blue cube",
    "a blue cube is pushed to the right by a red ball": "red ball pushes right, blue cube",
    "red ball and blue cube collide": "red ball pushes, blue cube",
    "a red ball rolls left and crashes into a blue cube": "red ball pushes left, blue cube",
    "a red ball spins around a cube": "red ball orbits, cube",
    "a red ball spins around": "red ball spins",
    # the sky
    "a ball on a cloudy afternoon": "ball, overcast",
    # effects
    "white ball turns into blue": "white ball turns blue",
    "the ball changes from red to blue": "red ball turns blue",
    "the ball turns": "ball spins",
    "a ball gets bigger and bigger": "ball grows",
    "a cone breaks in half": "cone splits",
    "a melting cone": "cone melts",
    "a ball being crushed": "ball squashes",
    # to and from the camera
    "a green ball comes toward the camera": "green ball approaches",
    "a green ball moves away from the camera, into the distance": "green ball recedes",
    "a ball moves to the right": "ball slides right",
    # the camera
    "the camera orbits left as a crimson sphere rolls to the right": "red ball rolls right, camera orbit left",
    "ball rolls left, camera rolls right": "ball rolls left, camera roll right",
    "The ball rolls slowly left while the camera pans right quickly": "ball rolls left slow, camera pan right fast",
    "The camera circles a red ball": "red ball, camera orbit left",
    "The camera pulls back to reveal a green cone that rolls left": "green cone rolls left, camera pull out",
    "a slow orbit shot of a bouncing golden orb": "yellow ball bounces, camera orbit left slow",
    "static shot, a blue ball slides to the right quickly": "blue ball slides right fast, camera still",
    "the camera doesn't move, the ball rolls left": "ball rolls left, camera still",
    "slowly, the camera pushes in on a pink cone": "pink cone, camera push in slow",
    "[Pedestal up] a white box drops": "white cube drops, camera crane up",
    "Zoom out from a small red cube": "small red cube, camera zoom out",
    "red ball bouncing, snow, sunset, orbit right": "red ball bounces, on snow, at sunset, camera orbit right",
    "RED BALL!!! ON SNOW!!!": "red ball, on snow",
    # one thing said twice is one thing
    "a red ball, a red ball on snow": "red ball, on snow",
    "A red ball on snow. A red ball bounces.": "red ball bounces, on snow",
    "a red ball 一个红球": "red ball",
    "a red ball and a red ball": "red ball, red ball",
    "a red ball, another red ball": "red ball, red ball",
    "a red ball hits a red ball": "red ball pushes, red ball",
    "a red ball next to a red ball": "red ball, red ball",
}

CHINESE = {
    "一个红色的大球在雪地上弹跳": "large red ball bounces, on snow",
    "夕阳下，一只巨大的金属球从左向右滚过沙滩": "large metal ball rolls right, on sand, at sunset",
    "一个正在旋转的巨大的蓝色方块": "large blue cube spins",
    "向右快速滑动的白色方块": "white cube slides right fast",
    "红色的球很大，在草地上慢慢滚动": "large red ball rolls slow, on grass",
    "生成一个红色的球在草地上弹跳的视频": "red ball bounces, on grass",
    "一个紅色的圓球在雪地上彈跳": "red ball bounces, on snow",
    "一个球 bounces 在 snow 上": "ball bounces, on snow",
    # two and three things
    "蓝色立方体和红色圆球在雪地上": "blue cube, red ball, on snow",
    "黄色的球在红色方块旁边弹跳": "yellow ball bounces, red cube",
    "红色方块旁边有一个黄色的球在弹跳": "yellow ball bounces, red cube",
    "三个球，一个红色，一个蓝色，一个绿色": "red ball, blue ball, green ball",
    # one acts on another
    "红球撞上蓝色方块": "red ball pushes, blue cube",
    "红球将蓝方块向右推": "red ball pushes right, blue cube",
    "蓝方块被红球向左推开": "red ball pushes left, blue cube",
    "红球快速地绕着绿色柱子转": "red ball orbits fast, green cylinder",
    # effects
    "粉色的球变成蓝色": "pink ball turns blue",
    "球从红色变成绿色": "red ball turns green",
    "一个变成蓝色的红球": "red ball turns blue",
    "橙色盒子被压扁了": "orange cube squashes",
    "方块越来越大，夜": "cube grows, at night",
    # to and from the camera
    "小蓝方块朝镜头移动": "small blue cube approaches",
    "白色圆柱越滚越远": "white cylinder recedes",
    # the camera
    "镜头缓慢向右环绕一个静止的紫色圆柱": "purple cylinder stands, camera orbit right slow",
    "镜头环绕着一个向左滚动的红球": "red ball rolls left, camera orbit left",
    "星空下一颗白色的球在岩石上弹跳，镜头固定不动": "white ball bounces, on stone, at night, camera still",
    "推镜头，红球": "red ball, camera push in",
    "镜头从下往上摇，一个锥体": "cone, camera tilt up",
    "镜头由远及近，红球弹跳": "red ball bounces, camera push in",
    "镜头上升，绿色的球下落": "green ball drops, camera crane up",
    "镜头围绕红球顺时针旋转": "red ball, camera orbit right",
}

UNKNOWN = {
    "a dragon flies over a city": ("", ("dragon", "flies", "city")),
    "一条龙飞过城市": ("", ("龙", "飞过", "城市")),
    "running through a forest at night": ("at night", ("running", "forest")),
    "cinematic, 4k, high quality, red ball": ("red ball", ("cinematic", "4k", "high", "quality")),
    "tracking shot of a red ball": ("red ball", ("tracking",)),
    "the camera moves left": ("", ("moves", "left")),
    "a red ball next to a green dragon": ("red ball", ("green", "dragon")),
    "a red dragon jumps on snow": ("red jumps, on snow", ("dragon",)),
    "a cat pushes a red ball": ("pushes, red ball", ("cat",)),
    "a black cube spins": ("cube spins", ("black",)),
    "a stone cube on sand": ("cube, on sand", ("stone",)),
    "the sky is green, a ball": ("ball", ("green",)),
    "a yellow ball on purple sand": ("yellow ball, on sand", ("purple",)),
    "a red ball on the left": ("red ball", ("on the left",)),
    "a ball drops to the left": ("ball drops", ("to the left",)),
    "a ball grows, then vanishes": ("ball grows", ("vanishes",)),
    "a red ball bounces. a blue cube spins.": ("red ball bounces, blue cube", ("spins",)),
    "the camera pushes in, then orbits left": ("camera push in", ("orbits", "left")),
    "a cube turns into a blue ball": ("cube turns blue", ("ball",)),
    "a red ball 🎾 spins 👩\u200d🚀": ("red ball spins", ("🎾", "👩\u200d🚀")),
    "a ball with no colour": ("ball", ("no",)),
    "红球膨胀然后消失": ("red ball inflates", ("消失",)),
    "电影感，高清，红色的球": ("red ball", ("电影感", "高清")),
    "左边一个红球": ("red ball", ("左边",)),
    "足球": ("", ("足球",)),
}

LEFT_OUT = {
    "no red ball": ("", ("red ball",)),
    "no clouds, red ball": ("red ball", ("clouds",)),
    "no red ball, a blue cube on snow": ("blue cube, on snow", ("red ball",)),
    "no ball and a blue cube": ("blue cube", ("ball",)),
    "no balls or cubes, a cone": ("cone", ("balls", "cubes")),
    "no balls and cubes, a cone": ("cone", ("balls", "cubes")),
    "instead of a red ball, a blue cube": ("blue cube", ("red ball",)),
    "a cube that isn't red": ("cube", ("red",)),
    "the ball does not roll": ("ball", ("roll",)),
    "a red ball not bouncing but rolling left": ("red ball rolls left", ("bouncing",)),
    "no red ball bounces on snow": ("on snow", ("red ball bounces",)),
    "a red ball rolls on snow without clouds at night": ("red ball rolls, on snow, at night", ("clouds",)),
    "no dragon jumps, a red ball rolls left": ("red ball rolls left", ("dragon jumps",)),
    "a red ball, no zoom": ("red ball", ("zoom",)),
    "no camera movement, a red ball": ("red ball, camera still", ()),
    "a red ball doesn't move": ("red ball stands", ()),
    "没有红球，一个蓝方块在雪地上": ("blue cube, on snow", ("红球",)),
    "不要红色的球，一个蓝方块": ("blue cube", ("红色球",)),
    "雪地上没有红球": ("on snow", ("红球",)),
    "不滚动的红球": ("red ball", ("滚动",)),
}


@pytest.mark.parametrize(("prompt", "expected"), LEFT_OUT.items())
def test_what_follows_a_no_is_left_out_and_not_drawn(prompt, expected):
    reading = read(prompt)
    assert (reading.canonical, reading.left_out) == expected
    assert reading.unknown == ()


def test_what_is_left_out_is_told_to_the_model_as_what_beside_the_prompt_is():
    assert unwanted("no red ball, a cube", "snow, at night").canonical == "red ball, on snow, at night"
    spec = ClipSpec(prompt="a cube, no snow", seed=1)
    grounds = {told(replace(spec, seed=seed), read(spec.prompt).facts).ground for seed in range(60)}
    assert grounds == {"grass", "sand", "stone"}


def test_more_than_three_things_are_not_unknown_but_too_many():
    reading = read("a red ball, a blue cube, a green cone and a yellow cylinder")
    assert reading.canonical == "red ball, blue cube, green cone"
    assert (reading.unknown, reading.too_many) == ((), ("yellow", "cylinder"))
    assert (read("five cubes").unknown, read("five cubes").too_many) == ((), ("five",))
    assert "3 things at most: yellow, cylinder" in describe(reading)


@pytest.mark.parametrize(
    ("word", "other"),
    [("bal", "ball"), ("snwo", "snow"), ("cylindre", "cylinder"), ("purpel", "purple"), ("orbitt", "orbit"),
     ("dragon", ""), ("flies", ""), ("city", ""), ("cat", ""), ("forest", ""), ("龙", ""), ("4k", "")],
)  # fmt: skip
def test_a_slip_of_the_pen_is_told_from_a_word_of_another_world(word, other):
    assert meant(word) == other


@pytest.mark.parametrize(("prompt", "told"), (ENGLISH | CHINESE).items())
def test_prompts_of_the_world_are_understood_whole(prompt, told):
    reading = read(prompt)
    assert reading.canonical == told
    assert reading.unknown == ()


@pytest.mark.parametrize(("prompt", "expected"), UNKNOWN.items())
def test_what_the_model_is_not_told_is_named(prompt, expected):
    reading = read(prompt)
    assert (reading.canonical, reading.unknown) == expected


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_caption_is_read_back_to_the_facts_it_states(language):
    for seed in range(600):
        rng = np.random.default_rng([seed, LANGUAGES.index(language)])
        facts = drop(facts_of(sample(seed)), rng) if seed % 4 else facts_of(sample(seed))
        text = compose(facts, rng, language)
        reading = read(text)
        assert (reading.facts, reading.unknown, reading.language) == (facts, (), language), text


def test_the_canonical_text_is_read_back_to_itself():
    for seed in range(300):
        facts = facts_of(sample(seed))
        assert read(canonical(facts)).facts == facts


@pytest.mark.parametrize("camera", CAMERAS)
def test_every_camera_move_of_the_world_is_a_direction_to_the_camera(camera):
    assert read(f"a red ball rolls left, camera {camera}").facts == Facts(
        things=(ThingFacts(shape="ball", colour="red", motion="roll", direction="left"),), camera=camera
    )


def test_the_facts_are_there_as_values():
    assert read("a small shiny cone melts slowly on stone, camera zooms in fast").facts == Facts(
        things=(ThingFacts(shape="cone", size="small", material="shiny", motion="melt", speed="slow"),),
        ground="stone",
        camera="zoom in",
        camera_speed="fast",
    )


def test_understood_words_come_with_their_meaning_where_it_is_another_word():
    assert read("a crimson orb hops").understood == ("crimson = red", "orb = ball", "hops = jumps")
    assert read("a red ball").understood == ("red", "ball")


def test_nothing_is_made_of_an_empty_prompt():
    for prompt in ("", "   ", "?!", "the of and"):
        assert read(prompt).canonical == ""
        assert read(prompt).unknown == ()


def test_the_language_of_a_mixed_prompt_is_the_one_that_says_more():
    assert read("一个红色的球 rolls").language == "zh"
    assert read("a red ball rolls across the 雪").language == "en"


def test_japanese_is_not_taken_for_chinese():
    assert read("赤いボールが雪の上で跳ねる").language == "en"


def test_a_reading_is_described_in_one_line():
    reading = read("a big red ball bounces on snow at sunset with a dragon")
    assert describe(reading) == (
        "understood: red ball, large, bounces, on snow, at sunset; not known to the built-in model: dragon"
    )
    assert describe(reading, "zh") == "已理解：红色的球、大、弹跳、雪地、日落；内置模型不认识：dragon"
    assert describe(read("a dragon")) == "nothing understood; not known to the built-in model: dragon"


def test_every_scene_can_be_described_in_both_languages():
    for seed in range(300):
        reading = read(canonical(facts_of(sample(seed))))
        assert describe(reading, "en").startswith("understood: ")
        assert not any(char.isascii() and char.isalpha() for char in describe(reading, "zh"))


def test_no_prompt_is_too_odd_to_be_read():
    rng = np.random.default_rng(1)
    stock = [word for prompt in (*ENGLISH, *CHINESE, *UNKNOWN) for word in prompt.replace(",", " , ").split()]
    stock += list("的了被把和镜头红球方块，。!?[]()\n\x00é😀") + [
        "is",
        "that",
        "it",
        "by",
        "two",
        "no",
        "turns",
        "from",
    ]
    for _ in range(1500):
        prompt = " ".join(rng.choice(stock, size=int(rng.integers(1, 14))))
        reading = read(prompt)
        assert len(reading.facts.things) <= 3
        assert read(prompt) == reading
        assert describe(reading, reading.language)


def test_what_was_understood_is_told_in_few_words_of_either_language():
    reading = read("a red ball rolls right on snow at sunset, a dragon")
    assert phrases(reading, "en") == ["red ball", "rolls right", "on snow", "at sunset"]
    assert "雪地" in phrases(reading, "zh")
