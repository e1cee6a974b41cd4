"""Each golden line becomes the same charges, whatever the form it is delivered in."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import polars as pl
import pyarrow as pa
import pytest

from ingest.aws.columns import FIELDS
from ingest.aws.legacy import queried
from ingest.source import Delivery, Document
from ingest.sources.aws_cur import CostReport
from ingest.sources.aws_data_export import DataExport
from models.errors import BrokenError

GOLDEN: Final = Path(__file__).parent.parent / "golden"
FILES: Final = {path.stem: path for path in sorted(GOLDEN.glob("*.json"))}
# In one document costs are either all net or all gross, so these lines are one of their own.
NET: Final = ("discounts_net",)
FOCUS: Final = ("focus",)
GROSS: Final = tuple(case for case in FILES if case not in (*NET, *FOCUS))
DOCUMENT: Final = Document("document", "0" * 64, 1)

Totals = Callable[[pl.LazyFrame], list[tuple[object, ...]]]


@pytest.fixture
def content(request: pytest.FixtureRequest, make: Any) -> pa.Table:
    lines = [line for case in request.param for line in json.loads(FILES[case].read_text())]
    return make.focus(lines) if request.param == FOCUS else make.cur(lines)


def agreed(source: Any, path: Path, delivery: Delivery, totals: Totals) -> pl.DataFrame:
    """Return the charges of a document, about which the second reader says the same."""
    charges: pl.LazyFrame = source.convert(path, DOCUMENT, delivery).charges
    control = source.control(path, DOCUMENT, delivery)
    assert totals(charges) == [
        (t.currency, t.charge_category, t.rows, Decimal(t.billed_cost), Decimal(t.effective_cost))
        for t in control.totals
    ]
    return charges.collect(engine="streaming")


@pytest.mark.failure("B16")
@pytest.mark.parametrize(
    "content", [GROSS, NET, FOCUS], indirect=True, ids=["gross", "net", "focus"]
)
def test_an_export_in_text_becomes_the_charges_of_its_parquet_form(
    content: pa.Table,
    make: Any,
    text: Any,
    build: Callable[..., DataExport],
    delivery: Callable[[str], Delivery],
    totals: Totals,
) -> None:
    of = delivery("focus" if "BilledCost" in content.column_names else "cur2")
    path = make.folder / "text"
    path.write_bytes(gzip.compress(text.csv(content), mtime=0))

    found = agreed(build(), path, of, totals)

    expected = build().convert(make.written(content), DOCUMENT, of).charges
    assert found.equals(expected.collect(engine="streaming"))


@pytest.mark.failure("B16")
@pytest.mark.parametrize("content", [GROSS, NET], indirect=True, ids=["gross", "net"])
@pytest.mark.parametrize("form", ["text", "queried"])
def test_a_legacy_report_becomes_the_charges_of_the_same_export(
    form: str,
    content: pa.Table,
    make: Any,
    text: Any,
    build: Callable[..., DataExport],
    build_report: Callable[..., CostReport],
    delivery: Callable[[str], Delivery],
    totals: Totals,
) -> None:
    content = content.drop_columns(["tags"])  # no legacy report has this map
    path = make.folder / "legacy"
    written = text.legacy(content, "\r\n") if form == "text" else make.bytes(text.queried(content))
    path.write_bytes(written)

    found = agreed(build_report(), path, delivery("cur"), totals)

    expected = build().convert(make.written(content), DOCUMENT, delivery("cur2")).charges
    same = expected.collect(engine="streaming")
    assert found.drop("tags").equals(same.drop("tags"))
    assert [tags or {} for tags in found["tags"]] == [tags or {} for tags in same["tags"]]


def test_a_name_in_a_legacy_report_becomes_that_of_a_query(spelt: dict[str, str]) -> None:
    maps = {"cost_category", "product", "resource_tags", "tags"}

    assert {queried(name): name for name in spelt.values()} == spelt
    assert {field.name for field in FIELDS} - maps <= set(spelt)
    assert queried("savingsPlan/SavingsPlanArn") == "savings_plan_savings_plan_a_r_n"
    assert queried("resourceTags/user:ft_project") == "resource_tags_user_ft_project"
    assert queried("product/productFamily") == "product_product_family"


@pytest.fixture
def convert(make: Any, build_report: Callable[..., CostReport], delivery: Any) -> Any:
    def converted(content: bytes) -> Any:
        path = make.folder / "legacy"
        path.write_bytes(content)
        return build_report().convert(path, DOCUMENT, delivery("cur"))

    return converted


def with_columns(content: bytes, **more: str) -> bytes:
    header, *lines = content.decode().splitlines()
    added = [",".join([header, *(name.replace("__", "/") for name in more)])]
    return "\n".join([*added, *(",".join([line, *more.values()]) for line in lines), ""]).encode()


@pytest.mark.failure("B09")
@pytest.mark.failure("D01")
def test_tags_keep_their_keys_and_those_that_differ_only_in_case_stay_two(
    make: Any, text: Any, convert: Any
) -> None:
    content = text.legacy(
        make.cur([{"resource_tags": {"user:Project": "a", "aws:createdBy": "b"}}])
    )
    more = {"resourceTags__user:project": "c", "resourceTags__user:cost, centre": "", "x": ""}
    content = with_columns(content, **{k.replace(",", ""): v for k, v in more.items()})

    (tags,) = convert(content).charges.collect()["tags"]

    assert tags == {"user:Project": "a", "aws:createdBy": "b", "user:project": "c"}


@pytest.mark.failure("B01")
def test_a_column_that_no_report_is_known_to_have_is_told_by_its_name(
    make: Any, text: Any, convert: Any
) -> None:
    content = with_columns(
        text.legacy(make.cur([{}])),
        product__instanceType="p5.48xlarge",
        product__InstanceType="p5.48xlarge",
        lineItem__TaxType="",
        identity__LineItemId="1",
        lineItem__Shiny="1",
    )

    conversion = convert(content)

    assert conversion.notes == (("new_column", "not known and not used: lineItem/Shiny (String)"),)


@pytest.mark.failure("B08")
def test_a_column_under_two_spellings_is_refused(make: Any, text: Any, convert: Any) -> None:
    content = with_columns(text.legacy(make.cur([{}])), savingsPlan__SavingsPlanArn="")

    complaint = (
        "has columns that differ only in case: savingsPlan/SavingsPlanARN, savingsPlan/Savings"
    )
    with pytest.raises(BrokenError, match=complaint):
        convert(content)


@pytest.mark.failure("B02")
def test_a_legacy_report_without_a_required_column_is_refused(
    make: Any, text: Any, convert: Any
) -> None:
    content = text.legacy(make.cur([{}]).drop_columns(["line_item_unblended_cost"]))

    with pytest.raises(BrokenError, match="has no column line_item_unblended_cost; the nearest"):
        convert(content)


@pytest.mark.failure("B05")
@pytest.mark.parametrize("form", ["csv", "legacy"])
def test_text_in_a_cost_refuses_the_document_with_its_row(
    form: str,
    make: Any,
    text: Any,
    build: Callable[..., DataExport],
    build_report: Callable[..., CostReport],
    delivery: Callable[[str], Delivery],
) -> None:
    types = {"line_item_unblended_cost": pa.string()}
    content = make.cur([{"line_item_unblended_cost": v} for v in ("1", "1.5", "N/A")], types)
    path = make.folder / "text"
    path.write_bytes(getattr(text, form)(content))
    source: Any = build() if form == "csv" else build_report()

    with pytest.raises(BrokenError) as error:
        source.convert(path, DOCUMENT, delivery("cur2"))

    assert str(error.value) == (
        "aws: document: row 3: column line_item_unblended_cost holds 'N/A', "
        "which cannot be read as a number"
    )


@pytest.mark.failure("B06")
def test_account_ids_and_invoice_ids_of_text_keep_their_zeros(
    make: Any, text: Any, convert: Any
) -> None:
    charges = convert(text.legacy(make.cur([{"bill_invoice_id": "007"}]))).charges.collect()

    assert charges["billing_account_id"].item() == "000123456789"
    assert charges["sub_account_id"].item() == "000000000001"
    assert charges["invoice_id"].item() == "007"


def test_a_report_without_lines_has_no_charges(make: Any, text: Any, convert: Any) -> None:
    assert convert(text.legacy(make.cur([]))).charges.collect().is_empty()


NODES: Final = re.compile(r'label="([a-z-]+)')


@pytest.mark.parametrize("form", ["text", "queried"])
def test_no_step_of_the_conversion_of_a_report_waits_for_all_rows(
    form: str, make: Any, text: Any, convert: Any
) -> None:
    content = make.cur([{"resource_tags": {"user_a": "1", "user_b": "2"}}] * 3)
    written = text.legacy(content) if form == "text" else make.bytes(text.queried(content))

    plan = convert(written).charges.show_graph(
        engine="streaming", plan_stage="physical", raw_output=True, show=False
    )

    allowed = {"select", "with-columns", "with-row-index", "multi-scan", "filter"}
    assert set(NODES.findall(str(plan))) <= allowed


FOCUS_1_0: Final = (
    *("AvailabilityZone", "BilledCost", "BillingAccountId", "BillingAccountName"),
    *("BillingCurrency", "BillingPeriodEnd", "BillingPeriodStart", "ChargeCategory"),
    *("ChargeClass", "ChargeDescription", "ChargeFrequency", "ChargePeriodEnd"),
    *("ChargePeriodStart", "CommitmentDiscountCategory", "CommitmentDiscountId"),
    *("CommitmentDiscountName", "CommitmentDiscountType", "CommitmentDiscountStatus"),
    *("ConsumedQuantity", "ConsumedUnit", "ContractedCost", "ContractedUnitPrice"),
    *("EffectiveCost", "InvoiceIssuerName", "ListCost", "ListUnitPrice", "PricingCategory"),
    *("PricingQuantity", "PricingUnit", "ProviderName", "PublisherName", "RegionId"),
    *("RegionName", "ResourceId", "ResourceName", "ResourceType", "ServiceCategory"),
    *("ServiceName", "SkuId", "SkuPriceId", "SubAccountId", "SubAccountName", "Tags"),
)


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_the_first_version_of_focus_is_read_in_both_forms(
    form: str,
    make: Any,
    text: Any,
    build: Callable[..., DataExport],
    delivery: Callable[[str], Delivery],
    totals: Totals,
) -> None:
    content = make.focus([{}, {"BilledCost": 1.5, "EffectiveCost": 0.5}]).select(FOCUS_1_0)
    own = ("x_CostCategories", "x_Discounts", "x_Operation", "x_ServiceCode", "x_UsageType")
    for name in own:
        map_type = pa.map_(pa.string(), pa.string())
        dtype = map_type if name.endswith("s") else pa.string()
        content = content.append_column(name, pa.nulls(2, dtype))
    path = make.folder / "focus"
    path.write_bytes(make.bytes(content) if form == "parquet" else text.csv(content))

    charges = agreed(build(), path, delivery("focus"), totals)

    assert charges["billed_cost"].to_list() == [Decimal("98.32"), Decimal("1.5")]
    assert charges["service_subcategory"].to_list() == ["Other (Compute)"] * 2
    assert charges["tags"].to_list() == [{"user_project": "support-bot"}] * 2
    notes = build().convert(path, DOCUMENT, delivery("focus")).notes
    assert notes[0] == ("focus_version", "FOCUS 1.0, by its columns")
    assert "new_column" not in dict(notes)
