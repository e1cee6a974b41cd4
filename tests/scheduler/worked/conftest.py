"""The worked example of a 7B fine-tuning as a project: its plan, and bills of three months."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from models.period import Month
from reconcile.report import page
from scheduler.pipeline import night
from scheduler.progress import Quiet
from scheduler.workspace import configured, stores

MARCH: Final = Month(2026, 3)
NOW: Final = datetime.fromisoformat("2026-04-20T02:00:00+00:00")

TRUEUP: Final = """\
name: worked example
reporting_currency: USD
materiality: {percent: 10, floor: 500, always: 1000000, colour_percent: 10}
sources:
  gpu-cloud:
    kind: gpu_cloud_csv
    location: gpu-cloud
    issuer: Acme GPU
    columns: {start: day, project: team, resource: pod, sku: gpu, quantity: hours, cost: amount,
              tags: {run: run, project: team, item: item}}
    unit: hours
    currency: USD
  invoices:
    kind: invoice_csv
    folder: invoices
    issuer: Acme Services
    service: Services
    columns: {number: Invoice, issued: Date, line: Line, amount: Net, currency: Currency,
              quantity: Quantity, unit: Unit, service_start: From, service_end: To,
              tags: {project: Project, item: Item}}
    dates: "%Y-%m-%d"
  accepted:
    kind: usage_csv
    location: accepted
    driver: labels_accepted
    columns: {day: Day, unit: Project, quantity: Labels}
  slurm:
    kind: slurm
    location: sacct
    pattern: "{month}.txt"
    time_zone: Etc/UTC
allocation: {unallocated_over: 100}
"""
PROJECTS: Final = """\
projects:
  - {id: seed-11-1, name: Worked example, owner: lead@example.com}
  - {id: seed-month, name: The same in one month, owner: lead@example.com}
"""
RULES: Final = """\
rules:
  - id: project-tag
    when: {tag.project: "*"}
    to: {project: "{tag.project}"}
  - {id: train, when: {tag.item: train}, to: {category: training_compute, item: train}}
  - {id: label, when: {tag.item: label}, to: {category: data, item: label}}
  - {id: store, when: {tag.item: store}, to: {category: data, item: store}}
  - {id: eng, when: {tag.item: eng}, to: {category: labor, item: eng}}
  - {id: ci, when: {tag.item: ci}, to: {category: infra, item: ci}}
"""
RATES: Final = """\
rates:
  - {currency: EUR, to: USD, from: 2026-03, rate: 1.08, source: "ECB, monthly average"}
"""
GPU: Final = """\
day,team,pod,gpu,hours,amount,run,item
2026-02-10,seed-11-1,pod-1,h100,200,500.00,101,train
2026-03-12,seed-11-1,pod-1,h100,56,140.00,102,train
2026-03-20,seed-month,pod-2,h100,900,2520.00,m-1,train
"""
HEAD: Final = "Invoice,Date,Line,Net,Currency,Quantity,Unit,From,To,Project,Item\n"
# project, item, month, amount, currency, quantity, unit
LINES: Final = (
    ("seed-11-1", "label", "2026-02", "900.00", "USD", "30", "HUR"),
    ("seed-11-1", "label", "2026-03", "1080.00", "USD", "30", "HUR"),
    *(("seed-11-1", "store", f"2026-0{month}", "27.50", "USD", "1", "") for month in (1, 2, 3)),
    *(("seed-11-1", "eng", f"2026-0{month}", "2475.00", "USD", "1", "") for month in (1, 2, 3)),
    ("seed-11-1", "ci", "2026-01", "160.00", "USD", "1", ""),
    ("seed-11-1", "ci", "2026-02", "200.00", "USD", "1", ""),
    ("seed-11-1", "ci", "2026-03", "200.00", "USD", "1", ""),
    ("seed-month", "label", "2026-03", "4640.00", "EUR", "160", "HUR"),
    ("seed-month", "store", "2026-03", "171.00", "USD", "6", ""),
    ("seed-month", "eng", "2026-03", "15525.00", "USD", "1", ""),
    ("seed-month", "ci", "2026-03", "1200.00", "USD", "1", ""),
)
LABELS: Final = "Day,Project,Labels\n2026-02-20,seed-11-1,30\n2026-03-20,seed-11-1,30\n"
SACCT: Final = (
    *("JobIDRaw", "Cluster", "Account", "JobName", "Partition", "QOS", "State"),
    *("Submit", "Start", "End", "ElapsedRaw", "AllocTRES", "Comment"),
)


def _invoice(number: int, line: tuple[str, ...]) -> str:
    project, item, month, amount, currency, quantity, unit = line
    period = Month.parse(month)
    cells = f"{period.last},1,{amount},{currency},{quantity},{unit},{period.first},{period.last}"
    return f"A-{number},{cells},{project},{item}\n"


def _job(run: str, day: str, hours: int, state: str) -> str:
    start = datetime.fromisoformat(f"{day}T00:00:00")
    cells = (
        *(run, "rented", "seed-11-1", "sft-7b", "h100", "normal", state),
        *(start.isoformat(), start.isoformat(), (start + timedelta(hours=hours)).isoformat()),
        str(hours * 3600),
        *("billing=8,cpu=8,gres/gpu:h100=8,gres/gpu=8,mem=200G,node=1", ""),
    )
    return "|".join(cells)


def _written(folder: Path, texts: dict[str, str]) -> None:
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


PROGRESS: Final = """\
progress:
  - project: seed-11-1
    item: eng
    stated: [{day: 2026-03-31, share: 0.45, by: lead@example.com, note: 9 of 20 stories}]
