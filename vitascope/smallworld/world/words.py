"""The words of the world in English and Chinese: what captions say, and what the prompt reader hears beyond that.

One line for each term: English said | Chinese said | heard only. Items are parted by commas; an indented line goes on
with the term above it. Captions draw from what is said,
    the reader knows both. English verbs stand in their plain form,
their head first ("run into"); `inflect` bends them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    en: tuple[str, ...]
    zh: tuple[str, ...]
    heard: tuple[str, ...] = ()

    def said(self, language: str) -> tuple[str, ...]:
        return self.en if language == "en" else self.zh


def _table(text: str) -> dict[str, Words]:
    rows = [line.split(":", 1) for line in text.replace("\n    ", " ").strip().splitlines()]
    return {term.strip(): Words(*(_items(part) for part in rest.split("|"))) for term, rest in rows}


def _items(part: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in part.split(",") if item.strip())


SHAPE_WORDS = _table("""
ball: ball, sphere, orb | 球, 圆球, 球体 | globe, round ball, 球形, 圆形球, 皮球
cube: cube, box, block | 立方体, 方块, 正方体 | crate, cuboid, dice, 盒子, 箱子, 方盒, 方形, 方体, 长方体, 骰子
cylinder: cylinder, tube, pillar | 圆柱, 圆柱体, 圆筒 | column, drum, barrel, pipe, 柱子, 柱体, 管子, 圆管, 筒, 圆桶
cone: cone | 圆锥, 圆锥体, 锥体 | cone shape, traffic cone, 锥形, 锥, 锥子
""")

#: A thing whose shape is not said.
NAMELESS = Words(("object", "thing"), ("物体", "东西"), _items("something, item, figure, 物件, 某物, 物品"))

COLOUR_WORDS = _table("""
red: red, crimson, scarlet | 红色, 红, 鲜红色 | ruby, cherry, vermilion, 大红, 大红色, 深红, 深红色, 赤红, 赤色,
    朱红, 鲜红
orange: orange, tangerine | 橙色, 橘色, 橙 | amber, 橘黄色, 橙黄色, 橘红色, 橘, 橘黄
yellow: yellow, golden, lemon yellow | 黄色, 黄, 金黄色 | gold, lemon, 明黄, 明黄色, 金色, 金黄, 柠檬黄
green: green, emerald | 绿色, 绿, 翠绿色 | lime, olive, emerald green, 翠绿, 碧绿, 草绿色, 青绿色, 墨绿色, 墨绿,
    嫩绿色
blue: blue, azure | 蓝色, 蓝, 天蓝色 | navy, sky blue, cobalt, sapphire, navy blue, 天蓝, 深蓝, 深蓝色, 湛蓝,
    蔚蓝, 蔚蓝色, 宝蓝色, 浅蓝色
purple: purple, violet | 紫色, 紫, 紫罗兰色 | lilac, lavender, plum, mauve, 深紫色, 浅紫色, 淡紫色
pink: pink, rose pink | 粉色, 粉红色, 粉 | magenta, fuchsia, hot pink, 粉红, 桃红色, 玫红色
white: white, snow white | 白色, 白, 雪白色 | ivory, 雪白, 洁白, 纯白, 纯白色, 乳白色
""")

SIZE_WORDS = _table("""
small: small, little, tiny | 小, 小小的, 微小的 | mini, miniature, petite, 微小, 迷你, 很小, 小型, 小小
large: large, big, huge | 大, 巨大的, 大大的 | giant, enormous, massive, gigantic, 巨大, 很大, 庞大, 硕大, 大型,
    巨型, 大大
""")

MATERIAL_WORDS = _table("""
matte: matte, dull | 哑光, 磨砂, 亚光 | flat coloured, unpolished, 无光泽
shiny: shiny, glossy, polished | 闪亮, 光亮, 有光泽 | gleaming, lustrous, lacquered, glistening, 亮面, 反光,
    发亮, 亮晶晶, 光滑, 亮闪闪
metal: metal, metallic, steel | 金属, 金属质感, 钢制 | chrome, iron, metal made, 铁, 钢铁, 不锈钢, 铁制, 金属制,
    钢, 合金
""")

#: Recolouring is told apart: it needs its colour. Orbiting and pushing need the other thing.
MOTION_VERBS = _table("""
stand: stand, stand still, sit, rest | 静静地立着, 静止不动, 停着不动 | lie, stay, remain, wait, be still,
    stay still, stay put, sit still, be motionless, lie still, remain still, not move, do not move,
    does not move, doesn't move, 站着, 放着, 摆着, 停着, 静止, 不动, 伫立, 躺着, 坐着, 立着, 停, 停在, 静静地停着,
    静静地放着
