"""No kind of source can be forgotten: each takes part in the proofs."""

from __future__ import annotations

from typing import Any, Final

from ingest.source import kinds

# its documents are answers of a warehouse, which its tests damage, repeat and reorder there
WAREHOUSE: Final = "gcp_bigquery"


def test_every_kind_of_source_is_proved(named: Any, every: Any, root: Any) -> None:
    proved = {case.kind for case in (*named.values(), *every.values())}

    assert {*proved, WAREHOUSE} == set(kinds())
    assert [*(root / "tests/ingest/gcp/clients/bigquery").glob("test_*.py")]


def test_the_cases_are_those_that_run(every: Any, ran: Any) -> None:
    assert set(every) == set(ran)
