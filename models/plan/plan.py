"""The plan: driver-based items, phased over months, with a reserve beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Final

import polars as pl

from models.errors import ConfigError, Mistake
from models.fingerprint import fingerprint
from models.money import MONEY, ZERO, rounded
from models.period import Month, months
from models.plan.check import check
from models.plan.file import PLACES, Contingency, Lever, PlanFile, Statement
from models.plan.head import Approval, Status
from models.plan.item import PlanItem, plan_item
from models.plan.lines import Data
from models.plan.scenario import Reader, resolved
from models.project import Registry
from models.wording import suggestion
from models.yamlfile import Tree, read

FRAME: Final = pl.Schema(
    {
        "project": pl.String(),
        "category": pl.String(),
        "item": pl.String(),
        "month": pl.String(),
        "amount": MONEY,
        "version": pl.Int64(),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One version of a planned TCO; every amount is in `currency`.

    Attributes:
        project: Project id.
        id: Stable id through all versions.
        version: Rises with every change.
        fingerprint: SHA-256 of everything it says but its approval, so that what was
            approved is what was submitted.
        start: First month.
        horizon: How many months.
        removed: Items of the plan it extends that it leaves out.
        scenario: Name of a scenario, which never counts; None for a plan that may.
        file: Where it was read from.
        line: Line of the file at which its version stands.
    """

    project: str
    id: str
    version: int
    currency: str
    start: Month
    horizon: int
    items: tuple[PlanItem, ...]
    fingerprint: str = ""
    reserve: Contingency = field(default_factory=Contingency)
    approval: Approval = field(default_factory=Approval)
    levers: tuple[Lever, ...] = ()
    statement: Statement | None = None
    removed: tuple[str, ...] = ()
    scenario: str | None = None
    file: str = ""
    line: int = 1

    @property
    def subject(self) -> str:
        """Project, version and scenario: what the ledger calls it."""
        names = (self.project, str(self.version), *([self.scenario] if self.scenario else []))
        return "/".join(names)

    @property
    def status(self) -> Status:
        """draft, submitted, approved or superseded."""
        return self.approval.status

    @property
    def months(self) -> tuple[Month, ...]:
        """The months it covers."""
        return months(self.start, self.horizon)

    @property
    def base(self) -> Decimal:
        """Sum of the items: budget at completion, without contingency."""
        return sum((item.amount for item in self.items), ZERO)

    @property
    def contingency_computed(self) -> Decimal:
        """Rate times base."""
        return rounded(Fraction(self.reserve.rate) * Fraction(self.base), PLACES)

    @property
    def contingency_stated(self) -> Decimal | None:
        """What the document printed; None where it printed nothing."""
        return self.reserve.stated_amount

    @property
    def contingency(self) -> Decimal:
        """The reserve that counts: stated or computed, as the plan says."""
        stated = self.contingency_stated
        if self.reserve.use == "stated" and stated is not None:
            return stated
        return self.contingency_computed

    @property
    def total(self) -> Decimal:
        """Base and the contingency that counts."""
        return self.base + self.contingency

    @property
    def total_computed(self) -> Decimal:
        """Base and computed contingency."""
        return self.base + self.contingency_computed

    @property
    def phased(self) -> tuple[Decimal, ...]:
        """Amount of each month, without contingency."""
        return tuple(
            sum((item.phased[n] for item in self.items), ZERO) for n in range(self.horizon)
        )

    def amounts(self) -> list[tuple[str, str, Month, Decimal]]:
        """Return category, item, month and amount, without contingency, which has no month."""
        return [
            (item.category, item.id, month, amount)
            for item in self.items
            for month, amount in zip(self.months, item.phased, strict=True)
        ]

    def frame(self) -> pl.DataFrame:
        """Return `amounts` as a frame: project, category, item, month, amount, version."""
        rows = [
            (self.project, category, item, str(month), amount, self.version)
            for category, item, month, amount in self.amounts()
        ]
        return pl.DataFrame(rows, schema=FRAME, orient="row")


def load(path: Path, reader: Reader = read, data: Data = Path.read_bytes) -> Plan:
    """Read one plan file, the plan it extends, if it does, and the sheet beside it.

    Args:
        path: The plan file.
        reader: Reads a plan file.
        data: Reads a sheet.

    Raises:
        ConfigError: with every mistake.
    """
    return _loaded(path, reader, data)[0]


def load_all(
    paths: Iterable[Path],
    registry: Registry,
    reader: Reader = read,
    data: Data = Path.read_bytes,
) -> tuple[Plan, ...]:
    """Read all plans of a portfolio; each is about a known project.

    Args:
        paths: The plan files.
        registry: The projects.
        reader: Reads a plan file.
        data: Reads a sheet.

    Raises:
        ConfigError: with every mistake of every file; two approved plans that share
            project and version name both files.
    """
    plans: list[Plan] = []
    mistakes: list[Mistake] = []
    for path in paths:
        try:
            plan, tree = _loaded(path, reader, data)
        except ConfigError as error:
            mistakes += error.mistakes
            continue
        project = registry.resolve(plan.project)
        if project is None:
            said = f"'{plan.project}' is not a project. {suggestion(plan.project, registry.ids)}"
            mistakes.append(tree.mistake(said, "plan", "project"))
        found = replace(plan, project=project or plan.project)
        mistakes += _clashes(found, tree, plans)
        plans.append(found)
    if mistakes:
        raise ConfigError(*dict.fromkeys(mistakes))  # a plan that others extend is read twice
    return tuple(plans)


def current(plans: Iterable[Plan]) -> tuple[Plan, ...]:
    """Return the newest approved version of each project, in the order of the projects' ids.

    A scenario never counts.
    """
    approved = (plan for plan in plans if plan.status == "approved" and plan.scenario is None)
    newest = {plan.project: plan for plan in sorted(approved, key=lambda plan: plan.version)}
    return tuple(newest[project] for project in sorted(newest))


def _clashes(plan: Plan, tree: Tree, before: Iterable[Plan]) -> Iterator[Mistake]:
    for other in before:
        same = other.subject == plan.subject
        if same and other.status == plan.status == "approved":
            said = (
                f"version {plan.version} of '{plan.project}' is approved in {other.file}:"
                f"{other.line} too; raise one version, or mark one superseded"
            )
            yield tree.mistake(said, "plan", "version")


def _loaded(path: Path, reader: Reader, data: Data) -> tuple[Plan, Tree]:
    tree, removed = resolved(path, reader, data)
    file = tree.validated(PlanFile)
    check(tree, file)
    head = file.plan
    plan = Plan(
        project=head.project,
        id=head.id,
        version=head.version,
        currency=head.currency,
        start=head.start,
        horizon=head.horizon_months,
        items=tuple(plan_item(item, head.horizon_months) for item in file.items),
        fingerprint=fingerprint(file.model_dump(exclude={"approval"}, exclude_none=True)),
        reserve=file.contingency,
        approval=file.approval,
        levers=file.levers,
        statement=file.source_statement,
        removed=removed,
        scenario=head.scenario,
        file=tree.file,
        line=tree.at("plan", "version").line,
    )
    return plan, tree
