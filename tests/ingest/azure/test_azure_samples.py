"""Public samples, skipped where they are not at hand: totals equal csv and Decimal alone."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from ingest.azure import dialect
from ingest.azure.manifest import parse
from ingest.focus import columns
from models.period import Month

SAMPLES: Final = Path(
    os.environ.get("TRUEUP_SAMPLES", Path(__file__).parents[4] / "shared" / "data")
)
AZURE: Final = SAMPLES / "azure"
SEPTEMBER: Final = Month(2023, 9)
ACTUAL, AMORTIZED = "EA_ActualCost_Small.csv", "EA_AmortizedCost_Small.csv"
ANONYMOUS: Final = "sample-anonymous-ea-export-dataset.csv"

pytestmark = pytest.mark.skipif(not AZURE.is_dir(), reason="the samples are not here")


@pytest.fixture
def lay(tmp_path: Path) -> Callable[[str, str], bytes]:
    def laid(name: str, place: str) -> bytes:
        folder = tmp_path / place / "20230901-20230930"
        folder.mkdir(parents=True)
        content = (AZURE / name).read_bytes()
        (folder / name).write_bytes(content)
        return content

    return laid


@pytest.mark.parametrize(
    ("name", "heading", "dataset"),
    [
        (ACTUAL, "Cost", "actual"),
        (AMORTIZED, "Cost", "amortized"),
        (ANONYMOUS, "CostInBillingCurrency", "actual"),
    ],
)
def test_a_sample_loads_with_the_totals_of_an_independent_reader(
    name: str, heading: str, dataset: str, lay: Any, build: Any, load: Any, total: Any
) -> None:
    content = lay(name, "bills")

    found = load(build(**{dataset: "bills", "manifest": False}), SEPTEMBER)

    assert found.total("effective_cost") == total(content, heading)
    assert found.charges.height == content.count(b"\n") - content.endswith(b"\n")
    assert {problem.severity for problem in found.loaded.problems} == {"info"}
    if dataset == "actual":
        assert found.total("billed_cost") == total(content, heading)


def test_the_pair_of_samples_keeps_both_totals(lay: Any, build: Any, load: Any, total: Any) -> None:
    actual, amortized = lay(ACTUAL, "actual"), lay(AMORTIZED, "amortized")

    found = load(build(actual="actual", amortized="amortized", manifest=False), SEPTEMBER)

    assert found.total("billed_cost") == total(actual, "Cost")
    assert found.total("effective_cost") == total(amortized, "Cost")


def test_a_real_manifest_of_2021_is_read() -> None:
    found = parse((AZURE / "koku-azure-manifest.json").read_bytes())

    assert (found.dataset, found.submitted, found.first) == ("", None, None)
    assert [(blob.size, blob.rows) for blob in found.blobs] == [(423869, 490)]


@pytest.mark.parametrize("version", ["1.0", "1.2-preview"])
def test_every_column_of_its_focus_is_known(version: str) -> None:
    described = json.loads((AZURE / f"FocusCost_{version}.json").read_text("utf-8-sig"))

    named = {column["ColumnName"].lower() for column in described["Columns"]}
    used = {field.name.lower() for field in columns.ALL_FIELDS}
    used |= {name.lower() for names in dialect.DIALECT.stand_ins.values() for name in names}
    used |= {name.lower() for name in (*dialect.DIALECT.known, *dialect.DIALECT.tagged)}
    assert named <= used
