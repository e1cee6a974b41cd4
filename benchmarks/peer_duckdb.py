"""The same answer in one SQL statement of DuckDB over the raw files, made from `rules.yaml`.

It does less than an ingest: nothing is checked, proved, kept or written; amounts are taken to
have ten decimals at most, and tags to be spelled as the generator spells them. It is what a
good analyst writes.

    python benchmarks/peer_duckdb.py FILES PROJECT_FOLDER
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import duckdb
from answer import COLUMNS, digest
from peer_rules import NAMES, PURCHASES, SPELLINGS, UNPRICED, Rule, projects, rules

_MONEY: Final = "DECIMAL(38, 10)"
_TEXTS: Final = {
    "account": "line_item_usage_account_id",
    "code": "line_item_product_code",
    "line_type": "line_item_line_item_type",
    "region": "product_region_code",
    "usage_type": "line_item_usage_type",
}
_AMOUNTS: Final = {
    "cost": "line_item_unblended_cost",
    "plan": "savings_plan_savings_plan_effective_cost",
    "reserved": "reservation_effective_cost",
}
# a field of a rule is one or several columns of a charge
_SEEN: Final = {"service": ("code", "name"), "source": ("'cloud'",)}
_SPECIAL: Final = "\\_%"


def statement(files: str, given: tuple[Rule, ...], ids: tuple[str, ...]) -> str:
    """Return the statement.

    Args:
        files: The Parquet files, with stars.
        given: The rules.
        ids: The projects.
    """
    tags = [tag for rule in given for tag in (*rule.when, rule.project_tag) if tag in SPELLINGS]
    spelled = tuple(tag for tag in dict.fromkeys(tags) if tag)
    project = _first((rule for rule in given if rule.project or rule.project_tag), ids)
    category = _first((rule for rule in given if rule.category), ids)
    return f"""
        WITH lines AS (SELECT {", ".join(_lines(spelled))} FROM read_parquet({_text(files)},
            hive_partitioning = false)),
        charges AS ({_charges(spelled)}),
        ruled AS (SELECT *, {project} AS project_rule,
            {category} AS category_rule FROM charges)
        SELECT {_named(given, "project")} AS project, {_named(given, "category")} AS category,
            coalesce(project_rule, 'none') AS project_rule,
            coalesce(category_rule, 'none') AS category_rule, day,
            sum(billed) AS billed_cost, sum(effective) AS effective_cost, count(*) AS lines
        FROM ruled GROUP BY ALL"""


def answer(files: str, folder: Path) -> list[tuple[object, ...]]:
    """Return the rows of the answer."""
    with duckdb.connect(":memory:") as connection:
        sql = statement(files, rules(folder), projects(folder))
        return connection.execute(f"SELECT {', '.join(COLUMNS)} FROM ({sql})").fetchall()


def _lines(tags: Iterable[str]) -> Iterator[str]:
    yield "CAST(line_item_usage_start_date AS DATE) AS day"
    yield "line_item_line_item_type AS kind"
    for name, column in _TEXTS.items():
        yield f"{_canonical(column)} AS {name}"
    names = " ".join(f"WHEN {_text(code)} THEN {_text(name)}" for code, name in NAMES.items())
    yield f"lower(CASE line_item_product_code {names} END) AS name"
    yield f"{_canonical('line_item_resource_id')} AS resource"
    unpriced = ", ".join(map(_text, UNPRICED))
    yield f"CASE WHEN kind NOT IN ({unpriced}) THEN {_canonical('product_sku')} END AS sku"
    for tag in tags:
        found = ", ".join(f"resource_tags[{_text(key)}]" for key in SPELLINGS[tag])
        yield f"{_canonical(f'coalesce({found})')} AS {tag}"
    for name, column in _AMOUNTS.items():
        yield f"CAST({column} AS {_MONEY}) AS {name}"
    yield f"""CASE kind
        WHEN 'SavingsPlanRecurringFee' THEN CAST(savings_plan_total_commitment_to_date AS {_MONEY})
            - CAST(savings_plan_used_commitment AS {_MONEY})
        WHEN 'RIFee' THEN CAST(reservation_unused_recurring_fee AS {_MONEY})
            + CAST(reservation_unused_amortized_upfront_fee_for_billing_period AS {_MONEY})
        END AS idle"""


def _charges(tags: tuple[str, ...]) -> str:
    """Return SQL of the charges: of each line, and of what of a commitment nothing used."""
    same = ["day", *_TEXTS, "name"]
    fees = ", ".join(map(_text, PURCHASES))
    return f"""
        SELECT {", ".join((*same, "resource", "sku", *tags))},
            CASE WHEN kind IN ('SavingsPlanCoveredUsage', 'SavingsPlanNegation') THEN 0
                ELSE cost END AS billed,
            CASE WHEN kind = 'SavingsPlanCoveredUsage' THEN plan
                WHEN kind = 'DiscountedUsage' THEN reserved
                WHEN kind IN ('SavingsPlanNegation', {fees}) THEN 0 ELSE cost END AS effective
        FROM lines
        UNION ALL
        SELECT {", ".join((*same, "NULL", "NULL", *("NULL" for _ in tags)))}, 0, idle
        FROM lines WHERE kind IN ({fees}) AND idle <> 0"""


def _first(given: Iterable[Rule], ids: tuple[str, ...]) -> str:
    """Return SQL of the id of the first rule that catches a charge."""
    whens = (f"WHEN {_caught(rule, ids)} THEN {_text(rule.id)}" for rule in given)
    return f"CASE {' '.join(whens)} END"


def _caught(rule: Rule, ids: tuple[str, ...]) -> str:
    conditions = [
        "(" + " OR ".join(_matches(c, p) for c in _SEEN.get(field, (field,)) for p in found) + ")"
        for field, found in rule.when.items()
    ]
    if rule.project_tag:
        conditions.append(f"{rule.project_tag} IN ({', '.join(map(_text, ids))})")
    return " AND ".join(conditions)


def _matches(column: str, pattern: str) -> str:
    inner = pattern.strip("*")
    if not inner:
        return f"{column} IS NOT NULL"
    if inner == pattern and "?" not in inner:
        return f"{column} = {_text(pattern)}"
    if "*" in inner or "?" in inner:
        escaped = "".join(f"\\{c}" if c in _SPECIAL else c for c in pattern)
        like = escaped.replace("*", "%").replace("?", "_")
        return f"{column} LIKE {_text(like)} ESCAPE '\\'"
    if pattern.startswith("*"):
        return f"{'contains' if pattern.endswith('*') else 'ends_with'}({column}, {_text(inner)})"
    return f"starts_with({column}, {_text(inner)})"


def _named(given: tuple[Rule, ...], what: str) -> str:
    """Return SQL of what the rule that caught a charge gives it."""
    whens = [
        f"WHEN {_text(rule.id)} THEN {rule.project_tag or _text(rule.project or '')}"
        if what == "project"
        else f"WHEN {_text(rule.id)} THEN {_text(rule.category or '')}"
        for rule in given
        if (what == "project") == bool(rule.project or rule.project_tag)
    ]
    return f"CASE {what}_rule {' '.join(whens)} ELSE 'unallocated' END"


def _canonical(column: str) -> str:
    return f"nullif(lower(trim({column})), '')"


def _text(value: str) -> str:
    escaped = value.replace("'", "''")
    return f"'{escaped}'"


if __name__ == "__main__":
    print(digest(answer(sys.argv[1], Path(sys.argv[2]))))