roll: roll, roll along | 滚动, 滚, 滚过 | tumble, trundle, roll over, 翻滚, 滚来, 滚去, 滚动着, 滚着, 打滚
slide: slide, glide, slide along | 滑动, 滑行, 滑过 | slip, skid, slither, 滑, 滑着, 滑来, 滑去, 滑向
bounce: bounce, bounce along | 弹跳, 弹跳着 | bounce up and down, bounce again and again, rebound, 上下弹跳, 弹来弹去,
    drop and bounce,
    fall and bounce, dribble, 弹, 弹起, 反弹, 弹动, 不停地弹跳, 弹跳过, 弹起来, 蹦弹
drop: drop, fall, fall down | 落下, 掉落, 从空中落下 | plummet, plunge, drop down, drop from above,
    fall from above, fall from the sky, drop from the sky, fall to the ground, drop to the ground, tumble down,
    掉下, 掉下来, 落下来, 坠落, 下落, 跌落, 从天而降, 从上方落下, 从天上掉下来, 从空中掉落, 坠下, 下坠, 掉, 落在,
    落到
jump: jump, hop, leap | 跳跃, 跳起, 蹦跳 | skip, jump up, jump up and down, leap up, hop up and down,
    leap into the air, 跳, 跳起来, 跳动, 蹦, 跳来跳去, 蹦蹦跳跳, 蹦来蹦去, 跃起, 跳着, 跳过, 跃过
spin: spin, rotate, spin in place | 旋转, 转动, 原地旋转 | twirl, whirl, pirouette, gyrate, swivel, turn round,
    rotate on its axis, spin on the spot, spin on its axis, 自转, 打转, 转圈, 转, 原地打转, 原地转圈, 旋转着,
    转着, 转个不停, 转圈圈
orbit: orbit, circle, circle around, go around | 绕着, 围着, 围绕 | orbit around, circle round, go round,
    move round, run around, travel around, 环绕, 环绕着, 围绕着, 绕
push: push, hit, bump into, crash into | 推动, 撞向, 撞上, 撞击 | collide with, collide, run into, knock into,
    strike, ram, smash into, slam into, shove, roll into, slide into, knock against, bang into, push against,
    knock over, 推, 撞, 撞到, 碰到, 碰上, 推开, 撞开, 碰撞, 推着, 撞倒, 冲撞, 相撞, 撞飞
approach: come closer, approach, move towards the camera, come towards us | 越来越近, 靠近镜头, 朝镜头移动 |
    approach the camera, get closer, draw near, draw nearer, come near, come nearer, move closer, move forward,
    move forwards, come forward, towards the camera, toward the camera, towards us, toward us,
    towards the viewer, toward the viewer, move toward the camera, come towards the camera,
    come toward the camera, come toward us, closer to the camera, come closer to the camera,
    move closer to the camera, get closer to the camera, 靠近, 走近, 逼近, 接近, 迎面而来, 由远及近, 越滚越近,
    向镜头靠近,
    向镜头移动, 朝镜头靠近, 朝着镜头, 朝镜头, 向镜头, 朝我们, 向我们, 向前移动, 离镜头越来越近
recede: move away, recede, move into the distance, move away from the camera | 远去, 远离镜头, 越来越远 |
    retreat, back away, drift away, roll away, go away, slide away, move off, away from the camera, away from us,
    into the distance, go into the distance,
    roll into the distance, slide into the distance, go away from the camera, move back, move backwards,
    move backward,
    get farther away, get further away, 远离,
    离去, 离开, 退后, 后退, 离开镜头, 渐行渐远, 由近及远, 越滚越远, 越走越远, 滚远, 向远处移动, 向远处,
    向远方, 离镜头越来越远, 远离我们, 向后移动
inflate: inflate, swell up, puff up | 膨胀, 鼓起来, 像气球一样膨胀 | swell, blow up like a balloon, blow up,
    puff out, inflate like a balloon, expand like a balloon, fill with air, 充气, 鼓胀, 鼓起, 胀大, 膨胀起来,
    像气球一样鼓起来
squash: be squashed, be flattened, be squashed flat | 被压扁, 变扁, 被压平 | squash, flatten, squish, be crushed,
    be squished, be pressed flat, compress, be compressed, 压扁, 压平, 挤扁, 被挤扁, 扁下去
