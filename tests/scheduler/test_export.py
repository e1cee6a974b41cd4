"""Charges out, and a FOCUS source of one project fed by the export of another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ingest import book
from scheduler.workspace import configured, stores

Trueup = Callable[..., Any]
TODAY = "2026-11-22"
SOURCE = """\
sources:
  platform:
    kind: focus
    location: focus
    pattern: "*{month}*.parquet"
"""


@pytest.fixture
def exported(trueup: Trueup, small: Path, tmp_path: Path) -> Callable[[str], Path]:
    trueup("-q", "-C", str(small), "ingest", "--today", TODAY)

    def call(version: str) -> Path:
        out = tmp_path / f"2026-10-{version}.parquet"
        given = ("export", "focus", "--focus-version", version, "--month", "2026-10")
        said = trueup("-C", str(small), *given, "-o", str(out))
        assert (said.code, said.out) == (0, f"wrote {out} from 1 documents\n")
        return out

    return call


@pytest.mark.parametrize(("version", "seller"), [("1.2", "Provider"), ("1.4", "ServiceProvider")])
def test_charges_are_exported_as_the_version_that_is_asked_for(
    version: str, seller: str, exported: Callable[[str], Path], small: Path
) -> None:
    frame = pl.read_parquet(exported(version))

    with stores(configured(small)) as opened:
        (current,) = book.current(opened.ledger).values()
    assert frame[f"{seller}Name"].to_list() == ["Acme Labels"] * 2
    assert frame["x_Delivery"].unique().to_list() == [current["delivery"]]


def test_a_version_that_is_not_written_is_a_mistake_of_usage(trueup: Trueup, small: Path) -> None:
    said = trueup("-C", str(small), "export", "focus", "--focus-version", "1.3")

    assert said.code == 2
    assert "'1.3' is not one of '1.2', '1.4'" in said.err


def test_documents_of_before_a_column_came_are_exported_with_the_others(
    exported: Callable[[str], Path], small: Path
) -> None:
    with stores(configured(small)) as opened:
        (current,) = book.current(opened.ledger).values()
        (document,) = current["documents"]
        path = opened.lake.path("charges", document["charges"])
        pl.read_parquet(path).drop("x_invoice_detail_id").write_parquet(path)

    assert pl.read_parquet(exported("1.2"))["x_InvoiceDetailId"].to_list() == [None, None]


@pytest.mark.parametrize("version", ["1.2", "1.4"])
def test_an_export_is_a_source_of_another_project(
    version: str, exported: Callable[[str], Path], trueup: Trueup, tmp_path: Path
) -> None:
    file, other = exported(version), tmp_path / "other"
    trueup("-C", str(other), "init", "--name", "n", "--currency", "USD", "--project", "p",
           "--owner", "o@example.com")  # fmt: skip
    settings = other / "trueup.yaml"
    settings.write_text(settings.read_text().replace("sources: {}\n", SOURCE))
    (other / "focus").mkdir()
    file.rename(other / "focus" / file.name)

    trueup("-q", "-C", str(other), "ingest", "--today", TODAY)

    with stores(configured(other)) as opened:
        body = book.current(opened.ledger)["platform/2026-10"]
        paths = [opened.lake.path("charges", each["charges"]) for each in body["documents"]]
    charges = pl.concat(pl.read_parquet(path, glob=False) for path in paths)
    assert str(charges["billed_cost"].sum()) == "150.250000000000000000"
    assert charges["x_period_basis"].to_list() == ["line", "line"]
