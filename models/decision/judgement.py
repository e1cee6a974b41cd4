"""Judgements: what a person says of days that stood out, in `decisions.yaml`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final, Literal

from pydantic import model_validator

from models.category import TERMS, UNALLOCATED
from models.errors import Mistake
from models.field import DayText, Strict, Text
from models.wording import suggestion
from models.yamlfile import Tree

# what AWS Cost Anomaly Detection takes as PLANNED_ACTIVITY, NO and YES
Verdict = Literal["planned", "false_alarm", "real"]
CATEGORIES: Final = (*TERMS, UNALLOCATED)


class Judgement(Strict):
    """What somebody says of days of a project that stood out; nobody is told of them any more."""

    project: Text
    """Project whose days they are, or `unallocated`."""
    category: Text
    """Category in which they stood out."""
    day: DayText
    """The day that the report tells."""
    through: DayText | None = None
    """Last day that is meant; `day` alone unless given."""
    verdict: Verdict
    """`planned`: somebody meant it; `false_alarm`: nothing was wrong; `real`: known, dealt with."""
    by: Text
    """Who says so."""
    reason: Text
    """Why."""

    @model_validator(mode="after")
    def forward(self) -> Judgement:
        """Refuse days that end before they begin."""
        if self.through is not None and self.through < self.day:
            raise ValueError(f"through {self.through} is before {self.day}; give a later day")
        return self

    def covers(self, project: str, category: str, day: date) -> bool:
        """Return whether it is about a day of a category of a project."""
        mine = (self.project, self.category) == (project, category)
        return mine and self.day <= day <= (self.through or self.day)


def unknown(tree: Tree, judged: Iterable[Judgement], projects: Iterable[str]) -> Iterator[Mistake]:
    """Yield judgements of projects and categories that are not there.

    Args:
        tree: Where they stand, under `anomalies`.
        judged: The judgements, in the order of the file.
        projects: Ids of the projects.
    """
    known = {"project": [*projects, UNALLOCATED], "category": CATEGORIES}
    for number, entry in enumerate(judged):
        for key, names in known.items():
            name = getattr(entry, key)
            if name not in names:
                said = f"'{name}' is not a {key}. {suggestion(name, names)}"
                yield tree.mistake(said, "anomalies", number, key)