melt: melt, melt away, melt into a puddle | 融化, 熔化, 化成一滩 | liquefy, melt down, 化掉, 溶化, 化开, 融化掉, 融掉
grow: grow, grow bigger, get bigger | 变大, 长大, 渐渐变大 | get bigger and bigger, grow bigger and bigger,
    become bigger, become larger, get larger,
    grow larger, grow up, grow in size, enlarge, scale up, expand, 增大, 放大, 越来越大, 逐渐变大, 变得越来越大,
    不断变大
shrink: shrink, get smaller, shrink away | 变小, 缩小, 渐渐变小 | get smaller and smaller, grow smaller and smaller,
    become smaller, grow smaller, shrink down,
    scale down, contract, dwindle, shrink in size, 越来越小, 收缩, 逐渐变小, 变得越来越小, 不断变小
split: split in two, split into two, break in two | 分裂成两个, 一分为二, 裂成两半 | split, split apart,
    split in half, break in half, break into two, break apart, divide in two, divide into two, divide,
    become two, 分裂, 分成两个, 分成两半, 裂开, 变成两个, 分开, 分成两块, 裂成两个
vanish: vanish, disappear, fade away | 消失, 消失不见, 渐渐消失 | fade out, dissolve, evaporate,
    vanish into thin air, disappear into thin air, 不见了, 淡出, 隐没, 蒸发, 隐去, 逐渐消失
""")
RECOLOUR_TO = Words(  # a colour follows
    _items("turn, become, change to, change colour to"),
    _items("变成, 变为, 渐渐变成"),
    _items(
        "turn into, turn to, change into, change color to, change its colour to, change its color to, fade to, "
        "fade into, shift to, transform into, 变, 转为, 变作, 逐渐变成, 逐渐变为, 变色成, 慢慢变成, 渐变成, 渐变为"
    ),
)
RECOLOUR = Words(  # no colour is told
    _items("change colour, change color"),
    _items("变色, 改变颜色"),
    _items(
        "change its colour, change its color, change colours, change colors, switch colour, 变换颜色, 换颜色, 变颜色"
    ),
)
STILL_ADJECTIVES = _items(
    "still, motionless, stationary, static, unmoving, immobile, fixed, locked, locked off, locked down, steady"
)
#: Motion words that mean one thing alone and another with a thing or a way: "spins around", "spins around a cube".
SPIN_OR_ORBIT = _items("spin around, rotate around, revolve around, revolve, whirl around, turn around, 绕圈")
SLIDE_IF_SIDEWAYS = _items("move, travel, go, head, drift, 移动, 运动, 移, 前进, 走")

DIRECTION_PHRASES = _table("""
left: left, to the left | 向左, 往左, 向左边 | leftward, leftwards, towards the left, toward the left,
    from right to left, from the right to the left, from the right, in from the right, off to the left,
    right to left, 朝左, 往左边, 向左侧, 从右向左, 从右到左, 从右往左, 自右向左, 到左边, 从右边, 左
right: right, to the right | 向右, 往右, 向右边 | rightward, rightwards, towards the right, toward the right,
    from left to right, from the left to the right, from the left, in from the left, off to the right,
    left to right, 朝右, 往右边, 向右侧, 从左向右, 从左到右, 从左往右, 自左向右, 到右边, 从左边, 右
""")

SPEED_WORDS = _table("""
slow: slowly, gently, at a slow pace | 慢慢地, 缓慢地, 缓缓 | slow, lazily, leisurely, unhurriedly, at low speed,
    gradually, 慢慢, 缓慢, 缓缓地, 慢速, 徐徐, 慢, 慢悠悠, 慢悠悠地, 缓缓的, 缓慢的, 轻轻地
fast: quickly, rapidly, at high speed | 快速地, 迅速地, 飞快地 | fast, quick, rapid, swift, swiftly, speedily,
    speedy, at great speed, at full speed, briskly, hurriedly, 快速, 迅速, 飞快, 快, 急速, 高速, 飞速, 猛地,
    快快地, 很快, 快速的
""")

GROUND_PHRASES = _table("""
grass: on grass, on the lawn, on grassy ground, on a green meadow | 草地上, 草坪上, 绿草地上 | grass, lawn,
    meadow, turf, grassland, grassy, pasture, prairie, green grass, green meadow, green lawn, green field,
    field of grass, 草地, 草坪, 草原, 草, 绿草, 绿草地, 草场, 青草
