from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

Collected = tuple[dict[str, str], dict[str, list[str]]]


@pytest.fixture(scope="module")
def failures(script: Callable[[str], ModuleType]) -> ModuleType:
    return script("failures")


@pytest.fixture(scope="module")
def collected(failures: ModuleType) -> Collected:
    found: Collected = failures.collected()
    return found


def test_each_row_of_the_catalogue_has_a_test_and_each_mark_a_row(
    failures: ModuleType, collected: Collected
) -> None:
    assert not failures.complaints(*collected)


def test_the_catalogue_has_one_row_for_each_id(failures: ModuleType, root: Path) -> None:
    ids = [row for row, _ in failures.ROW.findall((root / "docs/failures.md").read_text("utf-8"))]

    assert ids == sorted(set(ids))


def test_the_catalogue_holds_all_of_first_priority_about_deliveries(collected: Collected) -> None:
    catalogue, _ = collected
    numbers = {
        "A": (*range(1, 12), 13, 16, 17),
        "B": (*range(1, 10), 13, 16),
        "E": range(1, 6),
        "G": range(1, 4),
        "K": range(1, 5),
        "M": (1, 2, 3, 11),
    }
    wanted = {f"{group}{number:02}" for group, each in numbers.items() for number in each}
    assert wanted <= set(catalogue)


def test_the_catalogue_holds_what_the_first_release_promises(collected: Collected) -> None:
    catalogue, _ = collected
    promised = (
        "A01 A02 A03 A04 A05 B01 B02 B03 B04 B05 B06 B07 B08 B09 B13 C01 C02 C04 C05 C06 C07 "
        "F01 F02 F03 J01 M01 M02 M03 M12"
    )
    assert set(promised.split()) <= set(catalogue)


@pytest.mark.parametrize(
    ("source", "row", "place"),
    [
        ("@pytest.mark.failure('A01')\ndef test_x(): ...", "A01", "t.py::test_x"),
        ("@mark.failure('A01')\nclass TestX: ...", "A01", "t.py::TestX"),
        ("pytestmark = pytest.mark.failure('B02')", "B02", "t.py::line 1"),
        ("\npytest.param(1, marks=pytest.mark.failure('B02'))", "B02", "t.py::line 2"),
        ("@pytest.mark.failure(ROW)\ndef test_x(): ...", "ROW", "t.py::test_x"),
    ],
)
def test_a_mark_is_found(failures: ModuleType, source: str, row: str, place: str) -> None:
    assert list(failures.marks("t.py", source)) == [failures.Mark(row, place)]


def test_a_row_without_a_test_and_a_mark_without_a_row_are_named(failures: ModuleType) -> None:
    catalogue = failures.rows(
        "| id | wrong |\n| A01 | cut short | refuse |\n| A02 | twice | once |"
    )

    found = failures.complaints(catalogue, {"A02": ["t.py::test_x"], "Z09": ["t.py::test_y"]})

    assert found == [
        "A01 has no test: cut short",
        "t.py::test_y is marked 'Z09', which docs/failures.md does not describe",
    ]
