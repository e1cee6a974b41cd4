"""Documents beyond the bills of clouds: in any order, twice, rebuilt, and with every row told."""

from __future__ import annotations

from typing import Any, Final

import pytest

from ingest.source import Delivery

pytestmark = pytest.mark.once

ONE_FILE: Final = ("register",)  # whose name the settings say


@pytest.mark.failure("A17")
def test_order_and_names_of_files_change_no_figure(
    case: Any, trial: Any, documents: Any, silent: Any
) -> None:
    if case.is_api or case.name in ONE_FILE:
        return
    trial.put(*documents)
    expected = trial.outcome()
    assert not isinstance(expected, silent), expected

    trial.put(*reversed(documents))
    assert trial.outcome().sums == expected.sums
    trial.put(*documents, names=("z", "Y"))
    assert trial.outcome().sums == expected.sums


@pytest.mark.failure("A01")
@pytest.mark.failure("H01")
def test_the_same_file_twice_counts_once_or_is_refused(
    case: Any, trial: Any, documents: Any, refused: Any
) -> None:
    if case.is_api or case.name in ONE_FILE:
        return
    trial.put(*documents)
    expected = trial.outcome()

    trial.put(*documents, documents[0])

    found = trial.loaded()
    assert isinstance(found, refused) or found[0].sums == expected.sums


@pytest.mark.failure("A01")
def test_loading_twice_and_rebuilding_give_equal_files(
    trial: Any, documents: Any, silent: Any
) -> None:
    trial.put(*documents)
    first = trial.loaded()
    assert not isinstance(first, silent), first
    assert first[0].sums == trial.outcome().sums

    assert trial.loaded() == first
    assert trial.loaded("rebuilt") == first
    (delivery,) = trial.fetched()
    assert isinstance(delivery, Delivery)
    assert trial.fetched({delivery.period: delivery.version}) == []


@pytest.mark.failure("B16")
def test_rows_in_are_charges_rows_set_aside_and_rows_told(
    case: Any, trial: Any, documents: Any, refused: Any
) -> None:
    first, second = documents
    trial.put(first, second)
    sound = trial.outcome()
    assert (sound.rows, sound.rejected, sound.held) == (case.rows, 0, 0)

    old, new = case.spoil
    spoilt = first.replace(old, new, 1)
    assert (spoilt != first) == bool(old)
    trial.put(spoilt, second)

    found = trial.outcome()
    if old and not isinstance(found, refused):
        assert found.rows == sound.rows
        assert found.rejected or found.told != sound.told
        assert found.sums != sound.sums