sand: on sand, on the beach, on sandy ground, in the desert | 沙地上, 沙滩上, 沙漠里 | sand, beach, desert, dune,
    dunes, sandy, seashore, golden sand, yellow sand, white sand, 沙地, 沙滩, 沙漠, 沙, 沙子, 沙丘, 沙土, 海滩, 海边,
    黄沙, 金色沙滩
snow: on snow, on snowy ground, in the snow, on white snow | 雪地上, 积雪上, 雪地里 | snow, snowy, snowfield,
    snow field, winter, wintry, ice, icy, white snow, snow covered, 雪地, 积雪, 雪, 冰, 冰面, 冰雪, 白雪, 冬天,
    冬日, 冬季, 雪原, 大雪地, 雪白的雪地, 冰天雪地
stone: on stone, on stone slabs, on rocky ground, on a stone floor | 石板上, 石头地面上, 岩石上 | stone, stones,
    rock, rocks, rocky, cobblestone, cobblestones, cobbles, pavement, paving, slab, slabs, stone slabs,
    flagstones, concrete, grey stone, gray stone, 石板, 石头地面, 岩石, 石地, 石头, 石面, 石块, 鹅卵石, 石砖,
    水泥地, 石路, 石板路, 石头地
""")

SKY_PHRASES = _table("""
noon: at noon, under a blue sky, on a clear day, on a sunny day | 正午, 晴天, 蓝天下, 阳光下 | noon, midday,
    sunny, daylight, daytime, clear sky, clear blue sky, white clouds, blue sky, blue skies, clear skies, bright sun,
    sun,
    sunlight, sunshine, sunlit, day, clear day, bright day, high noon, morning, afternoon, 中午, 白天, 晴朗,
    白日, 蓝天, 阳光, 烈日, 艳阳, 阳光明媚, 大晴天, 上午, 下午, 日光, 晴空, 太阳, 大太阳, 早上, 早晨, 蓝天白云,
    白云, 白色的云
sunset: at sunset, at dusk, in the evening light, at golden hour | 日落时, 黄昏, 傍晚, 夕阳下 | sunset, dusk,
    sundown, dawn, twilight, evening, sunrise, daybreak, setting sun, golden hour, evening light, evening glow,
    golden light, sun sets, sun is setting, red sky, orange sky, 日落, 落日, 夕阳, 晚霞, 黎明, 日出, 拂晓, 破晓,
    薄暮, 暮色, 霞光, 余晖, 夕照, 太阳落山
night: at night, under the stars, in the moonlight, on a starry night | 夜里, 夜晚, 星空下, 月光下 | night,
    midnight, moonlight, moonlit, nighttime, starry, starry sky, starry night, star, stars, starlight, moon,
    night sky, dark sky, dark night, nocturnal, 夜, 夜间, 晚上, 深夜, 午夜, 半夜, 星夜, 星空, 月光, 月夜, 月亮,
    繁星, 夜空, 夜色, 星星, 月下
overcast: under an overcast sky, on a cloudy day, under grey clouds, under a cloudy sky | 阴天, 多云的天空下,
    乌云下 | overcast, cloudy, cloud, clouds, grey clouds, gray clouds, dark clouds, grey sky, gray sky,
    grey skies, grey day, gray day, dull day, gloomy, dreary, 多云, 阴云, 乌云, 阴沉, 灰蒙蒙, 阴, 阴云密布,
    多云的天空, 云层
""")

CAMERA_NAMES = Words(
    ("camera",),
    ("镜头", "摄像机"),
    _items(
        "cam, shot, camera shot, camera movement, camera move, camera motion, camera angle, view, point of view, lens, "
        "viewpoint, 摄影机, 相机, 机位, 运镜, 镜头运动, 视角"
    ),
)
#: What the camera does, by kind of move; ways that are part of the verb are written with it, others follow it.
CAMERA_VERBS = _table("""
still: stay still, hold still, be static, be fixed | 静止不动, 固定不动, 保持不动 | be still, be stationary,
    be locked, stand still, stay, hold, not move, do not move, does not move, doesn't move, stay put,
    remain still, stay fixed, 静止, 不动, 固定, 不移动, 定住, 固定拍摄
push: push in, move in, dolly in, move closer | 推近, 推进, 向前推进 | push, push forward, dolly, dolly forward,
    dolly closer, move forward, move forwards, push closer, push inward, push inwards, come closer, get closer,
    approach, move towards, move toward, draw closer, track in, go forward, 前推, 推, 靠近, 前移, 拉近, 逼近,
    向前推, 向前, 向前移动, 慢推, 由远及近
