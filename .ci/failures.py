"""Show which rows of docs/failures.md have tests; fail when one has none."""

from __future__ import annotations

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
ROW: Final = re.compile(r"^\| ([A-Z]\d\d) \| ([^|]+?) \|", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Mark:
    """One `pytest.mark.failure("A01")`: the row, and the test or the line that carries it."""

    row: str
    place: str


def rows(text: str) -> dict[str, str]:
    """Return id and first words of each row of the catalogue."""
    return dict(ROW.findall(text))


def marks(path: str, text: str) -> Iterator[Mark]:
    """Yield the marks of one test file, wherever they stand in it."""
    tree = ast.parse(text)
    owners = {
        id(part): node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        for decorator in node.decorator_list
        for part in ast.walk(decorator)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("mark.failure"):
            place = f"{path}::{owners.get(id(node), f'line {node.lineno}')}"
            yield from (Mark(_text(argument), place) for argument in node.args)


def _text(argument: ast.expr) -> str:
    return str(argument.value) if isinstance(argument, ast.Constant) else ast.unparse(argument)


def places(found: Iterator[Mark]) -> dict[str, list[str]]:
    """Return the tests of each row that is marked, in order."""
    by_row: dict[str, list[str]] = defaultdict(list)
    for mark in found:
        by_row[mark.row].append(mark.place)
    return dict(sorted(by_row.items()))


def complaints(catalogue: Mapping[str, str], covered: Mapping[str, list[str]]) -> list[str]:
    """Return one line for each row without a test and each mark without a row."""
    bare = [f"{row} has no test: {catalogue[row]}" for row in catalogue if row not in covered]
    strange = [
        f"{covered[row][0]} is marked {row!r}, which docs/failures.md does not describe"
        for row in covered
        if row not in catalogue
    ]
    return bare + strange


def collected(root: Path = ROOT) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Return the catalogue, and the tests of each marked row."""
    files = sorted((root / "tests").rglob("*.py"))
    found = (
        mark
        for file in files
        for mark in marks(file.relative_to(root).as_posix(), file.read_text("utf-8"))
    )
    return rows((root / "docs" / "failures.md").read_text("utf-8")), places(found)


def main() -> int:
    """Print the table and what is missing from it."""
    catalogue, covered = collected()
    for row, title in catalogue.items():
        tests = covered.get(row, [])
        print(f"{row}  {len(tests):3}  {title}" + "".join(f"\n           {test}" for test in tests))
    wrong = complaints(catalogue, covered)
    print(f"\n{len(catalogue.keys() & covered.keys())} of {len(catalogue)} rows have tests")
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
