"""The ground that explanations stand on: one report, and the plans and rates it was made with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from functools import cached_property
from typing import Final
from urllib.parse import unquote

from models.category import CONTINGENCY
from models.money import WIDE, ZERO, stored
from models.period import Month
from reconcile.actuals import Converter
from reconcile.explain.leaf import Planned, PlanRow
from reconcile.figure import COMPLETION, MEASURES, Figure, to_date
from reconcile.given import Planned as Plan
from reconcile.line import Line
from reconcile.portfolio import Portfolio
from reconcile.tally import upto

ONE: Final = Decimal(1)
UNTIL: Final = "to-"
MONTH_LENGTH: Final = 7  # of the text of a day, too
_LEAST: Final = 2  # marks between scope, period and measure
_Key = tuple[str, str, str]  # scope, period, measure


@dataclass(frozen=True)
class Ground:
    """What every explanation of one report may look at.

    Attributes:
        report: The report.
        plans: The plans it compares with.
        rates: Exchange rates.
        places: Where plan items are written, `file:line`, by project and item.
    """

    report: Portfolio
    plans: Sequence[Plan]
    rates: Converter
    places: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @cached_property
    def lines(self) -> dict[str, Line]:
        """The lines of the report by scope."""
        report = self.report
        own = [report.total, report.unallocated, *report.categories, *report.projects]
        own += [part for line in report.projects for part in line.categories]
        return {line.scope: line for line in own}

    @cached_property
    def parts(self) -> dict[str, tuple[Line, ...]]:
        """The lines that a line is the sum of, by scope; none for what is made of spend."""
        report = self.report
        found = {line.scope: line.categories for line in report.projects}
        found[report.total.scope] = report.projects
        for term in report.categories:
            found[term.scope] = tuple(
                part for line in report.projects for part in line.categories if part.key == term.key
            )
        return found

    @cached_property
    def _plan_rows(self) -> dict[str, tuple[PlanRow, ...]]:
        return {plan.project: tuple(self._rows(plan)) for plan in self.plans}

    @property
    def now(self) -> str:
        """The period to date of the report."""
        return to_date(self.report.month)

    @cached_property
    def below(self) -> dict[_Key, tuple[str, ...]]:
        """The figures of one measure and period one step below a scope, by these three."""
        found: dict[_Key, list[str]] = {}
        for each in self.report.figures:
            scope, period, measure = each.rsplit("/", 2)
            found.setdefault((scope.rpartition("/")[0], period, measure), []).append(each)
        return {key: tuple(ids) for key, ids in found.items()}

    def tallied(self, figure_id: str) -> Decimal | None:
        """Return plan, actual or forecast of a line in a period that its report does not print."""
        scope, period, measure = figure_id.rsplit("/", 2)
        line = self.lines.get(scope)
        if line is None or period == COMPLETION:
            return None
        tally = line.tally
        amounts = {"pl": tally.plan, "ac": tally.actual, "fc": tally.forecast}.get(measure)
        try:
            month = Month.parse(period.removeprefix(UNTIL))
        except ValueError:
            return None
        if amounts is None:
            return None
        return upto(amounts, month) if period.startswith(UNTIL) else amounts.get(month)

    def figure(self, figure_id: str) -> Figure | None:
        """Return a figure of the report, or one of a line in a month that it does not print."""
        known = self.report.figures.get(figure_id)
        if known is not None or figure_id.count("/") < _LEAST:
            return known
        value = self.tallied(figure_id)
        return None if value is None else self.made(figure_id, value, self.report.currency)

    def made(self, figure_id: str, value: Decimal | None, unit: str) -> Figure:
        """Return a figure that the report does not print; the unit is that of an amount."""
        what = MEASURES[figure_id.rsplit("/", 1)[1]]
        return Figure(figure_id, value, what.basis, what.unit or unit, what.definition)

    def planned(
        self, project: str, category: str = "", item: str = "", months: Iterable[Month] = ()
    ) -> Planned:
        """Return the plan items of a project, without contingency; of all months unless given."""
        wanted = {*map(str, months)}
        rows = tuple(
            row
            for row in self._plan_rows.get(project, ())
            if (not category or row.category == category)
            and (not item or row.item == item)
            and (not wanted or row.month in wanted)
        )
        with localcontext(prec=WIDE):
            value = sum((row.value for row in rows), ZERO)
        named = "/".join(filter(None, (project, category, item)))
        return Planned(said=f"items of the plan of {named}", rows=rows, value=value)

    def _rows(self, plan: Plan) -> Iterable[PlanRow]:
        to, start = self.report.currency, plan.start
        columns = ("category", "item", "month", "amount")
        with localcontext(prec=WIDE):
            rate = self.rates.convert(ONE, plan.currency, to, start)
            for category, item, month, amount in plan.frame().select(columns).iter_rows():
                if category != CONTINGENCY:
                    yield PlanRow(
                        project=plan.project,
                        version=plan.version,
                        file=self.places.get((plan.project, item), getattr(plan, "file", "")),
                        item=item,
                        category=category,
                        month=month,
                        amount=amount,
                        currency=plan.currency,
                        rate=rate,
                        value=stored(self.rates.convert(amount, plan.currency, to, start)),
                    )


@dataclass(frozen=True)
class Asked:
    """One figure that is to be explained, and the ground to explain it from."""

    ground: Ground
    figure: Figure

    @property
    def scope(self) -> str:
        """All of its id but period and measure."""
        return self.figure.id.rsplit("/", 2)[0]

    @property
    def names(self) -> tuple[str, ...]:
        """The names that its scope consists of."""
        return tuple(map(unquote, self.scope.split("/")))

    @property
    def period(self) -> str:
        """A month, `to-` a month, a day, or `completion`."""
        return self.figure.id.rsplit("/", 2)[1]

    @property
    def measure(self) -> str:
        """The last part of its id."""
        return self.figure.id.rsplit("/", 1)[1]

    @property
    def month(self) -> Month:
        """The month of its period; that of the report for `completion`."""
        if self.period == COMPLETION:
            return self.ground.report.month
        return Month.parse(self.period.removeprefix(UNTIL)[:MONTH_LENGTH])

    @property
    def line(self) -> Line | None:
        """The line of the report it belongs to."""
        return self.ground.lines.get(self.scope)

    @property
    def parts(self) -> tuple[Line, ...]:
        """The lines that its line is the sum of."""
        return self.ground.parts.get(self.scope, ())

    def id(self, measure: str, *, scope: str = "", period: str = "") -> str:
        """Return the id of another figure, of the same scope and period unless given."""
        return f"{scope or self.scope}/{period or self.period}/{measure}"

    def value(self, figure_id: str) -> Decimal | None:
        """Return the value of a figure of the report; None where it has none."""
        found = self.ground.report.figures.get(figure_id)
        return found.value if found else self.ground.tallied(figure_id)

    def other(self, figure_id: str, value: Decimal | None) -> Asked:
        """Return another figure, of this report or of the same kind in another month."""
        known = self.ground.report.figures.get(figure_id)
        made = known or self.ground.made(figure_id, value, self.figure.unit)
        return Asked(self.ground, made)
