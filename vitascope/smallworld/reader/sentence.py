"""Terms in order -> facts: each adjective goes to the noun after it, each way and speed to its verb.

A noun that the world lacks makes a *stranger* ("a dragon jumps"), which only stays when nothing better is named.
*Loose* directions and speeds came before the verb they belong to.
"""

from __future__ import annotations

from vitascope.smallworld.reader.clauses import Clause
from vitascope.smallworld.reader.lexicon import CAMERA, Hit, Lexeme, spell
from vitascope.smallworld.reader.resolve import MOST_THINGS, Noun, Term, settle_camera, settle_things
from vitascope.smallworld.reader.subjects import Subjects
from vitascope.smallworld.world.facts import GROUND_WORDS, MOTION_WORDS, SKY_WORDS, Facts
from vitascope.smallworld.world.wording import listed

_LOOKS = ("colour", "size", "material")
_IS = frozenset(listed("is are was were 是"))
_PLACE_AFTER_NOUN = frozenset(listed("附近 旁 旁边 边 一旁 边上"))
_DAY = frozenset(listed("day daytime morning afternoon 白天 上午 下午 早上 早晨"))
_DOING = ("motion", "passive", "recolour", "direction", "speed", "move", "way", "place")
_ANOTHER = frozenset(listed("another 另一个 另外一个 另一"))
_Fact = tuple[str, str, Term]  # name, value, where it was read


