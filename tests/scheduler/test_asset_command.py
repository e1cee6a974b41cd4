"""`trueup asset list` shows registers as they were loaded, and whose each part is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from models.period import Month
from reconcile.report.assets import table

RULES = """\
rules:
  - id: by-unit
    when: {source: hardware}
    to: {project: "{tag.unit}"}
  - id: hardware
    when: {service: Hardware depreciation}
    to: {category: depreciation}
"""
SOURCE = """\
sources:
  hardware:
    kind: asset_register
    file: assets.csv
    hours:
      kind: usage_csv
      location: hours
      driver: gpu_hours
      columns: {day: day, unit: unit, quantity: hours}
"""
REGISTER = """\
asset_id,description,cost,currency,in_service_date,life_months,cluster,gpu_count
dgx-1,GPU server,48000,USD,2026-01-01,48,c1,8
rack,Rack,1200,USD,2026-01-01,48,,
"""
HOURS = "day,unit,hours\n2026-10-05,support-bot,1488\n2026-10-06,nobody,2232\n"


@pytest.fixture
def loaded(fresh: Path, trueup: Callable[..., Any]) -> Path:
    settings = fresh / "trueup.yaml"
    settings.write_text(settings.read_text().replace("sources: {}\n", SOURCE))
    (fresh / "rules.yaml").write_text(RULES)
    (fresh / "assets.csv").write_text(REGISTER)
    (fresh / "hours").mkdir()
    (fresh / "hours" / "october.csv").write_text(HOURS)
    said = trueup("-C", str(fresh), "-q", "ingest", "--today", "2026-11-22")
    assert said.code == 0, said.err
    return fresh


def test_assets_are_listed_with_value_hours_idle_and_parts(
    loaded: Path, trueup: Callable[..., Any]
) -> None:
    listed = ("-C", str(loaded), "asset", "list", "--month", "2026-10")
    said = trueup(*listed)
    assert said.code == 0, said.err
    lines = [line.split() for line in said.out.splitlines()]
    assert said.out.startswith("assets at the end of 2026-10; hours of accelerators\n")
    shown = "dgx-1 c1 48000.00 38000.00 1000.00 USD 3720.00 5952.00 37.50% support-bot 250.00"
    assert " ".join(lines[2]) == f"{shown} GPU server"
    assert lines[3] == ["unallocated", "375.00"]
    assert lines[4] == ["unallocated:", "idle", "375.00"]
    assert lines[5][:5] == ["rack", "1200.00", "950.00", "25.00", "USD"]
    first, second = json.loads(trueup(*listed, "--format", "json").out)["assets"]
    assert first["parts"][-1] == {
        "project": "unallocated",
        "kind": "idle",
        "cost": "375",
        "hours": "2232",
    }
    assert (first["idle_percent"], first["net_book_value"]) == ("37.5", "38000")
    assert (second["idle_percent"], second["available_hours"], second["gain"]) == (None,) * 3
    assert second["parts"] == [
        {"project": "unallocated", "kind": "depreciation", "cost": "25", "hours": "0"}
    ]
    earlier = trueup("-C", str(loaded), "asset", "list", "--month", "2025-01")
    assert earlier.out == table([], Month(2025, 1)) == "no asset in 2025-01\n"
