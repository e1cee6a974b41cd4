"""The same answer in pandas, as one writes it in a notebook: whole files in memory, rules as masks.

Amounts are binary doubles in the file and integers of 1e-10 when they are summed, since sums of
doubles differ with the order of the rows. Nothing is checked, proved, kept or written.

    python benchmarks/peer_pandas_rules.py FOLDER_OF_FILES PROJECT_FOLDER
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from decimal import Decimal
from functools import reduce
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from answer import GRAIN, digest
from peer_rules import NAMES, PURCHASES, SPELLINGS, UNPRICED, Rule, projects, rules

_PLACES: Final = 10
_TEXTS: Final = {
    "account": "line_item_usage_account_id",
    "code": "line_item_product_code",
    "line_type": "line_item_line_item_type",
    "region": "product_region_code",
    "resource": "line_item_resource_id",
    "sku": "product_sku",
    "usage_type": "line_item_usage_type",
}
_AMOUNTS: Final = {
    "cost": "line_item_unblended_cost",
    "plan": "savings_plan_savings_plan_effective_cost",
    "reserved": "reservation_effective_cost",
    "total": "savings_plan_total_commitment_to_date",
    "used": "savings_plan_used_commitment",
    "fee": "reservation_unused_recurring_fee",
    "upfront": "reservation_unused_amortized_upfront_fee_for_billing_period",
}
_DAY: Final = "line_item_usage_start_date"
_SEEN: Final = {"service": ("code", "name")}


def charges(folder: str) -> Any:  # noqa: ANN401 - pandas has no types here
    """Return the charges: of each line, and of what of a commitment nothing used."""
    columns = [_DAY, "resource_tags", *_TEXTS.values(), *_AMOUNTS.values()]
    read = pd.read_parquet(folder, columns=columns, partitioning=None)
    kind = read[_TEXTS["line_type"]]
    found = pd.DataFrame({name: _canonical(read[column]) for name, column in _TEXTS.items()})
    found["name"] = read[_TEXTS["code"]].map(NAMES).str.lower()
    found.loc[kind.isin(UNPRICED), "sku"] = None
    maps = read["resource_tags"].map(lambda pairs: dict(pairs) if pairs is not None else {})
    for tag, keys in SPELLINGS.items():
        found[tag] = _canonical(maps.map(lambda tags, keys=keys: _first_of(tags, keys)))
    found["day"] = read[_DAY].dt.date
    units = {name: _units(read[column]) for name, column in _AMOUNTS.items()}
    return pd.concat([_costed(found, kind, units), _unused(found, kind, units)])


def _costed(found: Any, kind: Any, units: dict[str, Any]) -> Any:  # noqa: ANN401
    covered = kind == "SavingsPlanCoveredUsage"
    negated = kind == "SavingsPlanNegation"
    cost = units["cost"]
    effective = np.select(
        [covered, kind == "DiscountedUsage", negated | kind.isin(PURCHASES)],
        [units["plan"], units["reserved"], 0],
        default=cost,
    )
    return found.assign(billed_cost=np.where(covered | negated, 0, cost), effective_cost=effective)


def _unused(found: Any, kind: Any, units: dict[str, Any]) -> Any:  # noqa: ANN401
    idle = np.select(
        [kind == PURCHASES[0], kind == PURCHASES[1]],
        [units["total"] - units["used"], units["fee"] + units["upfront"]],
        default=0,
    )
    return found.assign(billed_cost=0, effective_cost=idle, resource=None, sku=None)[idle != 0]


def answer(folder: str, project: Path) -> Iterator[tuple[object, ...]]:
    """Yield the rows of the answer."""
    given, ids, frame = rules(project), projects(project), charges(folder)
    masks = {rule.id: _caught(frame, rule, ids) for rule in given}
    for_projects = [rule for rule in given if rule.project or rule.project_tag]
    for_categories = [rule for rule in given if rule.category]
    for name, chosen in (("project", for_projects), ("category", for_categories)):
        caught = [masks[rule.id] for rule in chosen]
        frame[f"{name}_rule"] = np.select(caught, [rule.id for rule in chosen], default="none")
    whose = [frame[r.project_tag] if r.project_tag else r.project for r in for_projects]
    frame["project"] = np.select([masks[r.id] for r in for_projects], whose, default="unallocated")
    terms = [rule.category for rule in for_categories]
    caught = [masks[rule.id] for rule in for_categories]
    frame["category"] = np.select(caught, terms, default="unallocated")
    sums = frame.groupby(list(GRAIN)).agg(
        billed=("billed_cost", "sum"), effective=("effective_cost", "sum"), lines=("code", "size")
    )
    for row in sums.reset_index().itertuples(index=False):
        *grain, billed, effective, count = row
        yield *grain, *(Decimal(int(n)).scaleb(-_PLACES) for n in (billed, effective)), count


def _caught(frame: Any, rule: Rule, ids: tuple[str, ...]) -> Any:  # noqa: ANN401
    parts = []
    for field, patterns in rule.when.items():
        if field != "source":  # there is one
            seen = _SEEN.get(field, (field,))
            parts.append(
                reduce(np.logical_or, (_matches(frame[c], p) for c in seen for p in patterns))
            )
    if rule.project_tag:
        parts.append(frame[rule.project_tag].isin(ids))
    return reduce(np.logical_and, parts, np.ones(len(frame), dtype=bool))


def _matches(column: Any, pattern: str) -> Any:  # noqa: ANN401
    inner = pattern.strip("*")
    if not inner:
        return column.notna()
    if inner == pattern and "?" not in inner:
        return column == pattern
    if "*" in inner or "?" in inner:
        glob = "".join({"*": ".*", "?": "."}.get(c) or re.escape(c) for c in pattern)
        return column.str.fullmatch(glob, na=False)
    if pattern.startswith("*"):
        if pattern.endswith("*"):
            return column.str.contains(inner, regex=False, na=False)
        return column.str.endswith(inner, na=False)
    return column.str.startswith(inner, na=False)


def _canonical(column: Any) -> Any:  # noqa: ANN401
    texts = column.str.strip().str.lower()
    return texts.where(texts != "")


def _first_of(tags: dict[str, str], keys: list[str]) -> str | None:
    return next((tags[key] for key in keys if key in tags), None)


def _units(column: Any) -> Any:  # noqa: ANN401
    return (column * 10**_PLACES).round().astype("int64")


if __name__ == "__main__":
    print(digest(answer(sys.argv[1], Path(sys.argv[2]))))