class Sentence:
    """Reads clauses one after the other; `finish` gives the facts and the terms."""

    def __init__(self) -> None:
        self._terms: list[Term] = []
        self._who = Subjects()
        self._scene: dict[str, str] = {}  # ground, sky
        self._camera: dict[str, tuple[str, Term]] = {}  # move, way, speed
        self._loose: list[_Fact] = []
        self._only_day = False  # the sky was said by the time of day alone
        self._backdrop = Noun()  # what is said of the sky itself: never of a thing
        self._counted: list[Noun] = []  # "two balls", until "one red, one blue"
        self._in_camera = self._is = False
        self._denied: list[Hit] | None = None  # what a "no" speaks of, as far as it was read
        self._negation: Term | None = None
        self._left_out: list[str] = []
        self._elliptic: list[Noun] = []  # "a small", until "and a large ball"
        self._open_phrase()

    def take(self, clause: Clause) -> None:
        """Reads one clause."""
        self._join(clause)
        self._in_camera = clause.mode == CAMERA
        if self._in_camera and clause.opener != "stop":  # "Slowly, the camera pushes in"
            for fact in [fact for fact in self._loose if fact[0] == "speed"]:
                self._loose.remove(fact)
                self._set_camera(*fact)
        at = 0
        while at < len(clause.hits):
            at += self._read(clause.hits[at], clause.hits[at + 1 :])
        if self._in_camera:
            self._close_phrase()

    def finish(self) -> tuple[Facts, list[Term], list[str]]:
        """The facts of everything read, its terms in the order of the prompt, and what shall not be there."""
        self._end()
        self._backdrop.forget()
        camera, speed = settle_camera(self._camera)
        things = settle_things(self._who.nouns)
        return (
            Facts(things, self._scene.get("ground", ""), self._scene.get("sky", ""), camera, speed),
            self._terms,
            self._left_out,
        )

    # -- between clauses

    def _join(self, clause: Clause) -> None:
        if clause.opener == "stop":
            return self._end()
        more_looks = bool(self._looks and clause.hits) and clause.hits[0].role in _LOOKS
        if more_looks and ((clause.opener == "and" and not self._counted) or self._article):
            return None  # "a large and shiny ball", "a large, shiny ball"
        before = len(self._who.nouns)
        self._close_phrase()
        bare = bool(clause.hits) and clause.hits[0].role not in ("article", "count", "closer", "negation", "pronoun")
        if self._denied is not None and clause.opener:  # "no balls and cubes"; but "no ball and a cube"
            self._deny_no_more()
            if clause.opener == "and" and bare:
                self._denied = []
        starts = clause.hits[0].role if clause.hits else ""
        if clause.opener == "and" and starts in ("article", "count"):  # "a small and a large ball"
            self._elliptic = [noun for noun in self._who.nouns[before:] if not noun.stranger]
        if clause.opener:
            self._who.join(clause.opener == "and")
        return None

    def _end(self) -> None:
        """A sentence is over: what is loose goes to the camera or to the thing that moves, or is not known."""
        self._deny_no_more()
        self._close_phrase()
        mover = next((noun for noun in self._who.nouns if noun.moves), None)
        for name, value, term in self._loose:
            slot = "way" if name == "direction" else name
            if "move" in self._camera and slot not in self._camera:
                self._set_camera(slot, value, term)
            elif mover and not mover.get(name):
                mover.set(name, value, term)
            else:
                term.known = False
        self._loose = []
        self._elliptic = []
        self._who.begin()

    # -- noun phrases

    def _open_phrase(self, count: int = 1) -> None:
        self._looks: list[_Fact] = []  # adjectives that wait for their noun
        self._doing: tuple[str, Term, list[_Fact]] | None = None  # "bouncing" in "a bouncing ball"
        self._article = ""
        self._another = False
        self._count = count
        self._strange = False  # an unknown word stands in the phrase
        self._is = False

    def _close_phrase(self, count: int = 1) -> None:
        """No noun of the world came: adjectives go back to the noun before, or make a thing of their own."""
        if self._strange and (self._looks or self._article):
            self._name(self._who.new(stranger=True))
        elif self._looks:
            owner = self._owner()
            if owner:
                self._dress(owner)
            else:
                self._name(self._who.new())
        elif self._doing:
            kind, term, ways = self._doing
            self._act(kind, term, "ing", ways)
        self._open_phrase(count)

    def _name(self, noun: Noun) -> None:
        """The phrase is about this noun."""
        self._dress(noun)
        if self._doing:
            kind, term, ways = self._doing
            self._who.move(noun, kind, term)
            for fact in ways:
                noun.set(*fact)
        self._who.place(noun)

    def _owner(self) -> Noun | None:
        """Whose adjectives these are, when they stand after their noun."""
        lacking = [noun for noun in self._who.nouns if not any(noun.get(name) for name, _, _ in self._looks)]
        counted = next((noun for noun in self._counted if noun in lacking), None)
        last = self._who.last
        return counted or (last if last and (self._is or last in lacking) else None)

    def _dress(self, noun: Noun) -> None:
        for fact in self._looks:
            noun.set(*fact)

    def _known_noun(self, shape: str) -> Noun | None:
        """ "the ball" of a ball spoken of before; "rolling left: a ball" of what rolls."""
        if self._who.unnamed:
            return self._who.unnamed
        again = self._said_again(shape)
        if again or self._article == "a" or self._doing or not shape:
            return again
        for noun in self._who.nouns:
            fits = (noun.get(name) == value or (self._article and not noun.get(name)) for name, value, _ in self._looks)
            if noun.get("shape") == shape and all(fits):
                return noun
        return None

    def _said_again(self, shape: str) -> Noun | None:
        """ "A red ball on snow. A red ball bounces": one thing said twice is one thing, unless it is "and a red ball",
        "another red ball" or beside the first.
        """
        who, looks = self._who, {name: value for name, value, _ in self._looks}
        if self._another or self._count > 1 or who.joined or who.aside or who.hunting or "colour" not in looks:
            return None
        same = (noun for noun in who.nouns if noun.get("shape") == shape and noun not in self._counted)
        return next((noun for noun in same if all(noun.get(name) == looks[name] for name in looks)), None)

    # -- one term; each reader answers with the number of terms it read beyond its own

    def _read(self, hit: Hit, after: tuple[Hit, ...]) -> int:
        if self._denied is not None and (read := self._deny(hit)):
            return read
        reader = getattr(self, "_on_" + hit.role.replace(" ", "_"), None)
        return 1 + ((reader(hit, after) or 0) if reader else 0)

    def _note(self, hit: Hit, meaning: str = "", known: bool = True) -> Term:
        self._terms.append(Term(hit.text, meaning, known))
        return self._terms[-1]

    def _on_shape(self, hit: Hit, after: tuple[Hit, ...]) -> None:
        term = self._note(hit, hit.value)
        noun = self._known_noun(hit.value) or self._who.new()
        made = [noun, *(self._who.new() for _ in range(min(self._count, MOST_THINGS) - 1))]
        for each in made[1:]:
            self._dress(each)
        self._counted = made if len(made) > 1 else []
        for each in (*made, *self._elliptic):
            each.set("shape", hit.value, term)
        self._elliptic = []
        self._name(noun)
        self._open_phrase()

    def _on_colour(self, hit: Hit, after: tuple[Hit, ...]) -> None:
        self._looks.append((hit.role, hit.value, self._note(hit, hit.value)))

    _on_size = _on_material = _on_colour

    def _on_article(self, hit: Hit, after: tuple[Hit, ...]) -> None:
        last = self._who.last
        if hit.text == "one" and (self._looks or self._strange) and last and last.get("shape"):  # "and a red one"
            one = self._who.new()
            one.set("shape", last.get("shape"), last.terms["shape"])
            self._name(one)
            self._open_phrase()
            return
        self._close_phrase(self._count)
        self._article = hit.value
        self._another = hit.text in _ANOTHER

    def _on_count(self, hit: Hit, after: tuple[Hit, ...]) -> None:
        self._close_phrase(int(hit.value))
        self._article = "a"
        if self._count > MOST_THINGS:
            self._note(hit, known=False).why = "too_many"

    def _on_unknown(self, hit: Hit, after: tuple[Hit, ...]) -> None:
        self._note(hit, known=False)
        self._strange = True
        if hit.chinese and (self._looks or self._article) and not (after and after[0].role == "de"):
            self._close_phrase()  # a Chinese noun; what follows it is not its own

    def _on_closer(self, hit: Hit, after: tuple[Hit, ...]) -> None:
        self._close_phrase()
        self._is = hit.text in _IS
        if hit.text in _PLACE_AFTER_NOUN:
            self._who.last_is_aside()
        self._who.aside = self._who.aside or hit.text == "在"

    def _on_aspect(self, hit: Hit, after: tuple[Hit, ...]) -> None:
        """ "with a shiny finish": the noun before is shiny. "made of metal": metal is still to come."""
        if self._looks and self._who.last:
            self._dress(self._who.last)
            self._open_phrase()
        else:
            self._is = True

    def _on_negation(self, hit: Hit, after: tuple[Hit, ...]) -> None:
        """ "no red ball": what follows is left out, and makes no thing of its own."""
        self._deny_no_more()
        self._close_phrase()
        self._denied = []
        self._negation = self._note(hit)
        self._negation.why = "left_out"

    def _deny(self, hit: Hit) -> int:
        """Reads what a "no" speaks of: one thing, place or motion with all that is said of it. 0: it is over."""
        assert self._denied is not None
        named = bool(self._denied) and self._denied[-1].role not in (*_LOOKS, "speed")
        if hit.role == "or" and self._denied:  # "no balls or cubes"
            self._deny_no_more()
            self._denied = []
            return 1
        if hit.role in ("article", "filler", "count", "de") and not named:  # 没有红色的球
            return 1
        if hit.role == "closer" and not self._denied and hit.text not in ("but", "instead"):
            return 1
        scenery = hit.role in ("ground", "sky", "scenery")
        if scenery and self._denied and (named or hit.text.startswith(("on ", "at ", "in ", "under "))):
            scenery = False  # "no ball on snow": it is on snow
        elif hit.role == "shape" and named and self._denied[-1].role not in ("unknown", "emoji"):
            return self._deny_no_more()
        if scenery or hit.role in (*_LOOKS, "shape", "unknown", "emoji", *_DOING):
            self._denied.append(hit)
            self._note(hit).why = "left_out"
            return 1
        return self._deny_no_more()

    def _deny_no_more(self) -> int:
        if self._denied:
            self._left_out.append(spell([hit.text for hit in self._denied]))
        elif self._denied is not None and self._negation:
            self._negation.known, self._negation.why = False, ""
        self._negation = None
        self._denied = None
        return 0

    def _on_or(self, hit: Hit, after: tuple[Hit, ...]) -> None:
        self._close_phrase()

    def _on_emoji(self, hit: Hit, after: tuple[Hit, ...]) -> None:
        self._note(hit, known=False)

    def _on_place(self, hit: Hit, after: tuple[Hit, ...]) -> None:
        self._close_phrase()
        self._note(hit, known=False)
        if hit.chinese:
            self._who.last_is_aside()
        else:
            self._who.aside = not hit.text.startswith(("on ", "at ", "in the"))

    def _on_beside(self, hit: Hit, after: tuple[Hit, ...]) -> None:
        self._close_phrase()
        self._who.aside = not hit.text.endswith(("有", "是"))

    def _on_pronoun(self, hit: Hit, after: tuple[Hit, ...]) -> None:
        self._close_phrase()
        self._who.pronoun()

    def _on_relative(self, hit: Hit, after: tuple[Hit, ...]) -> None:
        self._close_phrase()
        self._who.relative()

    def _on_object_marker(self, hit: Hit, after: tuple[Hit, ...]) -> None:
        self._close_phrase()
        self._who.expect_object()

    def _on_agent_marker(self, hit: Hit, after: tuple[Hit, ...]) -> None:
        self._close_phrase()
        self._who.expect_agent()

    # -- ground and sky

    def _on_ground(self, hit: Hit, after: tuple[Hit, ...]) -> None:
        if after and after[0].role == "shape" and " " not in hit.text and not hit.text.endswith(("上", "里", "y")):
            self._note(hit, known=False)  # "a stone cube": made of it, not on it
        else:
            self._on_scenery(hit, after, GROUND_WORDS[hit.value])

    def _on_sky(self, hit: Hit, after: tuple[Hit, ...]) -> None:
        self._on_scenery(hit, after, SKY_WORDS[hit.value])

    def _on_scenery(self, hit: Hit, after: tuple[Hit, ...], meaning: str = "") -> None:
        """Ground, sky, or a word for either: it has no colours of its own ("purple sand", "the sky is green")."""
        if hit.text.startswith(("on ", "at ", "in ", "under ")):
            self._close_phrase()
        for _, _, term in self._looks:
            term.known = False
        self._open_phrase()
        if meaning:
            self._set_scene(hit, self._note(hit, meaning))
        if after and after[0].text in _IS:
            self._who.last = self._backdrop
        self._who.aside = False

    def _set_scene(self, hit: Hit, term: Term) -> None:
        """The first ground and the first sky said stay, but an afternoon may be overcast."""
        had, now = self._scene.get(hit.role), hit.value
        if had is None or (had == "noon" and self._only_day and now == "overcast"):
            self._scene[hit.role] = now
        elif had != now:
            term.known = had == "overcast" and hit.text in _DAY
        self._only_day = hit.role == "sky" and hit.text in _DAY

    # -- motions

    def _on_motion(self, hit: Hit, after: tuple[Hit, ...]) -> None:
        term = self._note(hit, MOTION_WORDS.get(hit.value, ""))
        if self._is and hit.value in ("push", "orbit") and any(other.text == "by" for other in after):
            self._who.expect_passive(hit.value, term)  # "is pushed to the right by a cube"
            return
        if self._stands_before_noun(hit, after):
            self._doing, self._loose = (hit.value, term, self._loose), []
        else:
            self._close_phrase()
            self._act(hit.value, term, hit.form)

    def _stands_before_noun(self, hit: Hit, after: tuple[Hit, ...]) -> bool:
        """ "a bouncing red ball" or, in Chinese, "bouncing 的 red ball"."""
        if hit.chinese:
            return bool(after) and after[0].role == "de" and _noun_follows(after[1:], ("article", "count"))
        if hit.value in ("push", "orbit") and self._who.groups and not self._article:
            return False  # "a ball hitting big cubes"
        return hit.form in ("ing", "ed") and _noun_follows(after, (), stranger=bool(self._article))

    def _act(self, kind: str, term: Term, form: str, ways: list[_Fact] | None = None) -> Noun:
        noun = self._who.act(kind, term, form)
        for fact in self._loose if ways is None else ways:
            noun.set(*fact)
        self._loose = []
        return noun

    def _on_recolour(self, hit: Hit, after: tuple[Hit, ...]) -> int:
        """Reads on to the colours: "turns blue", "changes from red to blue"."""
        read, colours = _colours_ahead(after, {"": 0, "to": 1, "from": 2}[hit.value])
        if hit.value and not colours:
            if hit.text.startswith("turn"):  # "turns" alone
                self._on_motion(Hit(Lexeme("motion", "spin", hit.form), hit.text, hit.start, hit.end), after)
            else:
                self._note(hit, known=False)
            return 0
        self._close_phrase()
        term = self._note(hit, MOTION_WORDS["recolour"])
        names = ("colour", "to_colour")[-len(colours) :] if colours else ()
        facts = [
            (name, colour.value, self._note(colour, colour.value)) for name, colour in zip(names, colours, strict=True)
        ]
        rest = after[read:]
        of_noun = bool(rest) and rest[0].role == "de" and _noun_follows(rest[1:], ("article", "count"))
        if of_noun and not self._who.groups:
            self._doing, self._loose = ("recolour", term, [*self._loose, *facts]), []
            return read + 1
        noun = self._act("recolour", term, hit.form)
        for fact in facts:
            noun.set(*fact)
        turned_into = rest[of_noun : of_noun + 1]
        if facts and turned_into and turned_into[0].role == "shape":  # "turns into a blue cube"
            self._note(turned_into[0], known=False)
            read += of_noun + 1
        return read

    def _on_passive(self, hit: Hit, after: tuple[Hit, ...]) -> None:
        self._close_phrase()
        self._who.expect_passive(hit.value, self._note(hit, MOTION_WORDS[hit.value]))

    def _on_direction(self, hit: Hit, after: tuple[Hit, ...]) -> None:
        """A direction or a speed: of the verb before it in the clause, else of the verb to come."""
        if not self._looks and not self._article:
            self._close_phrase()
        fact = (hit.role, hit.value, self._note(hit, hit.value))
        if self._in_camera and hit.role == "speed":
            self._set_camera(*fact)
        elif self._doing:
            self._doing[2].append(fact)
        elif self._who.acting and not self._who.groups and not self._article:
            self._who.acting.set(*fact)
        else:
            self._loose.append(fact)

    _on_speed = _on_direction

    # -- the camera

    def _on_camera(self, hit: Hit, after: tuple[Hit, ...]) -> None:
        self._close_phrase()

    def _on_move(self, hit: Hit, after: tuple[Hit, ...]) -> None:
        self._close_phrase()
        self._set_camera("way" if hit.role == "way" else "move", hit.value, self._note(hit))

    _on_way = _on_still_shot = _on_move

    def _set_camera(self, slot: str, value: str, term: Term) -> None:
        """The first move, way and speed said stay; a plain verb gives way to a better one."""
        had = self._camera.get(slot, ("", term))[0]
        if had in ("", "move") or (had, value) == ("roll", "orbit"):
            self._camera[slot] = (value, term)
        elif had != value and ((had, value) != ("orbit", "roll") or term.text.isascii()):  # 围绕红球旋转 is one move
            term.known = False


def _noun_follows(after: tuple[Hit, ...], also: tuple[str, ...], stranger: bool = False) -> bool:
    """A noun comes next, with nothing but adjectives before it; `stranger`: an unknown word will do."""
    unknown = False
    for hit in after:
        if hit.role == "shape":
            return True
        if hit.role not in (*_LOOKS, *also, "de", "filler", "unknown", "emoji"):
            break
        unknown = unknown or hit.role == "unknown"
    return unknown and stranger


def _colours_ahead(after: tuple[Hit, ...], wanted: int) -> tuple[int, list[Hit]]:
    """(terms read, colours) up to the last of the wanted colours."""
    colours: list[Hit] = []
    for read, hit in enumerate(after):
        if len(colours) == wanted:
            return read, colours
        if hit.role == "colour":
            colours.append(hit)
        elif hit.role not in ("article", "filler", "closer", "de"):
            break
    else:
        read = len(after)
    return (read, colours) if len(colours) == wanted else (0, colours[:0])