pull: pull out, pull back, dolly out, move away | 拉远, 后拉, 向后拉远 | pull, pull away, dolly back,
    dolly backward, move back, move backward, move backwards, move out, back away, back up, retreat, track out,
    draw back, push out, 向后拉, 拉, 拉开, 后退, 远离, 后移, 向后, 拉出, 向后移动, 由近及远
orbit: orbit, circle, arc | 环绕, 环绕拍摄, 绕行 | orbit around, circle around, arc around, rotate around,
    go around, move around, spin around, revolve, revolve around, travel around, fly around, circle round, 绕,
    围绕, 绕着, 围着, 环绕着, 围绕着, 绕拍, 环拍
pan: pan, swivel | 摇, 摇摄, 水平摇动 | swing, 横摇, 摇动, 水平摇, 摇镜, 水平摇镜, 摇过
tilt: tilt | 倾斜, 俯仰 | 竖摇, 垂直摇, 垂直摇镜
crane: crane, boom | 升降, 升降移动 | jib, pedestal
roll: roll | 滚转, 旋转 | rotate, spin, 翻滚, 翻转, 侧滚, 转动, 滚动
zoom: zoom | 变焦 |
move: | | move, travel, go, fly, float, glide, drift, track, slide, truck, dolly sideways, strafe, 移动, 移,
    平移, 横移, 跟拍, 运动
""")
#: Camera verbs that carry their way with them.
CAMERA_PHRASES = _table("""
tilt up: look up | 向上仰起, 上仰 | point up, 仰, 抬起, 上摇, 仰起, 抬头
tilt down: look down | 向下俯视, 下俯 | point down, 俯, 低下, 下摇, 俯下, 低头
crane up: rise, rise up | 升起, 上升 | ascend, lift up, lift, raise, move up, move upward, move upwards, go up,
    升, 升高, 向上升起, 上移, 向上移动
crane down: descend, sink down | 降下, 下降 | lower, sink, move down, move downward, move downwards, go down,
    drop, 降, 降低, 向下降, 下移, 向下移动
zoom in: zoom in | 变焦放大, 变焦推近 | zoom closer, 放大, 变焦拉近, 拉近焦距
zoom out: zoom out | 变焦缩小, 变焦拉远 | zoom back, zoom away, 缩小, 拉远焦距
""")
CAMERA_WAYS = _table("""
left: left, to the left | 向左 | leftward, leftwards, towards the left, toward the left, from right to left,
    counterclockwise, counter clockwise, anticlockwise, 往左, 朝左, 左, 向左边, 向左侧, 从右往左, 从右到左,
    从右向左, 逆时针
right: right, to the right | 向右 | rightward, rightwards, towards the right, toward the right,
    from left to right, clockwise, 往右, 朝右, 右, 向右边, 向右侧, 从左往右, 从左到右, 从左向右, 顺时针
up: up, upwards | 向上 | upward, 往上, 上, 朝上, 从下往上, 从下到上, 自下而上
down: down, downwards | 向下 | downward, 往下, 下, 朝下, 从上往下, 从上到下, 自上而下
in: in | | inward, inwards, forward, forwards, closer
out: out | | outward, outwards, back, backward, backwards, away
""")
STILL_SHOTS = Words(
    _items("static camera, locked off shot, fixed camera, no camera movement"),
    _items("固定镜头, 固定机位, 镜头不动"),
    _items(
        "no camera motion, don't move the camera, do not move the camera, without camera movement, static shot, "
        "fixed shot, 静止镜头, 无运镜, 没有运镜"
    ),
)

#: Between things, saying nothing of places: the world chooses those.
BESIDE = Words(
    _items("next to, beside, near, with"),
    _items("旁边是, 还有, 和"),
    _items("alongside, along with, together with, close to, by, past, 旁边有, 边上是, 边上有, 与, 跟, 以及, 同, 及"),
)
PLACES = _items(  # where one thing is to another: the built-in model does not know
    "on the left, on the right, on the left side, on the right side, at the left, at the right, to the left of, "
    "to the right of, left of, right of, on its left, on its right, behind, in front of, on top of, above, below, "
    "underneath, between, inside, in the middle, in the center, in the centre, in the background, in the foreground, "
    "在左边, 在右边, 左边, 右边, 左侧, 右侧, 在左侧, 在右侧, 后面, 前面, 上方, 下方, 中间, 里面, 之间, 前景"
)
