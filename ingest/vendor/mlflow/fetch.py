"""What is asked of a tracking server: the runs of a month, and only what of them is kept.

Users, paths, notes and all that nobody declared never reach the archive.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import localcontext
from hashlib import sha256
from typing import Any, Final

from ingest.api import Api
from ingest.vendor.mlflow.run import uses
from ingest.vendor.mlflow.settings import Settings, Stated
from ingest.vendor.reply import Part, ReplyError, canonical, parsed, text_of
from ingest.vendor.report import MOST, TRIES, Page
from ingest.vendor.workload import first
from models.errors import BrokenError
from models.money import WIDE
from models.period import Month

EXPERIMENTS: Final = "/api/2.0/mlflow/experiments/search"
RUNS: Final = "/api/2.0/mlflow/runs/search"
PARENT: Final = "mlflow.parentRunId"
_TOGETHER: Final = 50  # experiments in one question
_PAGE: Final = 200  # runs in one answer, each with all its metrics
_GPU: Final = re.compile(r"system/(?:([^/]+)/)?gpu_([0-9]+)_[^/]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Tracking:
    """The server, asked once a run of ours for experiments, and once a month for runs."""

    source: str
    settings: Settings
    api: Api
    _experiments: list[dict[str, str]] = field(default_factory=list, init=False, repr=False)

    def pages(self, period: Month) -> tuple[Page, ...]:
        """Return the runs of a month, as one document.

        Raises:
            SourceError: when they cannot be read whole.
        """
        found, pages = self._runs(period)
        for _ in range(TRIES):
            if pages == 1:
                return (self._page(period, found),)
            before = found
            found, pages = self._runs(period)
            if found == before:
                return (self._page(period, found),)
        raise self._broken(f"kept changing while it was read, {TRIES} times; run again later", RUNS)

    def _page(self, period: Month, found: Mapping[str, Any]) -> Page:
        data = canonical({"data": [found[name] for name in sorted(found)]})
        try:
            with localcontext(prec=WIDE):
                count = len({use.row for use in uses(parsed(data), period)[0]})
        except ReplyError as error:
            raise self._broken(str(error), RUNS) from None
        return Page(f"runs/{period}.json", data, count, sha256(data).hexdigest())

    def _runs(self, period: Month) -> tuple[dict[str, Any], int]:
        """Return what is kept of runs, by their id, and how many pages a question took at most."""
        names = self._known()
        found: dict[str, Any] = {}
        most = 1
        ids = sorted(names)
        for at in range(0, len(ids), _TOGETHER):
            for asked in _filters(period):
                question = {"experiment_ids": ids[at : at + _TOGETHER], "filter": asked}
                runs, pages = self._asked(RUNS, "runs", question)
                most = max(most, pages)
                try:
                    kept = [self._kept(run, names) for run in runs]
                except ReplyError as error:
                    raise self._broken(str(error), RUNS) from None
                found |= {run["run_id"]: run for run in kept}
        return found, most

    def _known(self) -> dict[str, str]:
        """Return the names of the experiments that are read, by their id."""
        if not self._experiments:
            listed, _ = self._asked(EXPERIMENTS, "experiments", {})
            try:
                names = {each.at("experiment_id").text(): each.at("name").text() for each in listed}
            except ReplyError as error:
                raise self._broken(str(error), EXPERIMENTS) from None
            words = first([*names.values()], [("read", self.settings.experiments)])
            read = {key for key, word in zip(names, words, strict=True) if word}
            self._experiments.append({key: name for key, name in names.items() if key in read})
        return self._experiments[0]

    def _asked(self, path: str, name: str, question: Mapping[str, Any]) -> tuple[list[Part], int]:
        """Return all parts of an answer in pages; an empty page has no member of that name."""
        size = _PAGE if path == RUNS else 1000
        view = {"run_view_type" if path == RUNS else "view_type": "ALL"}
        found: list[Part] = []
        token = ""
        for number in range(1, MOST + 1):
            page = {"page_token": token} if token else {}
            data = self.api.post(path, {**question, **view, "max_results": size, **page})
            try:
                body = parsed(data)
                parts = body.maybe(name)
                found += parts.parts() if parts else []
                following = text_of(body, "next_page_token") or ""
            except ReplyError as error:
                raise self._broken(str(error), path) from None
            if not following:
                return found, number
            if following == token:
                break
            token = following
        raise self._broken("its pages never end; run again later", path)

    def _kept(self, run: Part, names: Mapping[str, str]) -> dict[str, Any]:
        info, data = run.at("info"), run.maybe("data") or Part({})
        tags, params = _pairs(data, "tags"), _pairs(data, "params")
        given = self.settings

        def said(stated: Stated | None) -> str | None:
            if stated is None:
                return None
            return tags.get(stated.tag) if stated.tag else params.get(stated.param or "")

        return {
            "run_id": info.at("run_id").text(),
            "experiment": names[info.at("experiment_id").text()],
            "status": info.at("status").text(),
            "start": info.at("start_time").whole(),
            "end": ended.whole() or None if (ended := info.maybe("end_time")) else None,
            "parent": tags.get(PARENT),
            "gpus": said(given.gpu_count),
            "gpus_measured": _measured(data) if given.system_metrics else 0,
            "gpu_type": said(given.gpu_type),
            "model": said(given.model),
            "cluster": said(given.cluster),
            "tags": {
                **{name: params[name] for name in given.params if name in params},
                **{name: tags[name] for name in given.tags if name in tags},
            },
        }

    def _broken(self, detail: str, path: str) -> BrokenError:
        return BrokenError(self.source, path, detail)


def _filters(period: Month) -> tuple[str, str]:
    """Return questions for runs that worked in a month: ended since it began, or under way.

    A run under way since an earlier month says nothing in this one, but may hold others.
    """
    start, end = (int(moment.timestamp()) * 1000 for moment in (period.start, period.end))
    return (
        f"attributes.start_time < {end} AND attributes.end_time >= {start}",
        f"attributes.start_time < {end} AND attributes.status = 'RUNNING'",
    )


def _pairs(data: Part, name: str) -> dict[str, str]:
    listed = data.maybe(name)
    parts: Sequence[Part] = listed.parts() if listed else ()
    return dict(_pair(part) for part in parts)


def _pair(part: Part) -> tuple[str, str]:
    return part.at("key").text(), text_of(part, "value") or ""


def _measured(data: Part) -> int:
    """Return how many accelerators system metrics name, over all nodes."""
    listed = data.maybe("metrics")
    return len({found.groups() for key in _keys(listed) if (found := _GPU.fullmatch(key))})


def _keys(listed: Part | None) -> Iterator[str]:
    for part in listed.parts() if listed else ():
        yield part.at("key").text()
