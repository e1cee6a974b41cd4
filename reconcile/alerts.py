"""Which alerts open, worsen and resolve; decides, and sends nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Final, Literal, Protocol

EAC_OVER_LIMIT: Final = "eac_over_limit"
SPEND_AFTER_END: Final = "spend_after_end"
UNALLOCATED_OVER: Final = "unallocated_over"
DAILY_ANOMALY: Final = "daily_anomaly"
COST_WITHOUT_PLAN: Final = "cost_without_plan"
# rule: how urgent it is, and what it says of a project in a line
SEVERITY: Final = {
    EAC_OVER_LIMIT: "critical",
    SPEND_AFTER_END: "warning",
    UNALLOCATED_OVER: "warning",
    DAILY_ANOMALY: "warning",
    COST_WITHOUT_PLAN: "warning",
}
SAYS: Final = {
    EAC_OVER_LIMIT: "over its limit",
    SPEND_AFTER_END: "spends after its end",
    UNALLOCATED_OVER: "too much cost without a project",
    DAILY_ANOMALY: "has days that stand out",
    COST_WITHOUT_PLAN: "costs without a plan",
}
WORSE: Final = Decimal("0.10")  # of the excess last told: below that nobody is told again

Act = Literal["opened", "worsened", "resolved"]


class Watched(Protocol):
    """What a rule looks at tonight: one project, and how far it is in breach."""

    rule: ClassVar[str]

    @property
    def project(self) -> str: ...  # noqa: D102 - id of the project
    @property
    def excess(self) -> Decimal:
        """How large the breach is, reporting currency; none at zero and below."""
        ...

    @property
    def trusted(self) -> bool:
        """False when the data is too incomplete to judge: nothing changes then."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where one project stands tonight against its limit.

    Attributes:
        project: Project id.
        eac: Estimate at completion, reporting currency.
        limit: Budget at completion plus approved contingency.
        trusted: False when the data is too incomplete to judge: nothing changes then.
    """

    rule: ClassVar[str] = EAC_OVER_LIMIT
    project: str
    eac: Decimal
    limit: Decimal
    trusted: bool

    @property
    def excess(self) -> Decimal:
        """How far the estimate lies beyond the limit; negative inside it."""
        return self.eac - self.limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Afterwards:
    """What one project has spent after its last day, of all that is loaded tonight.

    Attributes:
        project: Project id.
        excess: The amount, reporting currency; zero for a project that has not ended.
    """

    rule: ClassVar[str] = SPEND_AFTER_END
    project: str
    excess: Decimal
    trusted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert as the ledger keeps it; the same breach keeps its number and its key.

    Attributes:
        key: Rule and scope; at most one alert is open for it.
        number: `A-1`, `A-2`, ...; what people name it by.
        told: How many messages it has caused; message ids are `number:told`.
        excess: How large the breach was when somebody was last told.
        since: Day it opened, ISO.
    """

    key: str
    number: int
    project: str
    state: Literal["open", "resolved"]
    told: int
    excess: Decimal
    since: str

    @property
    def name(self) -> str:
        """Return `A-<number>`."""
        return f"A-{self.number}"

    @property
    def rule(self) -> str:
        """The rule that is in breach."""
        return self.key.partition("/")[0]

    def body(self) -> dict[str, object]:
        """Return the alert as a ledger body; amounts are text."""
        return {
            "number": self.number,
            "project": self.project,
            "state": self.state,
            "told": self.told,
            "excess": str(self.excess),
            "since": self.since,
        }

    @classmethod
    def read(cls, key: str, body: Mapping[str, str | int]) -> Alert:
        """Return the alert that a ledger body states."""
        state: Literal["open", "resolved"] = "open" if body["state"] == "open" else "resolved"
        return cls(
            key=key,
            number=int(body["number"]),
            project=str(body["project"]),
            state=state,
            told=int(body["told"]),
            excess=Decimal(str(body["excess"])),
            since=str(body["since"]),
        )


def decide(
    standings: Iterable[Watched], known: Mapping[str, Alert], *, today: str
) -> list[tuple[Act, Alert]]:
    """Return what changes tonight; the same night again changes nothing.

    A breach opens one alert. It is told again only when its excess has grown by a tenth
    of what was last told, or when it is over. A breach that returns reopens under its number.
    """
    changes: list[tuple[Act, Alert]] = []
    number = max((alert.number for alert in known.values()), default=0)
    for standing in sorted(standings, key=lambda each: (each.project, each.rule)):
        if not standing.trusted:
            continue
        before = known.get(f"{standing.rule}/{standing.project}")
        change = _change(standing, before, number + 1, today)
        if change:
            changes.append(change)
            number = max(number, change[1].number)
    return changes


def _change(
    standing: Watched, before: Alert | None, fresh: int, today: str
) -> tuple[Act, Alert] | None:
    over = standing.excess > 0
    if before is None or before.state == "resolved":
        return ("opened", _alert(standing, before, fresh, today)) if over else None
    if not over:
        return "resolved", _alert(standing, before, fresh, before.since, state="resolved")
    if standing.excess >= before.excess * (1 + WORSE):
        return "worsened", _alert(standing, before, fresh, before.since)
    return None


def _alert(
    standing: Watched,
    before: Alert | None,
    fresh: int,
    since: str,
    *,
    state: Literal["open", "resolved"] = "open",
) -> Alert:
    return Alert(
        key=f"{standing.rule}/{standing.project}",
        number=before.number if before else fresh,
        project=standing.project,
        state=state,
        told=(before.told if before else 0) + 1,
        excess=standing.excess,
        since=since,
    )
