"""Explaining a figure: its trace from the stores of a project, with documents and rates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from models.books import gathered
from models.errors import ConfigError
from models.plan.plan import Plan
from models.yamlfile import read
from reconcile.explain.explanation import Explanation, RateLine, documents
from reconcile.explain.ground import Asked, Ground
from reconcile.explain.leaf import Spent
from reconcile.explain.trace import Trace, traced
from reconcile.portfolio import Portfolio
from scheduler import planning
from scheduler.booking import Books
from scheduler.lines import Lines, Loaded
from scheduler.workspace import Project, Stores


@dataclass
class Explainer:
    """What explains the figures of one report.

    Attributes:
        project: The project.
        stores: Its stores.
        books: What every figure is made of.
        report: The report.
    """

    project: Project
    stores: Stores
    books: Books
    report: Portfolio
    behind: Lines = field(init=False)
    ground: Ground = field(init=False)
    _spend: pl.DataFrame = field(init=False)
    _sids: dict[Spent, pl.Series] = field(default_factory=dict)
    _held: pl.DataFrame | None = None

    def __post_init__(self) -> None:
        """Number the rows of spend, so that lines can name them."""
        plans = planning.standing(self.project, self.stores.ledger).budgets
        places = dict(_places(plans, self.project.folder))
        self.ground = Ground(self.report, plans, self.books.rates, places)
        self._spend = gathered(self.books.spend).with_row_index("sid")
        self.behind = Lines(self.project, self.stores)

    def trace(self, figure_id: str) -> Trace:
        """Return what a figure is made of, which the report has; see `Ground.figure`.

        Raises:
            InvariantError: when its formula does not come to it.
            KeyError: when the report has none.
        """
        figure = self.ground.figure(figure_id)
        if figure is None:
            raise KeyError(figure_id)
        return traced(Asked(self.ground, figure), self)

    def explained(self, figure_id: str) -> Explanation:
        """Return a figure of the report with all that a person may want to know of it.

        Raises:
            InvariantError: see `trace`.
        """
        found = self.trace(figure_id)
        known = {name: _known(each) for name, each in self.behind.documents.items()}
        named = documents(found, known)
        return Explanation(
            trace=found, documents=(*named,), rates=(*self._rates(found),), report=self.report
        )

    def hold(self) -> None:
        """Read all lines at once, for whoever asks for many figures of a small project."""
        self._held = self.behind.of(self._spend)

    @property
    def spend_of_all(self) -> pl.DataFrame:
        """All rows of recognised spend, each grain once, with `sid`."""
        return self._spend

    def spend(self, leaves: Sequence[Spent]) -> pl.DataFrame:
        """Return the rows of spend of some leaves, each once."""
        sids = [self._of_leaf(leaf) for leaf in leaves]
        wanted = pl.concat(sids).unique().sort() if sids else pl.Series(dtype=pl.UInt32)
        return self._spend[wanted]

    def lines(self, spend: pl.DataFrame) -> pl.DataFrame:
        """Return the lines behind rows of spend."""
        if self._held is None:
            return self.behind.of(spend)
        return self._held.join(spend.select("sid"), on="sid", how="semi")

    def _of_leaf(self, leaf: Spent) -> pl.Series:
        if leaf not in self._sids:
            self._sids[leaf] = self._spend.filter(leaf.rows)["sid"]
        return self._sids[leaf]

    def _rates(self, found: Trace) -> Iterator[RateLine]:
        """Yield the rates that lines were converted at, each with its source."""
        to = self.report.currency
        foreign = found.lines.filter(pl.col("rate") != 1)
        pairs = foreign.select("currency", "rated", "rate").unique()
        for currency, at, rate in pairs.sort("currency", "rated").iter_rows():
            yield RateLine(currency, to, at, rate, self.project.settings.rates)


def _known(each: Loaded) -> Mapping[str, Any]:
    document = each.document["document"]
    return {
        "name": document["name"],
        "size": document["size"],
        "scope": each.scope,
        "loaded_at": each.record.at,
    }


def _places(plans: Iterable[Plan], folder: Path) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield where the items of plans are written in a folder, of files that still say them."""
    for plan in plans:
        path = Path(plan.file)
        name = path.relative_to(folder) if path.is_relative_to(folder) else path
        try:
            tree = read(path)
        except ConfigError:  # it is gone, or edited: the plan itself was read from what is kept
            continue
        for number, item in enumerate(tree.data.get("items", ())):
            line = tree.at("items", number).line
            yield (plan.project, str(item.get("id"))), f"{name.as_posix()}:{line}"
