from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest

from ingest.azure.gpu import SIZES
from ingest.azure.service import PROVIDERS, SERVICES
from ingest.sources.azure_export import AzureExport
from models.charge import WORKLOADS
from models.errors import BrokenError

Build = Callable[..., AzureExport]
FORMS: Final = ("csv", "gzip", "parquet")

# FOCUS 1.2: each category's subcategories are its own.
_PARENTS: Final = {"Other (Compute)": "Compute", "Relational Databases": "Databases"}


@pytest.fixture
def lay(tmp_path: Path, run: Any, make: Any) -> Callable[..., Any]:
    def laid(lines: list[dict[str, str]], form: str = "csv", **changes: Any) -> Any:
        content = make.csv(lines, "focus")
        packed = {"csv": bytes, "gzip": make.gzip, "parquet": make.parquet}[form](content)
        suffix = {"csv": ".csv", "gzip": ".csv.gz", "parquet": ".snappy.parquet"}[form]
        rows = (len(lines),)
        given = run((packed,), type="FocusCost", suffix=suffix, rows=rows, **changes)
        given.lay(tmp_path / "focus")
        return given

    return laid


@pytest.mark.parametrize("form", FORMS)
def test_a_focus_export_loads_in_every_form(form: str, lay: Any, build: Build, load: Any) -> None:
    lay([{}, {"BilledCost": "0", "EffectiveCost": "4.2"}], form)

    found = load(build(focus="focus"))

    assert found.total("billed_cost") == 7
    assert found.total("effective_cost") == Decimal("11.2")
    assert found.charges["consumed_unit"].to_list() == ["GPU-Hours"] * 2
    assert found.charges["x_gpu_type"].to_list() == ["A100"] * 2


@pytest.mark.failure("A12")
def test_cost_details_under_focus_are_refused(
    tmp_path: Path, run: Any, make: Any, build: Build, load: Any
) -> None:
    run((make.csv([{}], "ea"),), type="", members={"exportConfig": None}).lay(tmp_path / "focus")

    with pytest.raises(BrokenError, match="has no column"):
        load(build(focus="focus"))


@pytest.mark.failure("A12")
def test_focus_rows_under_actual_are_refused(lay: Any, build: Build, load: Any) -> None:
    lay([{}], members={"exportConfig": None})

    with pytest.raises(BrokenError, match="export the cost details unchanged"):
        load(build(actual="focus"))


def test_a_file_of_another_month_is_set_aside_where_no_manifest_states_it(
    tmp_path: Path, make: Any, build: Build, load: Any
) -> None:
    (tmp_path / "focus").mkdir()
    lines = [{}, {"BillingPeriodStart": "2026-09-01T00:00:00Z"}]
    (tmp_path / "focus" / "202610.csv").write_bytes(make.csv(lines, "focus"))

    found = load(build(focus="focus", files="{yyyymm}.csv"))

    assert found.charges.height == 1
    assert [each.rejected_rows for each in found.loaded.documents] == [1]


def test_each_service_has_one_category_and_every_provider_a_service() -> None:
    assert set(PROVIDERS.values()) <= set(SERVICES)
    assert len({name.lower() for name in SERVICES}) == len(SERVICES)
    parents: dict[str, set[str]] = {}
    for category, subcategory in SERVICES.values():
        parents.setdefault(subcategory, set()).add(category)
    assert {name for name, found in parents.items() if len(found) > 1} == set()


def test_sizes_are_written_as_they_are_looked_up() -> None:
    assert all(name == name.lower().replace(" ", "_") for name in SIZES)
    assert all(Decimal(count) > 0 for _, count in SIZES.values())


def test_every_word_for_a_workload_is_one_of_ours() -> None:
    golden = (Path(__file__).parent / "golden" / "workloads.txt").read_text()
    said = {
        line.removeprefix("x_workload: ")
        for line in golden.splitlines()
        if line.startswith("x_workload: ")
    }

    assert said <= set(WORKLOADS)
    assert said == {"training", "inference", "storage", "compute", "other"}
