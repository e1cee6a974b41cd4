"""What is asked: costs, usage and fine-tuning jobs of a month."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

from pydantic import SecretStr

from ingest.api import Api
from ingest.vendor.openai.settings import Jobs, Settings
from ingest.vendor.reply import Part, ReplyError, canonical, parsed
from ingest.vendor.report import MOST, Page, Report
from models.errors import BrokenError
from models.period import Month

JOBS: Final = "/fine_tuning/jobs"
_PAGE: Final = 100  # jobs
# What is kept of a job: neither its files nor whoever started it.
KEPT: Final = (
    "object",
    "id",
    "model",
    "created_at",
    "finished_at",
    "fine_tuned_model",
    "status",
    "trained_tokens",
    "user_provided_suffix",
    "metadata",
)


@dataclass(frozen=True, slots=True)
class Organization:
    """The organization, asked once a run for jobs, and once a month for costs and usage."""

    source: str
    settings: Settings
    attempts: int | None = None
    _jobs: dict[str, list[Part]] = field(default_factory=dict, init=False, repr=False)
    _apis: dict[SecretStr, Api] = field(default_factory=dict, init=False, repr=False)

    def pages(self, period: Month) -> tuple[Page, ...]:
        """Return all that is reported for a month; costs first.

        Raises:
            SourceError: when one of it cannot be read whole.
        """
        return (
            *self.costs(period),
            *(page for each in self.settings.usage for page in self._usage(each, period)),
            *(self._jobs_of(each, period) for each in self.settings.jobs),
        )

    def costs(self, period: Month) -> tuple[Page, ...]:
        """Return the pages of costs."""
        group = ["project_id", "line_item", *(["api_key_id"] if self.settings.api_keys else [])]
        query = {**_days(period), "limit": 180, "group_by[]": group}
        return self._report("costs", "/organization/costs", query, period)

    def _usage(self, endpoint: str, period: Month) -> tuple[Page, ...]:
        query = {**_days(period), "limit": 31, "group_by[]": ["project_id", "model"]}
        path = f"/organization/usage/{endpoint}"
        return self._report(f"usage/{endpoint}", path, query, period)

    def _report(
        self, name: str, path: str, query: Mapping[str, Any], period: Month
    ) -> tuple[Page, ...]:
        api = self._api(self.settings.key)
        return Report(api=api, name=f"{name}/{period}", path=path, query=query).pages()

    def _jobs_of(self, given: Jobs, period: Month) -> Page:
        """Return the jobs of a month as a document of our own: the list has no months."""
        if given.project not in self._jobs:
            self._jobs[given.project] = list(self._listed(given))
        try:
            found = [job for job in self._jobs[given.project] if _month(job) == period]
            kept = [_kept(job) for job in sorted(found, key=lambda job: job.at("id").text())]
        except ReplyError as error:
            raise BrokenError(self.source, JOBS, str(error)) from None
        data = canonical({"object": "list", "project": given.project, "data": kept})
        mark = sha256(data).hexdigest()
        return Page(f"jobs/{given.project}/{period}.json", data, len(kept), mark)

    def _listed(self, given: Jobs) -> Iterator[Part]:
        """Yield all jobs of a project: of those in no month we know, none is left out."""
        api, after = self._api(given.key), ""
        for _ in range(MOST):
            query = {"limit": _PAGE, **({"after": after} if after else {})}
            data = api.get(JOBS, query)
            try:
                body = parsed(data)
                jobs = body.at("data").parts()
                yield from jobs
                if not jobs or not body.at("has_more").flag():
                    return
                last = jobs[-1].at("id").text()
            except ReplyError as error:
                raise BrokenError(self.source, JOBS, str(error)) from None
            if last == after:
                break
            after = last
        raise BrokenError(self.source, JOBS, "its pages never end; run again later")

    def _api(self, key: SecretStr) -> Api:
        """Return the way in with a key, one for all months, so that waiting for it has an end."""
        if key not in self._apis:
            self._apis[key] = self.settings.api(self.source, key, self.attempts)
        return self._apis[key]


def _days(period: Month) -> dict[str, Any]:
    return {
        "start_time": int(period.start.timestamp()),
        "end_time": int(period.end.timestamp()),
        "bucket_width": "1d",
    }


def _month(job: Part) -> Month:
    """Return the month a job counts in: of its end, or of its start while it has none."""
    moment = job.maybe("finished_at") or job.at("created_at")
    return Month.of(moment.seconds().date())


def _kept(job: Part) -> dict[str, Any]:
    return {name: job.value[name] for name in KEPT if name in job.value}
