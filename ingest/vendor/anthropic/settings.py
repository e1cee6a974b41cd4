"""What the user says about an Anthropic organization."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import Field, SecretStr

from ingest.api import Api
from ingest.vendor.charge import Vendor
from ingest.vendor.report import Page, Report
from ingest.vendor.workload import Patterns
from models.field import Strict, Text
from models.period import Month

BASE: Final = "https://api.anthropic.com"
VERSION: Final = "2023-06-01"
BETA: Final = "analytics-usage-cost-2026-08-24"
DAYS: Final = 31  # the most that one page may hold
WORKLOADS: Final[Patterns] = {
    "other": ("*web search*", "*code execution*", "*session*"),
    "inference": ("*",),
}


class Settings(Strict):
    """One organization, as its cost report tells of it."""

    kind: Literal["anthropic_costs"]
    """This kind of source."""
    key: SecretStr
    """Admin key; write ${NAME}."""
    organization: Text
    """What the organization is called in charges, as billing account."""
    report: Literal["cost_report", "analytics"] = "cost_report"
    """Which report costs are read from: the one of the Admin API, or the beta of the analytics
    API, which also tells list prices."""
    usage: bool = False
    """Whether the usage report is read beside costs, for tokens."""
    default_workspace: Text = "default"
    """What the default workspace is called, which has no id."""
    workloads: Patterns = Field(default_factory=dict)
    """Patterns of descriptions by what they are for, with `*` and `?`; asked before our own."""
    base_url: Text = BASE
    """Address of the API, or of a proxy in front of it."""
    attempts: int = Field(default=5, ge=1, le=10)
    """How often a busy server is asked."""
    final_after_days: int = Field(default=5, ge=0, le=366)
    """Days after its end in which a month may still change."""
    expected_by_day: int | None = Field(default=None, ge=1, le=366)
    """Days after its end by which a month without any cost is late; without it, none is."""
    expected_every_hours: int | None = Field(default=None, gt=0)
    """Hours after which a running month in which nothing changed is late; without it, never."""

    @property
    def reading(self) -> str:
        """Everything that decides how bytes become charges, as text."""
        return f"{self.organization} {self.default_workspace} {self.workloads}"

    @property
    def vendor(self) -> Vendor:
        """Who bills whom."""
        return Vendor(issuer="Anthropic", service="Claude API", account=self.organization)

    def pages(self, api: Api, period: Month) -> tuple[Page, ...]:
        """Return all that is reported for a month; costs first.

        Args:
            api: The way in, one for all months, so that waiting for it has an end.
            period: The month.

        Raises:
            SourceError: when one of it cannot be read whole.
        """
        return tuple(page for report in self._reports(api, period) for page in report.pages())

    def _reports(self, api: Api, period: Month) -> list[Report]:
        usage = self._report(api, "usage_report/messages", period, ["workspace_id", "model"])
        return [self._costs(api, period), *([usage] if self.usage else [])]

    def _costs(self, api: Api, period: Month) -> Report:
        if self.report == "cost_report":
            return self._report(api, "cost_report", period, ["workspace_id", "description"])
        group = ["workspace_id", "model", "cost_type", "token_type"]
        return self._report(api, "analytics/cost", period, group, width="time_bucket_width")

    def _report(
        self, api: Api, name: str, period: Month, group: list[str], *, width: str = "bucket_width"
    ) -> Report:
        query: dict[str, Any] = {
            "starting_at": f"{period.start:%Y-%m-%dT%H:%M:%SZ}",
            "ending_at": f"{period.end:%Y-%m-%dT%H:%M:%SZ}",
            width: "1d",
            "limit": DAYS,
            "group_by[]": group,
        }
        path = f"/v1/organizations/{name}"
        return Report(api=api, name=f"{name}/{period}", path=path, query=query)

    def api(self, source: str, attempts: int | None = None) -> Api:
        """Return the way in."""
        beta = {"anthropic-beta": BETA} if self.report == "analytics" else {}
        headers = {"x-api-key": self.key.get_secret_value(), "anthropic-version": VERSION, **beta}
        return Api(
            source=source,
            base=self.base_url,
            headers=headers,
            attempts=attempts or self.attempts,
        )
