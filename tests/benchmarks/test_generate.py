from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ingest.agreement import agree
from ingest.normalise import Place, write_charges
from ingest.source import Delivery, Total, build, settings_model
from models.archive import Archive
from models.period import Month

pytestmark = pytest.mark.once

Generate = Callable[..., Path]


@pytest.fixture
def generate(root: Path, tmp_path: Path) -> Generate:
    def run(name: str, *options: str) -> Path:
        script = root / "benchmarks" / "generate.py"
        out = tmp_path / name
        subprocess.run(
            [sys.executable, script, "--rows", "9000", "--out", out, *options],
            check=True,
            capture_output=True,
        )
        return out

    return run


def control(out: Path) -> dict[str, Any]:
    stated: dict[str, Any] = json.loads((out / "control.json").read_text("utf-8"))
    return stated


def test_a_generated_month_is_a_delivery_that_loads_to_its_control_totals(
    generate: Generate, tmp_path: Path
) -> None:
    out = generate("month", "--file-rows", "5000")
    settings = settings_model("aws_data_export")(
        kind="aws_data_export", location=str(out), export="month"
    )
    source = build("cloud", "aws_data_export", settings, tmp_path)
    archive = Archive(tmp_path / "archive")

    (delivery,) = source.fetch([Month(2026, 10)], archive, {})
    assert isinstance(delivery, Delivery)
    parts: list[Total] = []
    for number, document in enumerate(delivery.documents):
        path, place = archive.path(document.sha256), Place("cloud", document)
        written = tmp_path / f"{number}.parquet"
        rejected = write_charges(source.convert(path, document, delivery), place, written)
        parts += agree(
            source.control(path, document, delivery),
            pl.scan_parquet(written),
            rejected,
            None,
            place,
        )

    stated = control(out)
    assert len(delivery.documents) == 2
    for name, column in (("unblended", "billed_cost"), ("amortised", "effective_cost")):
        costs = [Decimal(getattr(part, column)) for part in parts]
        assert sum(costs) == Decimal(stated[name]).scaleb(-10)
    assert stated["rows"] == sum(line["rows"] for line in stated["line_types"].values()) == 9000


def test_the_same_seed_gives_the_same_bytes_and_another_other_ones(generate: Generate) -> None:
    one, same, other = generate("a"), generate("b"), generate("c", "--seed", "2")

    def content(out: Path) -> list[bytes]:
        return [path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()]

    assert content(one) == content(same)
    assert control(one)["unblended"] != control(other)["unblended"]


def test_a_generated_month_has_every_kind_of_line_and_untagged_resources(
    generate: Generate,
) -> None:
    out = generate("month")
    frame = pl.read_parquet(next(out.rglob("*.parquet")), hive_partitioning=False)

    types = set(control(out)["line_types"])
    assert {"Usage", "SavingsPlanCoveredUsage", "SavingsPlanNegation", "DiscountedUsage"} <= types
    tags = frame["resource_tags"].drop_nulls()
    assert 0.05 < tags.filter(tags.map.len() == 0).len() / tags.len() < 0.25
    keys = {key for key in tags.map.keys().explode().drop_nulls() if "project" in key.lower()}
    assert {"user_project", "user_Project", "user_PROJECT"} <= keys