"""
ONCE: Final = "    phasing: {method: explicit_weights, weights: [0, 0, 1, 0, 0, 0]}"
# item: what it brings forth
OUTPUTS: Final = {"train": "runs", "label": "labels", "store": "effort", "eng": "milestones",
                  "ci": "effort", "serve": "milestones"}  # fmt: skip


def _plan(text: str, project: str) -> str:
    """Return the plan of the example; all of it in March for the project of one month."""
    lines: list[str] = []
    for line in text.replace("seed-11-1", project).replace("../schema/", "schema/").splitlines():
        once = project == "seed-month" and "phasing:" in line
        lines.append(ONCE if once else line)
        name = line.partition("- id: ")[2]
        if name in OUTPUTS:
            lines.append(f"    progress: {{by: {OUTPUTS[name]}}}")
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="session")
def worked(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the project folder after the night in which March was whole; not to be changed."""
    folder = tmp_path_factory.mktemp("worked") / "project"
    plan = (root / "config" / "plans" / "seed-naive.yaml").read_text("utf-8")
    jobs = {
        "2026-02": _job("101", "2026-02-10", 25, "COMPLETED"),
        "2026-03": _job("102", "2026-03-12", 7, "FAILED"),
    }
    _written(
        folder,
        {
            "trueup.yaml": TRUEUP,
            "projects.yaml": PROJECTS,
            "rules.yaml": RULES,
            "rates.yaml": RATES,
            "progress.yaml": PROGRESS,
            **{f"plans/{name}.yaml": _plan(plan, name) for name in ("seed-11-1", "seed-month")},
            "gpu-cloud/bill.csv": GPU,
            "invoices/all.csv": HEAD + "".join(_invoice(*each) for each in enumerate(LINES)),
            "accepted/labels.csv": LABELS,
            **{f"sacct/{m}.txt": "|".join(SACCT) + f"\n{job}\n" for m, job in jobs.items()},
        },
    )
    project = configured(folder, {})
    with pytest.MonkeyPatch.context() as patch, stores(project) as opened:
        patch.setattr(page, "drawings", lambda _: ())  # as in all nights of tests
        night(project, opened, as_of=NOW, progress=Quiet(), now=lambda: NOW)
    return folder


@pytest.fixture(scope="session")
def told(worked: Path) -> Any:
    """Return the report of March as JSON says it."""
    return json.loads((worked / "reports" / "2026-03.json").read_text("utf-8"))


@pytest.fixture(scope="session")
def figures(told: Any) -> Callable[[str], str | None]:
    """Return the value of a figure by its id."""
    return lambda figure: told["figures"][figure]["value"]
