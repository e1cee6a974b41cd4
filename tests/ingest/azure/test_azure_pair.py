"""Actual and amortised cost as one source: each basis is what its export says, exactly."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.azure import control
from ingest.azure.charges import convert
from ingest.azure.pair import roles
from ingest.azure.role import ROLES
from ingest.sources.azure_export import AzureExport
from ingest.table import ContractError
from models.errors import AbsentError, BrokenError, EmptyError
from models.period import Month

Build = Callable[..., AzureExport]
Line = dict[str, str]
COST: Final = "CostInBillingCurrency"
OCTOBER: Final = Month(2026, 10)


def commitment(ids: Mapping[str, str], kind: str, **changes: str) -> Line:
    model = {"plan": "SavingsPlan", "reservation": "Reservation"}[kind]
    return {"PricingModel": model, "benefitId": ids[kind], "benefitName": kind, **changes}


@pytest.fixture
def ordinary() -> list[Line]:
    return [
        {COST: "0.000000000000000001"},
        {COST: "-2.5", "ChargeType": "Refund"},
        {COST: "1.90", "ChargeType": "Tax", "Frequency": "OneTime"},
        {COST: "-0.004", "ChargeType": "RoundingAdjustment"},
        {COST: "49.99", "ChargeType": "Purchase", "Frequency": "OneTime"},
        {COST: "3.3", "PricingModel": "Spot", "Date": "10/31/2026"},
    ]


@pytest.fixture
def actual(ordinary: list[Line], ids: Mapping[str, str]) -> list[Line]:
    return [
        *ordinary,
        commitment(ids, "reservation", **{COST: "0"}),
        commitment(ids, "plan", **{COST: "0"}),
        commitment(ids, "reservation", **{COST: "12000", "ChargeType": "Purchase"}),
        commitment(ids, "reservation", **{COST: "-3000", "ChargeType": "Refund"}),
        commitment(ids, "plan", **{COST: "100", "ChargeType": "Purchase"}),
    ]


@pytest.fixture
def amortized(ordinary: list[Line], ids: Mapping[str, str]) -> list[Line]:
    return [
        *ordinary,
        commitment(ids, "reservation", **{COST: "4.2"}),
        commitment(ids, "plan", **{COST: "5.6"}),
        commitment(ids, "reservation", **{COST: "1.1", "ChargeType": "UnusedReservation"}),
        commitment(ids, "plan", **{COST: "0.4", "ChargeType": "UnusedSavingsPlan"}),
    ]


@pytest.fixture
def lay(tmp_path: Path, run: Any, make: Any) -> Callable[..., tuple[bytes, bytes]]:
    """Lay both exports of a month; return all lines of each as one document."""

    def laid(
        actual: Sequence[Sequence[Line]], amortized: Sequence[Sequence[Line]]
    ) -> tuple[bytes, bytes]:
        names = (("ActualCost", "actual", actual), ("AmortizedCost", "amortized", amortized))
        for dataset, name, parts in names:
            written = tuple(make.csv(part, "ea", ORDER) for part in parts)
            run(written, type=dataset, name=name).lay(tmp_path / name)
        whole = [make.csv([line for part in p for line in part], "ea") for _, _, p in names]
        return whole[0], whole[1]

    return laid


@pytest.fixture(autouse=True)
def _order(bases: Mapping[str, Line]) -> None:
    ORDER[:] = list(bases["ea"])


ORDER: Final[list[str]] = []


@pytest.fixture
def pair(build: Build) -> AzureExport:
    return build(actual="actual", amortized="amortized")


@pytest.mark.failure("C04")
def test_billed_is_the_actual_export_and_effective_the_amortised_one(
    actual: list[Line],
    amortized: list[Line],
    lay: Any,
    pair: AzureExport,
    load: Any,
    total: Any,
) -> None:
    written = lay([actual], [amortized])

    found = load(pair)

    assert found.total("billed_cost") == total(written[0], COST)
    assert found.total("effective_cost") == total(written[1], COST)
    assert found.charges.height == len(actual) + len(amortized) - 6 - 2
    assert found.notes == {"stated_twice": "6 rows count in the other dataset of the pair"}
    usage = found.charges.filter(found.charges["consumed_quantity"].is_not_null())
    assert usage.height == 4  # two ordinary and two covered; none of them twice


@pytest.mark.failure("C04")
def test_a_pair_whose_ordinary_rows_differ_keeps_each_basis_apart(
    actual: list[Line],
    amortized: list[Line],
    lay: Any,
    pair: AzureExport,
    load: Any,
    total: Any,
    ids: Mapping[str, str],
) -> None:
    written = lay([[*actual, {COST: "0.02", "Date": "10/30/2026"}]], [amortized])

    found = load(pair)

    assert found.total("billed_cost") == total(written[0], COST)
    assert found.total("effective_cost") == total(written[1], COST)
    assert found.notes["pair_apart"] == (
        f"ordinary rows of the pair differ: -0.02 USD more in amortized cost, first on 2026-10-30 "
        f"in {ids['subscription']}; each dataset states its own basis until they agree"
    )
    usage = found.charges.filter(found.charges["consumed_quantity"].is_not_null())
    assert usage["effective_cost"].sum() == Decimal("13.100000000000000001")


@dataclass
class Both:
    """Charges of a pair of exports, converted by the roles that were decided."""

    apart: str
    roles: dict[str, str]
    charges: pl.DataFrame

    @property
    def sums(self) -> tuple[Decimal, Decimal]:
        billed, effective = self.charges.select("billed_cost", "effective_cost").sum().row(0)
        return billed, effective


@pytest.fixture
def both(make: Any, tmp_path: Path) -> Callable[..., Both]:
    def decided(actual: Sequence[list[Line]], amortized: Sequence[list[Line]]) -> Both:
        paths: list[dict[str, Path]] = [{}, {}]
        for kept, parts in zip(paths, (actual, amortized), strict=True):
            for content in (make.csv(part, "ea", ORDER) for part in parts):
                path = tmp_path / sha256(content).hexdigest()
                path.write_bytes(content)
                kept[path.name] = path
        found, apart = roles(*paths)
        frames = [
            convert(path, found[name], OCTOBER, tax_recoverable=False).charges.collect()
            for name, path in (paths[0] | paths[1]).items()
        ]
        return Both(apart, found, pl.concat(frames))

    return decided


def summed(parts: Sequence[list[Line]]) -> Decimal:
    with localcontext(prec=60):
        return sum((Decimal(line.get(COST, "7")) for part in parts for line in part), Decimal(0))


@pytest.mark.parametrize("moved", [{"Date": "10/06/2026"}, {"SubscriptionId": "other"}])
def test_ordinary_rows_that_moved_are_a_difference_though_their_sum_is_none(
    moved: Line, ordinary: list[Line], both: Callable[..., Both]
) -> None:
    found = both([ordinary], [[{**ordinary[0], **moved}, *ordinary[1:]]])

    assert found.apart.startswith("0 USD more in amortized cost, first on 2026-10-0")
    assert found.sums == (summed([ordinary]), summed([ordinary]))


def test_a_part_that_both_exports_have_counts_for_both(
    ordinary: list[Line], actual: list[Line], amortized: list[Line], both: Callable[..., Both]
) -> None:
    found = both([ordinary, actual[6:]], [ordinary, amortized[6:]])

    assert sorted(found.roles.values()) == ["actual of a pair", "amortized of a pair", "both"]
    assert found.sums == (summed([actual]), summed([amortized]))


def test_a_part_that_both_exports_have_is_one_document(
    ordinary: list[Line], actual: list[Line], lay: Any, pair: AzureExport, fetch: Any
) -> None:
    lay([ordinary, actual[6:]], [ordinary])

    names = [document.name for document in fetch(pair).documents]

    assert [name.partition("/")[0] for name in names] == ["actual", "actual"]


def test_covered_usage_that_actual_cost_charges_stays_on_the_invoice(
    both: Callable[..., Both], ids: Mapping[str, str]
) -> None:
    found = both(
        [[commitment(ids, "plan", **{COST: "0.7"})]],
        [[commitment(ids, "plan", **{COST: "5.6"})]],
    )

    assert found.sums == (Decimal("0.7"), Decimal("5.6"))
    assert found.charges["consumed_quantity"].drop_nulls().to_list() == [Decimal(2)]


def test_each_dataset_alone_says_which_basis_is_missing(
    actual: list[Line],
    amortized: list[Line],
    lay: Any,
    build: Build,
    load: Any,
    total: Any,
    ordinary: list[Line],
    make: Any,
) -> None:
    written = lay([actual], [amortized])

    billed = load(build(actual="actual"))
    spread = load(build(amortized="amortized"))

    assert billed.total("billed_cost") == total(written[0], COST)
    assert billed.total("effective_cost") == total(written[0], COST)
    assert billed.notes["one_dataset"].startswith("amortized cost is not configured, so reserv")
    assert spread.total("billed_cost") == total(make.csv(ordinary, "ea"), COST)
    assert spread.total("effective_cost") == total(written[1], COST)
    assert spread.notes["one_dataset"].startswith("actual cost is not configured, so purchases")


def test_both_exports_of_a_month_must_be_there(
    actual: list[Line],
    amortized: list[Line],
    lay: Any,
    pair: AzureExport,
    tmp_path: Path,
    fetch: Any,
) -> None:
    lay([actual], [amortized])
    for path in (tmp_path / "amortized").rglob("manifest.json"):
        path.unlink()

    error = fetch(pair)

    assert isinstance(error, AbsentError)
    assert str(error).startswith("azure: amortized cost: nothing is delivered for 2026-10")


def test_a_pair_without_any_data_is_empty(
    tmp_path: Path, run: Any, pair: AzureExport, fetch: Any
) -> None:
    run((), type="ActualCost").lay(tmp_path / "actual")
    run((), type="AmortizedCost").lay(tmp_path / "amortized")

    assert isinstance(fetch(pair), EmptyError)


@pytest.mark.failure("A02")
def test_a_pair_is_known_by_both_of_its_manifests(
    actual: list[Line],
    amortized: list[Line],
    lay: Any,
    pair: AzureExport,
    fetch: Any,
    archive: Any,
    tmp_path: Path,
    run: Any,
    make: Any,
) -> None:
    lay([actual], [amortized])
    first = fetch(pair)
    known = {OCTOBER: first.manifest.sha256}

    assert list(pair.fetch([OCTOBER], archive, known)) == []
    later = (make.csv(amortized, "ea"),)
    run(later, type="AmortizedCost", name="amortized", time="202610090400").lay(
        tmp_path / "amortized"
    )
    second = fetch(pair)
    assert second.manifest.sha256 != first.manifest.sha256
    assert len(list(pair.fetch([OCTOBER], archive, known))) == 1


@pytest.mark.parametrize(
    ("swapped", "complaint"),
    [
        ("actual", "row 9 is what a commitment left unused, which is in amortized cost only"),
        ("amortized", "row 9 buys a commitment, which is in actual cost only"),
    ],
)
def test_exports_under_the_wrong_name_are_refused(
    swapped: str,
    complaint: str,
    actual: list[Line],
    amortized: list[Line],
    make: Any,
    tmp_path: Path,
) -> None:
    path = tmp_path / "document"
    path.write_bytes(make.csv(amortized if swapped == "actual" else actual, "ea"))

    with pytest.raises(ContractError) as error:
        convert(path, swapped, OCTOBER, tax_recoverable=False)

    assert str(error.value) == (
        f"{complaint}; check which export stands under actual and which under amortized"
    )


def test_one_file_under_both_names_is_refused(
    actual: list[Line], lay: Any, pair: AzureExport, load: Any
) -> None:
    lay([actual], [actual])

    with pytest.raises(BrokenError, match="row 9 is of a commitment, and stands alike in both"):
        load(pair)


def test_a_pair_that_cannot_be_compared_is_refused_by_its_load(
    ordinary: list[Line], lay: Any, pair: AzureExport, load: Any
) -> None:
    lay([[{**ordinary[0], COST: "free"}]], [ordinary])

    with pytest.raises(BrokenError, match="column CostInBillingCurrency holds 'free'"):
        load(pair)


def test_the_two_readers_know_the_same_roles() -> None:
    assert set(control._COUNTS) == set(ROLES)
    for name, role in ROLES.items():
        stated = control._COUNTS[name]
        ordinary = "b" * role.billed + "e" * role.effective
        committed = "b" * role.commitment_billed + "e" * role.commitment_effective
        assert stated == (ordinary, committed)


AMOUNTS: Final = st.integers(-(10**9), 10**9).map(lambda n: str(Decimal(n).scaleb(-9)))
KINDS: Final = st.sampled_from(["Usage", "Tax", "Purchase", "Refund", "RoundingAdjustment"])
BOTH: Final = st.lists(st.tuples(KINDS, AMOUNTS), max_size=6)
SPREAD: Final = st.lists(
    st.tuples(st.sampled_from(["Usage", "UnusedReservation", "UnusedSavingsPlan"]), AMOUNTS),
    max_size=4,
)
BOUGHT: Final = st.lists(st.tuples(st.sampled_from(["Purchase", "Refund"]), AMOUNTS), max_size=3)


@pytest.mark.failure("C04")
@pytest.mark.failure("A09")
@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    shared=BOTH,
    bought=BOUGHT,
    spread=SPREAD,
    late=BOTH,
    shuffle=st.randoms(),
    cut=st.integers(0, 9),
)
def test_however_rows_are_ordered_and_split_both_sums_hold(
    shared: Any,
    bought: Any,
    spread: Any,
    late: Any,
    shuffle: Any,
    cut: int,
    both: Callable[..., Both],
    ids: Mapping[str, str],
) -> None:
    def lines(pairs: Any, **more: str) -> list[Line]:
        return [{"ChargeType": kind, COST: amount, **more} for kind, amount in pairs]

    committed = commitment(ids, "reservation")
    actual = lines(shared) + lines(late) + lines(bought, **committed)
    amortized = lines(shared) + lines(spread, **committed, MeterName="as spread")
    shuffle.shuffle(actual)
    shuffle.shuffle(amortized)

    found = both([actual[:cut], actual[cut:]], [amortized])

    assert found.sums == (summed([actual]), summed([amortized]))
