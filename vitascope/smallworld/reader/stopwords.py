"""Small words of both languages that carry no fact of the world, and Chinese words from outside it.

They tell the reader where a noun phrase begins and ends; what is in neither this file
nor the world's own words is unknown.
"""

from vitascope.smallworld.world.wording import listed

#: They leave a noun phrase open: "very", "coloured".
FILLERS = listed("""
    very really quite rather extremely so single coloured colored hued bright brightly some of kind sort and 很
    非常 十分 特别 着 了 正 正在 地 得 颜色 制成 制作 做成 质地 材质 质感 材料 极其 颜色的 单独 静静 静静地 先 做
    制 一直 帮 帮我 请帮我
""")
#: They close it: verbs without a picture, prepositions, the frame of a request ("please show a video of").
CLOSERS = listed("""
    is are am was were be been being has have had in on at to into onto upon over across through under from for by
    up off out around round about there here now nearby beside while its their his her your my our this these
    those them they he she you we us i me again repeatedly forever continuously constantly just only simply alone
    together also too both each all any not scene video clip image picture photo footage showing
    shows show reveal reveals revealing
    depicting depicts featuring make made create generate render please want see seen let place placed world time
    does do did against itself other will would can could may starts start begins begin keeps keep continues
    continue towards toward then having set where down along as if but than first covered gets 在 有 是 从 由
    上空 上 下 里 中 内 处 于 到 向 朝 往 下面 里面 上面 画面 视频 一段 一幅 场景 画面中 请 生成 制作一段 拍摄 展示
    显示 并 不断 不停 不停地 不断地 渐渐 逐渐 慢慢 起来 直到 洒 时 时候 的时候 的时 之下 之上 光线 空气中 空中
    位于 处在 自己 使 让 被 就 又 再 也 都 会 能 可以 正好 开始 然后 接着 最后 其 它的 上去 下去 过来 过去 去 来
    出现 看到 看见 附近 旁 旁边 边 一旁 边上 个
""")
#: The ground or the sky, unsaid which.
SCENERY = listed("""
    sky ground floor surface field land air weather light lighting background 地面 地上 天空 天空下 天 大地 天气
    光线 背景
""")
#: Joints between clauses; "and" also joins nouns.
JOINTS = {
    "and": listed("and & plus 和 与 跟 以及 及 同"),
    "while": listed("while as when whereas then whilst 同时 并且 而 而且 接着 然后 随后 的同时 与此同时 一边 当"),
}
INDEFINITE = listed("""
    a an another one some 一 一个 一只 一颗 一块 一根 一座 一枚 一件 一种 一条 一位 一名 一头 一辆 一群 一片 一朵
    一棵 一张 一把 一架 一艘 另一个 另外一个 另一 一粒 某个 一匹 一尊 一堆 个 只 颗 块 根
""")
DEFINITE = listed("""
    the that this said 这个 那个 这 那 该 这只 那只 这颗 那颗 这块 那块
""")
NEGATIONS = listed("""
    no not without never nor neither except excluding avoid minus don't doesn't didn't isn't aren't wasn't won't can't
    没有 没 无 不 不要 不会 不带 不含 不是
""")
NEGATION_PHRASES = ("instead of", "rather than", "free of", "leave out", "does not", "do not", "is not", "are not")
OR = listed("or nor 或 或者 也没有 也不")  # go on with what is left out
COUNTS = {
    2: listed("two 2 pair couple 一对 两 两个 二个 两只 两颗 两块 两根 双"),
    3: listed("three 3 三 三个 三只 三颗 三块 三根"),
    4: listed("four five six seven 4 5 6 7 四个 五个 六个"),
}
#: Chinese has no spaces: words from outside the world, listed where they would be cut in two or run together.
STRANGERS = listed("""
    足球 篮球 地球 气球 雪球 星球 网球 乒乓球 排球 月球 眼球 球场 冰块 冰淇淋 雪人 雪山 大海 大楼 大厦 大象 大树
    大街 大人 大理石 小猫 小狗 小孩 小鸟 小鱼 小人 小镇 红旗 白马 白兔 绿叶 绿树 蓝鲸 黑色 灰色 棕色 银色 褐色
    青色 透明 彩色 彩虹 城市 街道 房子 汽车 飞机 飞船 机器人 女孩 男孩 女人 男人 老人 人类 人物 人 龙 猫 狗 鸟 鱼
    马 熊猫 熊 老虎 狮子 兔子 树 花 山 海 河 湖 海浪 海洋 森林 火 火焰 水 雨 下雨 下雪 雪花 飘雪 风 雾 烟 跑 奔跑
    飞 飞过 飞翔 飞行 走路 跳舞 唱歌 游泳 骑 开车 喝 吃 说话 微笑 追 追着 追逐 推拉 跟拍 跟随 跟着 电影感 高清
    高质量 超清 写实 真实 动漫 卡通 风格 慢动作 慢镜头 无人机 下雪天 特写 远景 近景 航拍 手持 桌子 桌上 椅子 杯子
    茶 咖啡 石像 石桥 草帽 草莓 橙子 橘子 樱桃 花园 公园 屋顶 玻璃 木头 木制 塑料 橡皮 橡胶 纸 四角 三角形 三角
    金字塔 五角星 星形 心形 宇宙 太空 云朵 云海
""")
#: Traditional characters of our words, each with its simplified form.
_PAIRS = listed("""
    紅红 黃黄 綠绿 藍蓝 顏颜 變变 為为 個个 隻只 顆颗 圓圆 體体 塊块 錐锥 滾滚 動动 彈弹 來来 靜静 轉转 繞绕
    圍围 擊击 擺摆 懸悬 飛飞 離离 遠远 漸渐 鏡镜 頭头 攝摄 機机 運运 環环 緩缓 勢势 從从 邊边 側侧 還还 與与
    陽阳 陰阴 雲云 烏乌 間间 裡里 裏里 後后 書书 東东 銀银 鋼钢 鐵铁 屬属 質质 滅灭 縮缩 脹胀 壓压 開开 兩两
    雙双 這这 讓让 無无 陸陆 單单 鮮鲜 淺浅 鵝鹅 磚砖 灘滩 積积 氷冰 畫画 視视 鎖锁 進进 迴回 昇升 傾倾 橫横
    豎竖 搖摇 曉晓 過过 對对 線线 電电 風风 龍龙 貓猫 車车 輛辆 輕轻 飄飘 擴扩 漲涨 張张 礦矿 澤泽 麗丽
""")
TRADITIONAL = str.maketrans({pair[0]: pair[1] for pair in _PAIRS})
