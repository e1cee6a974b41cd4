"""Look-alikes: texts that spell no project, and that a person would read as one.

They are told, never accepted: a name one letter away may well be another project.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

from models.canonical import canonical_value
from models.project import Registry
from models.rule.confusable import LATIN

Way = Literal["letters", "spacing", "edit"]

WORDS: Final[dict[Way, str]] = {
    "letters": "looks the same as",
    "spacing": "differs in hyphens or spaces from",
    "edit": "is one letter off",
}
SHORTEST: Final = 5  # letters; shorter names are one letter apart by nature
LONGEST: Final = 64  # letters; longer texts are no names
_VARIANT: Final = 2  # letters of a part, as in -eu and -us, that tell two projects apart


@dataclass(frozen=True, slots=True)
class LookAlike:
    """A text, and the project that it looks like.

    Attributes:
        text: As it was given.
        project: Id of the project.
        spelling: The spelling of it that the text looks like.
        way: How they differ.
    """

    text: str
    project: str
    spelling: str
    way: Way


@dataclass(frozen=True)
class _Form:
    """What is compared of a text: its parts, and its letters in Latin without what parts them."""

    parts: tuple[str, ...]
    letters: str

    @classmethod
    def of(cls, text: str) -> _Form:
        plain = unicodedata.normalize("NFKC", text)
        seen = canonical_value(plain.translate(LATIN))
        return cls(tuple(_parts(canonical_value(plain))), "".join(_parts(seen)))

    @cached_property
    def digits(self) -> str:
        return "".join(letter for part in self.parts for letter in part if letter.isdecimal())

    @property
    def shortened(self) -> Iterator[str]:
        """Yield the letters, and the letters without each one of them."""
        yield self.letters
        if SHORTEST <= len(self.letters) <= LONGEST:
            yield from (self.letters[:n] + self.letters[n + 1 :] for n in range(len(self.letters)))


def _parts(text: str) -> list[str]:
    """Return the parts of a text between spaces, hyphens and other marks."""
    marks = ("P", "Z")
    return "".join(" " if unicodedata.category(c)[0] in marks else c for c in text).split()


def lookalikes(texts: Iterable[str], registry: Registry) -> list[LookAlike]:
    """Return those texts that look like a spelling of a project and are none on any day.

    Time grows with the number of texts and of spellings, not with their product.

    Args:
        texts: As delivered.
        registry: The projects.
    """
    known = [
        (_Form.of(alias.name), alias.name, project.id)
        for project in registry.projects
        for alias in project.known_as
    ]
    near: dict[str, list[int]] = {}
    for number, (form, _, _) in enumerate(known):
        for letters in form.shortened:
            near.setdefault(letters, []).append(number)
    strangers = (text for text in dict.fromkeys(texts) if text and registry.resolve(text) is None)
    found = (_nearest(text, known, near) for text in strangers)
    return [each for each in found if each]


def _nearest(
    text: str, known: list[tuple[_Form, str, str]], near: dict[str, list[int]]
) -> LookAlike | None:
    """Return what a text looks like most: the same letters before one letter off."""
    form = _Form.of(text)
    numbers = sorted({number for letters in form.shortened for number in near.get(letters, ())})
    ways: list[tuple[Way, int]] = [
        (way, number) for number in numbers if (way := _way(form, known[number][0]))
    ]
    if not ways:
        return None
    way, number = min(ways, key=lambda found: (found[0] == "edit", found[1]))
    _, spelling, project = known[number]
    return LookAlike(text, project, spelling, way)


def _way(one: _Form, other: _Form) -> Way | None:
    """Return how two texts resemble each other; None when they do not."""
    if one.letters == other.letters:
        return "spacing" if "".join(one.parts) == "".join(other.parts) else "letters"
    if one.digits != other.digits or _is_variant(one.parts, other.parts):
        return None
    return "edit" if _one_edit(one.letters, other.letters) else None


def _is_variant(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Return whether two texts differ in one short part, or in having one part more."""
    if len(one) == len(other):
        apart = [pair for pair in zip(one, other, strict=True) if pair[0] != pair[1]]
        return any(max(map(len, pair)) <= _VARIANT for pair in apart)
    shorter, longer = sorted((one, other), key=len)
    return any(longer[:n] + longer[n + 1 :] == shorter for n in range(len(longer)))


def _one_edit(one: str, other: str) -> bool:
    """Return whether one letter more, less or other, or two swapped, makes them the same."""
    shorter, longer = sorted((one, other), key=len)
    if len(longer) - len(shorter) > 1:
        return False
    n = next((n for n, c in enumerate(shorter) if c != longer[n]), len(shorter))
    if len(shorter) < len(longer):
        return shorter[n:] == longer[n + 1 :]
    swapped = longer[n + 1 : n + 2] + longer[n : n + 1] + longer[n + 2 :]
    return shorter[n + 1 :] == longer[n + 1 :] or shorter[n:] == swapped
