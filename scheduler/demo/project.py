"""The demonstration's project folder: configuration, plans and bills, written to disk."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final
from uuid import UUID, uuid5

import polars as pl

from models.errors import RefusedError
from models.period import Month
from models.schema import schemas
from scheduler.demo import (
    commentary,
    configuration,
    cur,
    einvoices,
    focus_rows,
    gateway,
    gcp_rows,
    invoices,
    labor,
    machines,
    statements,
    training,
)
from scheduler.demo.calendar import Calendar
from scheduler.demo.plans import plan
from scheduler.demo.stories import STORIES
from scheduler.demo.usage import Usage, usages

IGNORE: Final = ".trueup/\nreports/\nconfidential/\n"
EXECUTIONS: Final = UUID("5a1f0c7e-0d3b-4b8e-9a57-7c7a0a8d7f10")

Bill = Callable[[list[Usage], Month, Calendar], pl.DataFrame]
# source: export, bucket it would lie in, what its lines look like
EXPORTS: Final[dict[str, tuple[str, str, Bill]]] = {
    "aws": ("fine-tuning-cur2", "acme-billing", cur.bill),
    "research": ("research-focus", "acme-research-billing", focus_rows.bill),
}

GOOGLE: Final = "google"


def create(folder: Path, today: date) -> None:
    """Write an ordinary project folder with made-up bills; the same for the same day.

    Args:
        folder: A folder that does not exist yet, or is empty.
        today: The day the months are relative to; bills reach to the day before.

    Raises:
        RefusedError: when there is something in the folder.
    """
    if folder.exists() and any(folder.iterdir()):
        raise RefusedError(f"{folder} is not empty; choose another folder with --dir")
    calendar = Calendar(today)
    (folder / ".trueup").mkdir(mode=0o700, parents=True)  # what is loaded is the owner's alone
    for name, text in (_texts(calendar) | _schemas()).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    _confide(folder / "confidential", calendar)
    last = {source: _export(folder, source, calendar) for source in EXPORTS}
    last[GOOGLE] = _rows(folder / "exports" / GOOGLE, calendar)
    stated = statements.invoices(last, calendar.last)
    (folder / "invoices.yaml").write_text(stated, encoding="utf-8")


def _confide(folder: Path, calendar: Calendar) -> None:
    """Write what only its owner may read."""
    folder.mkdir(mode=0o700)
    for name, text in labor.confidential(STORIES, calendar).items():
        path = folder / name
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")


def _texts(calendar: Calendar) -> dict[str, str]:
    labeling = invoices.labeling(STORIES, calendar)
    contractors = invoices.contractors(STORIES, calendar)
    sheets = labor.timesheets(STORIES, calendar)
    return {
        "trueup.yaml": configuration.TRUEUP,
        "projects.yaml": configuration.projects(STORIES),
        "rules.yaml": configuration.RULES,
        "rates.yaml": configuration.rates(calendar),
        "purchases.yaml": einvoices.purchases(STORIES, calendar),
        "runs.yaml": training.runs(STORIES, calendar),
        "decisions.yaml": gateway.decisions(calendar),
        f"commentary/{calendar.last}.yaml": commentary.comments(calendar),
        ".gitignore": IGNORE,
        **{f"plans/{story.id}.yaml": plan(story, calendar) for story in STORIES},
        **{f"invoices/labeling/{name}": text for name, text in labeling.items()},
        **{f"invoices/contractors/{name}": text for name, text in contractors.items()},
        **{f"timesheets/{name}": text for name, text in sheets.items()},
        **_delivered(calendar),
    }


def _delivered(calendar: Calendar) -> dict[str, str]:
    """Return what is neither bill nor timesheet: e-invoices, accepted labels, machines."""
    documents = einvoices.invoices(STORIES, calendar)
    labels = einvoices.accepted(STORIES, calendar)
    jobs = machines.accounting(calendar)
    return {
        **{f"invoices/documents/{name}": text for name, text in documents.items()},
        **{f"acceptance/{name}": text for name, text in labels.items()},
        **{f"machines/sacct/{name}": text for name, text in jobs.items()},
        **{f"gateway/{name}": text for name, text in gateway.counts(calendar).items()},
        "machines/register.csv": machines.register(calendar),
    }


def _schemas() -> dict[str, str]:
    """Return the schemas that the first lines of the configuration files name."""
    return {
        f".trueup/schema/{name}.schema.json": json.dumps(schema, indent=2, sort_keys=True) + "\n"
        for name, schema in schemas().items()
    }


def _export(folder: Path, source: str, calendar: Calendar) -> pl.DataFrame:
    """Write a source's deliveries as AWS Data Exports lays them out when it overwrites.

    Returns:
        The bill of the last month that has ended.
    """
    export, bucket, bill = EXPORTS[source]
    frames = _bills(source, bill, calendar)
    for month, frame in frames.items():
        _deliver(folder / "exports" / source / export, bucket, frame, month, calendar)
    return frames[calendar.last]


def _rows(home: Path, calendar: Calendar) -> pl.DataFrame:
    """Write the rows of each invoice month to a folder of its own, as a scheduled query does.

    Returns:
        Those of the last month that has ended.
    """
    frames = _bills(GOOGLE, gcp_rows.bill, calendar)
    for month, frame in frames.items():
        path = home / str(month) / "rows-000000000000.parquet"
        path.parent.mkdir(parents=True)
        frame.write_parquet(path, compression="snappy")
    return frames[calendar.last]


def _bills(source: str, bill: Bill, calendar: Calendar) -> dict[Month, pl.DataFrame]:
    found = list(usages(STORIES, source, calendar))
    billed = (month for month in calendar.billed if calendar.days(month))
    return {month: bill(found, month, calendar) for month in billed}


def _deliver(
    home: Path, bucket: str, frame: pl.DataFrame, month: Month, calendar: Calendar
) -> None:
    partition = f"BILLING_PERIOD={month}"
    data = home / "data" / partition / f"{home.name}-00001.snappy.parquet"
    manifest = home / "metadata" / partition / f"{home.name}-Manifest.json"
    for path in (data, manifest):
        path.parent.mkdir(parents=True, exist_ok=True)
    frame.write_parquet(data, compression="snappy")
    address = f"s3://{bucket}/exports/{data.relative_to(home.parent).as_posix()}"
    execution = uuid5(EXECUTIONS, f"{home.name}/{month}/{min(month.last, calendar.today)}")
    content = {
        "exportArn": f"arn:aws:bcm-data-exports:us-east-1:471100001111:export/{home.name}",
        "executionId": str(execution),
        "columns": [
            {"name": name, "type": _manifest_type(dtype)} for name, dtype in frame.schema.items()
        ],
        "dataFiles": [address],
    }
    manifest.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _manifest_type(dtype: pl.DataType) -> str:
    if isinstance(dtype, pl.Map):
        return "map"
    if isinstance(dtype, pl.Datetime):
        return "timestamp"
    return "double" if dtype == pl.Float64 else "string"
