"""Rows of usage endpoints, and fine-tuning jobs, as usage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from ingest.vendor.charge import Use
from ingest.vendor.reply import Part, ReplyError, number_of, text_of
from models.period import Month

RESULT: Final = "organization.usage."
STATES: Final[Mapping[str, str]] = {
    "validating_files": "running",
    "queued": "running",
    "running": "running",
    "paused": "running",
    "succeeded": "succeeded",
    "failed": "failed",
    "cancelled": "cancelled",
}


def measured(
    found: Sequence[tuple[int, Part, Part]], period: Month, *, with_tokens: bool
) -> Iterator[Use]:
    """Yield requests, and tokens where they are taken from here.

    Raises:
        ReplyError: for a row without requests, or of another month.
    """
    for number, bucket, row in found:
        start = bucket.at("start_time").seconds()
        if not period.start <= start < period.end:
            raise ReplyError(f"{bucket.path}: is from {start:%Y-%m-%d}, outside {period}")
        said: dict[str, Any] = {
            "row": number,
            "unit": text_of(row, "project_id") or "",
            "day": start.date(),
        }
        model = {"model": text_of(row, "model")}
        requests = row.at("num_model_requests").number()
        yield Use(driver="requests", quantity=requests, columns=model, **said)
        for detail, tokens in _tokens(row) if with_tokens else ():
            yield Use(driver="tokens", quantity=tokens, columns={**model, "detail": detail}, **said)


def _tokens(row: Part) -> Iterator[tuple[str, Decimal]]:
    """Yield tokens by what they were; those out of the cache are apart from the input."""
    given, cached = number_of(row, "input_tokens"), number_of(row, "input_cached_tokens")
    if given is not None:
        yield "input", given - (cached or 0)
    if cached:
        yield "cached input", cached
    output = number_of(row, "output_tokens")
    if output is not None:
        yield "output", output


def runs(body: Part, *, with_tokens: bool) -> Iterator[Use]:
    """Yield a run for each job, and the tokens it was billed for where they are taken from here.

    Raises:
        ReplyError: for a job without id, model or start, or in a state that nobody told of.
    """
    project = body.at("project").text()
    for number, job in enumerate(body.at("data").parts(), start=1):
        said: dict[str, Any] = {
            "row": number,
            "unit": project,
            "day": (job.maybe("finished_at") or job.at("created_at")).seconds().date(),
            "tags": _tags(job),
        }
        named = {"run_id": job.at("id").text(), "model": job.at("model").text()}
        state = {**named, "state": _state(job)}
        yield Use(driver="runs", quantity=Decimal(1), columns=state, **said)
        trained = number_of(job, "trained_tokens")  # null while the job runs
        if with_tokens and trained is not None:
            yield Use(
                driver="tokens", quantity=trained, columns={**state, "detail": "training"}, **said
            )


def _state(job: Part) -> str:
    status = job.at("status")
    if status.text() not in STATES:
        raise ReplyError(f"{status.path}: {status.text()!r} is no state of a job that is known")
    return STATES[status.text()]


def _tags(job: Part) -> dict[str, str]:
    """Return the user's own words about a job, and the model it made."""
    metadata = job.maybe("metadata")
    own = {name: text_of(metadata, name) for name in metadata.members()} if metadata else {}
    said = {
        **own,
        "suffix": text_of(job, "user_provided_suffix"),
        "fine_tuned_model": text_of(job, "fine_tuned_model"),
    }
    return {name: value for name, value in said.items() if value}
