"""Who claims each key: the rule that decides, and the first one after it that disagrees."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from models.attribution import catches, resolved
from models.project import Registry
from models.rule.alike import Alike
from models.rule.rule import TAG, Rule, RuleSet

SETS: Final = ("project", "category", "item")
PLACE: Final = pl.UInt16()

_ANYWHERE: Final = frozenset({"source", "provider"})


@dataclass(frozen=True, slots=True)
class Contest:
    """Who claims the keys on the days of one epoch.

    Attributes:
        rules: The rules that hold, whose places `frame` has.
        projects: What the codes of projects in `frame` stand for; splits are among them.
        met: Per rule, whether it catches each key.
        frame: A row a key: place of the first rule for `project`, `category` and `item`, code
            of its project as `given`; place of the first `other` rule and its project, `rival`.
    """

    rules: tuple[Rule, ...]
    projects: tuple[str, ...]
    met: list[pl.Series]
    frame: pl.DataFrame

    def decided(self, alive: pl.Series) -> Iterator[tuple[str, str | None, int]]:
        """Yield each rule that catches something, who decides it instead, and how many keys.

        Args:
            alive: Per key, whether it has charges.
        """
        mine = self.frame.filter(alive)
        first = {name: dict(mine[name].drop_nulls().value_counts().iter_rows()) for name in SETS}
        for place, (rule, met) in enumerate(zip(self.rules, self.met, strict=True)):
            won = max(first[name].get(place, 0) for name in SETS)
            if won:
                yield rule.id, None, won
            elif (caught := met & alive).any():
                yield rule.id, self._before(rule, caught), int(caught.sum())

    def _before(self, rule: Rule, met: pl.Series) -> str:
        """Return the rule that decides most of what another one catches."""
        first = self.frame[next(_sets(rule))].filter(met)
        place: int = first.mode().sort()[0]
        return self.rules[place].id

    def named(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return a frame of places and codes with the ids of rules and projects instead."""
        ids = pl.Series([rule.id for rule in self.rules], dtype=pl.String)
        projects = pl.Series(self.projects, dtype=pl.String)
        return frame.with_columns(
            rule=ids.gather(frame["project"]),
            project=projects.gather(frame["given"]),
            other_rule=ids.gather(frame["other"]),
            other_project=projects.gather(frame["rival"]),
        ).drop("given", "other", "rival")


def contest(
    keys: pl.Series, kinds: Alike, rules: RuleSet, registry: Registry, day: date
) -> Contest:
    """Return who claims the keys on a day, deciding as attribution does.

    A rule that asks for nothing but source and provider takes what others leave, and disagrees
    with nobody.

    Args:
        keys: Their `key_id`.
        kinds: What the rules see of them.
        rules: The rules, of all days.
        registry: The projects.
        day: A day of the epoch.
    """
    mine = RuleSet(tuple(rule for rule in rules.rules if rule.holds(day)))
    seen = resolved(kinds.seen, rules, registry, day)
    splits = [_split(rule.to.split) for rule in mine.rules if rule.to.split]
    projects = tuple(dict.fromkeys((*registry.ids, *splits)))
    codes = {name: code for code, name in enumerate(projects)}
    frame = seen.select(
        "kind",
        *(catches(rule).alias(f"met {place}") for place, rule in enumerate(mine.rules)),
        *(_coded(tag, codes) for tag in mine.project_tags),
    )[kinds.kind].with_columns(keys)
    met = [frame[f"met {place}"] for place in range(len(mine.rules))]
    bearers = {each: registry.bearer(each, day) for each in registry.ids}
    given = {
        place: _given(rule, codes, bearers)
        for place, rule in enumerate(mine.rules)
        if "project" in _sets(rule)
    }
    return Contest(mine.rules, projects, met, _decided(frame, mine.rules, given))


def _split(name: str) -> str:
    """Return how a split is called where a project would stand."""
    return f"split {name}"


def _coded(tag: str, codes: dict[str, int]) -> pl.Expr:
    found = pl.col(TAG + tag).replace_strict(codes, default=None, return_dtype=PLACE)
    return found.alias(f"tag {tag}")


def _given(rule: Rule, codes: dict[str, int], bearers: dict[str, str]) -> pl.Expr:
    """Return the code of the project that a rule gives."""
    if rule.to.project_tag is not None:
        return pl.col(f"tag {rule.to.project_tag}")
    name = _split(rule.to.split) if rule.to.split else bearers[rule.to.project or ""]
    return pl.lit(codes[name], PLACE)


def _decided(frame: pl.DataFrame, rules: Sequence[Rule], given: dict[int, pl.Expr]) -> pl.DataFrame:
    """Return the columns of `Contest.frame`."""
    first = {name: _first(_setting(rules, name)) for name in SETS}
    had = frame.with_columns(
        given=_first((_met(place), code) for place, code in given.items()), **first
    )
    rivals = [
        (place, code, _met(place) & (code != pl.col("given")))
        for place, code in given.items()
        if not takes_the_rest(rules[place])
    ]
    return had.select(
        "key_id",
        *SETS,
        "given",
        other=_first((differs, pl.lit(place, PLACE)) for place, _, differs in rivals),
        rival=_first((differs, code) for _, code, differs in rivals),
    )


def _setting(rules: Sequence[Rule], name: str) -> Iterator[tuple[pl.Expr, pl.Expr]]:
    """Yield of each rule that sets a thing where it holds, and its place."""
    for place, rule in enumerate(rules):
        if name in _sets(rule):
            yield _met(place), pl.lit(place, PLACE)


def _met(place: int) -> pl.Expr:
    return pl.col(f"met {place}")


def _first(cases: Iterable[tuple[pl.Expr, pl.Expr]]) -> pl.Expr:
    """Return the value of the first case that holds; null when none does."""
    found = [pl.when(holds).then(value) for holds, value in cases]
    return pl.coalesce(*found, pl.lit(None, PLACE))


def _sets(rule: Rule) -> Iterator[str]:
    """Yield what a rule sets; a split stands for the project."""
    to = rule.to
    if to.project is not None or to.project_tag is not None or to.split is not None:
        yield "project"
    if to.category is not None:
        yield "category"
    if to.item is not None:
        yield "item"


def takes_the_rest(rule: Rule) -> bool:
    """Return whether a rule asks for nothing but where charges come from."""
    return not rule.unless and all(each.field in _ANYWHERE for each in rule.when)
