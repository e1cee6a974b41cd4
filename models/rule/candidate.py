"""Candidates: what could catch loose cost, whose it then is, and the largest ones of them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

import polars as pl

from models.attribution import asked
from models.money import MONEY, ZERO
from models.project import Registry
from models.projectfile import RESERVED
from models.rule.feature import FEATURES, features
from models.rule.rule import TAG, Rule, RuleSet

CONSIDERED: Final = 500  # features of the largest amounts; smaller ones are never the largest
SURE: Final = Fraction(9, 10)  # of what has an owner and the feature: then it is a sign of it
EVERYWHERE: Final = Fraction(9, 10)  # of all cost: what nearly everything has tells nothing apart

_ORDER: Final = {"account": 1, "resource": 2, "service": 3, "usage_type": 4}  # tags come first
_OF: Final = ("field", "value")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A feature, and the project of what has it.

    Attributes:
        field: Name of the condition.
        value: Its pattern, canonical.
        project: Id of the project that bears what is like it; None when nobody knows.
        why: How that is known.
    """

    field: str
    value: str
    project: str | None
    why: str


def unspelled(loose: pl.DataFrame, rules: RuleSet, registry: Registry) -> pl.DataFrame:
    """Return the rows that a rule would catch if the value of their tag spelled a project.

    Returns:
        FEATURES with `original`, the value as delivered; spellings of other days left out.
    """
    matcher = asked(loose, rules)
    parts = [pl.DataFrame(schema={**FEATURES, "original": pl.String()})]
    for rule in rules.rules:
        if rule.to.project_tag is not None:
            texts = matcher.tag(rule.to.project_tag)
            met = matcher.meeting(rule.when) & _holds(rule, loose["day"])
            met = met & ~matcher.meeting(rule.unless) if rule.unless else met
            named = pl.DataFrame({
                "value": texts.canonical.gather(texts.index),
                "original": texts.original.gather(texts.index),
            }).with_row_index("row").filter(met)  # fmt: skip
            field = pl.lit(TAG + rule.to.project_tag).alias("field")
            parts.append(named.select("row", field, "value", "original"))
    found = pl.concat(parts).drop_nulls().unique(["row", "value"], maintain_order=True)
    spelled = [text for text in found["value"].unique() if _is_known(text, registry)]
    return found.filter(~pl.col("value").is_in(spelled)).sort("row", "value")


def _is_known(text: str, registry: Registry) -> bool:
    return text in RESERVED or registry.resolve(text) is not None


def _holds(rule: Rule, days: pl.Series) -> pl.Series:
    day, whole = pl.col("day"), pl.lit(value=True)
    since = whole if rule.since is None else day >= rule.since
    until = whole if rule.until is None else day <= rule.until
    return days.to_frame("day").select((since & until).alias("holds")).to_series()


def largest(
    loose: pl.DataFrame, owned: pl.DataFrame, free: pl.Series, registry: Registry, top: int
) -> list[Candidate]:
    """Return the features that catch most, each counted without what those before it catch.

    Args:
        loose: Rows with `amount`.
        owned: What has an owner, with `amount`, which tells whose a feature is.
        free: Per loose row, whether it may be caught at all.
        registry: The projects.
        top: How many.
    """
    every = features(loose)
    amounts = loose.with_row_index("row").select("row", "amount")
    rows = every.filter(free.gather(every["row"])).join(amounts, on="row")
    sums = rows.group_by(_OF).agg(pl.col("amount").sum().cast(MONEY))
    considered = sums.filter(pl.col("amount") > 0).top_k(CONSIDERED, by=["amount", *_OF])
    mine = _sized(every, loose, considered.select(_OF), [])
    theirs = _sized(features(owned), owned, considered.select(_OF), ["project"])
    signs = _Signs.of(mine, theirs, _size(loose) + _size(owned), registry)
    rows = rows.join(considered.select(_OF), on=_OF)
    found: list[Candidate] = []
    while len(found) < top and (best := signs.best(rows)):
        found.append(best)
        caught = rows.filter(pl.col("field") == best.field, pl.col("value") == best.value)["row"]
        rows = rows.filter(~pl.col("row").is_in(caught.implode()))
    return found


@dataclass(frozen=True, slots=True)
class _Signs:
    """Whose features are: sizes of what has an owner by feature and project, and of all."""

    owners: dict[tuple[str, str], list[tuple[str, Fraction]]]
    everywhere: frozenset[tuple[str, str]]
    registry: Registry

    @classmethod
    def of(
        cls, mine: pl.DataFrame, theirs: pl.DataFrame, whole: Decimal, registry: Registry
    ) -> _Signs:
        sizes = pl.concat([mine, theirs.select(*_OF, "size")])
        summed = sizes.group_by(_OF).agg(pl.col("size").sum())
        large = [
            (name, value)
            for name, value, size in summed.iter_rows()
            if size and Fraction(size) > EVERYWHERE * Fraction(whole)
        ]
        owners: dict[tuple[str, str], list[tuple[str, Fraction]]] = {}
        for name, value, project, size in theirs.sort(*_OF, "project").iter_rows():
            owners.setdefault((name, value), []).append((project, Fraction(size or ZERO)))
        return cls(owners, frozenset(large), registry)

    def best(self, rows: pl.DataFrame) -> Candidate | None:
        """Return the feature of the largest sum that tells a project from others."""
        sums = rows.group_by(_OF).agg(pl.col("amount").sum())
        found = sorted(sums.filter(pl.col("amount") > 0).iter_rows(), key=_rank)
        return next(
            (one for name, value, _ in found if (one := self._candidate(name, value))), None
        )

    def _candidate(self, field: str, value: str) -> Candidate | None:
        if (field, value) in self.everywhere:
            return None
        named = self.registry.resolve(value.rstrip("*").strip("-_./: "))
        if named is not None:
            return Candidate(field, value, named, "it names the project")
        owners = self.owners.get((field, value), [])
        whole = sum(size for _, size in owners)
        if not whole:
            return Candidate(
                field, value, None, "no project has anything like it yet; put yours in its place"
            )
        project, size = max(owners, key=lambda owner: owner[1])
        if size < SURE * whole:
            return None
        percent = int(size * 100 / whole)
        return Candidate(field, value, project, f"{percent} % of what has it is of this project")


def _sized(
    found: pl.DataFrame, frame: pl.DataFrame, asked: pl.DataFrame, by: list[str]
) -> pl.DataFrame:
    """Return the size of each asked feature of a frame, by other columns of it."""
    numbered = frame.with_row_index("row").select("row", "amount", *by)
    rows = found.join(asked, on=_OF, how="semi").join(numbered, on="row")
    return rows.group_by(*_OF, *by).agg(size=pl.col("amount").abs().sum())


def _size(frame: pl.DataFrame) -> Decimal:
    return Decimal(frame["amount"].abs().sum())


def _rank(found: tuple[str, str, object]) -> tuple[object, ...]:
    """Return what candidates are sorted by: amount, kind, and of beginnings the longest first."""
    name, value, amount = found
    return -amount, _ORDER.get(name, 0), name, -len(value), value  # type: ignore[operator]
