"""Who does what: the nouns of a prompt and the verbs between them."""

from __future__ import annotations

from vitascope.smallworld.reader.resolve import Noun, Term

_ACT_ON_ANOTHER = ("push", "orbit", "spin or orbit")
#: Two motions of one thing that are one motion of the world.
_JOINED = {
    ("drop", "bounce"): "bounce", ("bounce", "jump"): "bounce", ("drop", "squash"): "squash", ("roll", "move"): "roll",
    ("orbit", "spin"): "orbit", ("orbit", "roll"): "orbit", ("orbit", "slide"): "orbit", ("orbit", "move"): "orbit",
    ("spin or orbit", "spin"): "spin or orbit", ("roll", "push"): "push", ("slide", "push"): "push",
    ("move", "approach"): "approach", ("roll", "approach"): "approach", ("slide", "approach"): "approach",
    ("move", "recede"): "recede", ("roll", "recede"): "recede", ("slide", "recede"): "recede",
}  # fmt: skip


class Subjects:
    """Nouns are placed as they come; a verb goes to the subject before it, or waits for the one it acts on."""

    def __init__(self) -> None:
        self.nouns: list[Noun] = []
        self.begin()

    def begin(self) -> None:
        """A new sentence. The last noun is remembered: "The ball rolls. Slowly." """
        self.groups: list[list[Noun]] = []  # subjects to come, those joined by "and" together
        self.acting: Noun | None = None  # whose verb was read last
        self.last: Noun | None = None if not self.nouns else self.nouns[-1]
        self.aside = False  # the next noun is no subject: "next to a cube"
        self.joined = False  # the next noun is joined to the one before by "and"
        self.clause_over = False  # a mark or joint came after the last verb: a noun may be a new subject
        self._hunter: Noun | None = None  # waits for the thing it acts on
        self._agent = self._object = False  # a Chinese marker: the next noun acts, or is acted on
        self._acted_on: Noun | None = None
        self._passive: tuple[str, Term, Noun | None] | None = None

    def join(self, joined: bool) -> None:
        """A mark or joint between clauses."""
        self.aside, self.joined, self.clause_over = False, joined, True
        if not joined:
            self._hunter = None

    def new(self, stranger: bool = False) -> Noun:
        noun = Noun(stranger=stranger)
        self.nouns.append(noun)
        return noun

    def place(self, noun: Noun) -> None:
        """What the noun is to the verbs around it: acted on, acting, beside, or a subject to come."""
        self.last = noun
        if self._passive:
            kind, term, noun.target = self._passive
            self._passive = None
            self.move(noun, kind, term)
            self.acting = noun
        elif self._agent:
            noun.target = self.current()
            self._agent, self.groups = False, [[noun]]
        elif self._object:
            self._object, self._acted_on = False, noun
        elif self._hunter and self._hunter is not noun:
            self._hunter.target, self._hunter = noun, None
        elif not self.aside and (self.clause_over or not self.acting):
            self.subject(noun)
        self.aside = False

    def subject(self, noun: Noun) -> None:
        if self.acting:
            self.groups, self.acting = [], None
        if self.joined and self.groups:
            self.groups[-1].append(noun)
        else:
            self.groups.append([noun])
        self.clause_over = self.joined = False

    def current(self) -> Noun | None:
        """The noun that a verb read now would belong to."""
        if self.groups:
            return self.groups[-1][0]
        return self.acting or self.last or (self.nouns[0] if self.nouns else None)

    @property
    def unnamed(self) -> Noun | None:
        """The subject that a verb had to make up, before any noun was read and unless it waits for the noun."""
        only = self.nouns[0] if len(self.nouns) == 1 else None
        return (
            only
            if only and not only.stranger and set(only.facts) <= {"motion", "direction", "speed"} and not self._hunter
            else None
        )

    @property
    def hunting(self) -> bool:
        """Whether a verb waits for the thing it acts on."""
        return self._hunter is not None or self._agent or self._object or self._passive is not None

    def pronoun(self) -> None:
        """ "it" is the first thing: acted on where a verb waits for that, else the subject."""
        if not self.nouns:
            return
        if self._hunter and self._hunter is not self.nouns[0]:
            self._hunter.target, self._hunter = self.nouns[0], None
        elif self.clause_over or not self.acting:
            self.subject(self.nouns[0])

    def relative(self) -> None:
        """ "that", "which": the verb to come belongs to the noun just read."""
        if self.last:
            self.groups, self.acting = [[self.last]], None

    def last_is_aside(self) -> None:
        """A Chinese place word stands after its noun, which then is no subject."""
        if len(self.groups) > 1 and self.groups[-1][-1] is self.last:
            self.groups.pop()

    def expect_agent(self) -> None:
        self._agent = True

    def expect_object(self) -> None:
        self._object = True

    def expect_passive(self, kind: str, term: Term) -> None:
        """ "is hit by": the noun to come acts on the one before."""
        self._passive = (kind, term, self.current())

    def act(self, kind: str, term: Term, form: str) -> Noun:
        """The subject does this; answers with the subject. `form`: see `Lexeme`."""
        noun = self._subject_of(form)
        self.move(noun, kind, term)
        self.acting, self.groups, self.clause_over, self.aside = noun, [], False, False
        if kind in _ACT_ON_ANOTHER:
            self._hunter = noun
            if self._acted_on:
                noun.target, self._acted_on, self._hunter = self._acted_on, None, None
        return noun

    def _subject_of(self, form: str) -> Noun:
        everyone = [noun for group in self.groups for noun in group]
        if form == "base" and everyone:
            return everyone[0]  # "a ball, a cube and a cone bounce"
        if self.groups:
            return self.groups[-1][0]
        if not self.acting:
            return self.nouns[0] if self.nouns else self.new()
        last = self.last
        if self.clause_over or not last or last is self.acting.target or last.get("motion") or not self.acting.moves:
            return self.acting
        return last  # "a ball bounces a cube spins"

    @staticmethod
    def move(noun: Noun, kind: str, term: Term) -> None:
        """A noun has one motion: the first, or what both are together; another one is not known."""
        had = noun.get("motion")
        joined = _JOINED.get((had, kind)) or _JOINED.get((kind, had))
        if had in ("", "stand") or (had == "move" and kind != "stand"):
            noun.facts["motion"] = kind
        elif joined:
            noun.facts["motion"] = joined
        elif had != kind:
            term.known = False
        if had in ("", "stand", "move"):
            noun.terms["motion"] = term
