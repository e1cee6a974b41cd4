from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

FORMS = ("md", "json", "html")


def reports(folder: Path) -> dict[str, str]:
    return {form: (folder / f"reports/2026-10.{form}").read_text() for form in FORMS}


def test_a_report_as_of_a_day_is_the_one_that_was_printed_on_it(
    small: Path, trueup: Callable[..., Any]
) -> None:
    at = ("-q", "-C", str(small))
    assert trueup(*at, "run", "--today", "2026-11-02").code == 0
    before = reports(small)
    (small / "invoices" / "late.csv").write_text(
        "Invoice,Date,Line,Net,Currency,From,To,Project\n"
        "L-2,2026-10-31,1,7.00,USD,2026-10-01,2026-10-31,support-bot\n"
    )
    rules = small / "rules.yaml"
    rules.write_text(rules.read_text().replace("rules:", "# edited\nrules:"))
    assert trueup(*at, "run", "--today", "2026-11-05").code == 0
    after = reports(small)
    assert before != after
    for day, printed in (("2026-11-02", before), ("2026-11-04", before), ("2026-11-05", after)):
        for form in FORMS:
            said = trueup(*at, "report", "--as-of", day, "-f", form)
            assert (said.code, said.err) == (0, "")
            assert said.out.rstrip("\n") == printed[form].rstrip("\n"), (day, form)
    snapshot = json.loads(before["json"])["snapshot"]
    assert (
        trueup(*at, "report", "--as-of", snapshot, "-f", "md").out.rstrip() == before["md"].rstrip()
    )
