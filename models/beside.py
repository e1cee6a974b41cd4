"""What documents state beside charges: usage, invoices as they were printed, assets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from models.charge import JSON, ROW, TEXT, TIME, Column, arranged
from models.money import MONEY, QUANTITY

DAY: Final = pl.Date
_ORIGIN: Final = (
    Column("x_source", TEXT, "Name of the configured source"),
    Column("x_document", TEXT, "SHA-256 of the document the row came from"),
    Column("x_row", ROW, "Row in the document, 1 is the first data row"),
)

# What quantities of usage are of, and their unit: the denominators of unit costs and splits.
DRIVERS: Final[Mapping[str, str]] = {
    "gpu_hours": "hours of one accelerator, as allocated to a job",
    "tokens": "tokens read, written or trained on; `detail` says which",
    "requests": "calls of a model",
    "labels_accepted": "labels that passed acceptance",
    "labor_hours": "approved hours of work",
    "runs": "training runs that ended or are under way; `state` says how",
}
RUN_STATES: Final = ("running", "succeeded", "failed", "cancelled", "preempted")

# fmt: off
USAGE: Final = (
    *_ORIGIN,
    Column("unit", TEXT, "Whose it is, in the source's own words: account, namespace, API project, experiment"),
    Column("driver", TEXT, "One of DRIVERS"),
    Column("day", DAY, "UTC day; what lasts over midnight is cut there"),
    Column("quantity", QUANTITY, "How many; never rounded before it is stored at 18 places"),
    Column("detail", TEXT, "Which part of the driver, such as input, output or training", null=True),
    Column("state", TEXT, "How a run ended, one of RUN_STATES", null=True),
    Column("run_id", TEXT, "The run or job, where it is known", null=True),
    Column("cluster", TEXT, "Where it ran: what an asset's `cluster` names", null=True),
    Column("gpu_type", TEXT, "Model of the accelerators", null=True),
    Column("model", TEXT, "Model that was trained or called", null=True),
    Column("tags", JSON, "What else the source says, for rules"),
)

# Headers of invoices. Amounts are in `currency`, as cost: credits negative.
INVOICE_HEADERS: Final = (
    *_ORIGIN,
    Column("invoice_id", TEXT, "Number as printed; unique per issuer and kind only"),
    Column("invoice_issuer_name", TEXT, "Who invoices"),
    Column("kind", TEXT, "One of ingest.invoice.head.KINDS"),
    Column("status", TEXT, "counted, duplicate, conflict, superseded, draft, unknown_issuer, rejected, no_cost"),
    Column("invoice_issue_date", DAY, "Date of issue", null=True),
    Column("payment_due_date", DAY, "Last day of payment", null=True),
    Column("currency", TEXT, "ISO 4217"),
    Column("net", MONEY, "Without tax", null=True),
    Column("tax", MONEY, "Tax", null=True),
    Column("gross", MONEY, "With tax", null=True),
    Column("prepaid", MONEY, "Of it paid before; no cost falls away by that", null=True),
    Column("payable", MONEY, "What is left to pay; never a cost", null=True),
    Column("service_start", DAY, "First day of the work, of the whole invoice", null=True),
    Column("service_end", DAY, "Last day of it, inclusive", null=True),
    Column("purchase_order_number", TEXT, "Purchase order", null=True),
    Column("buyer_reference", TEXT, "What the buyer asked to be printed", null=True),
    Column("reference_invoice_id", TEXT, "The invoice it corrects or gives back", null=True),
    Column("note", TEXT, "Why it does not count, or what looks odd", null=True),
)

# FOCUS 1.4 Invoice Detail, one row a printed line and one for its tax. billed_cost is in
# billing_currency, credits negative, with the line's part of allowances of the whole document.
INVOICE_DETAILS: Final = (
    *_ORIGIN,
    Column("billed_cost", MONEY, "Amount of the line"),
    Column("billing_account_id", TEXT, "The buyer's account at the issuer"),
    Column("billing_currency", TEXT, "ISO 4217"),
    Column("billing_period_start", TIME, "First moment of the month of issue"),
    Column("billing_period_end", TIME, "First moment after it"),
    Column("charge_category", TEXT, "Usage, Purchase, Tax, Credit, Adjustment"),
    Column("invoice_detail_id", TEXT, "Line of the invoice, `number#line`"),
    Column("invoice_id", TEXT, "Number as printed"),
    Column("invoice_issue_date", DAY, "Date of issue", null=True),
    Column("invoice_issue_status", TEXT, "Open, Issued, Voided"),
    Column("invoice_issuer_name", TEXT, "Who invoices"),
    Column("invoice_detail_created", TIME, "When it was issued"),
    Column("invoice_detail_last_updated", TIME, "The same, unless superseded"),
    Column("invoice_detail_description", TEXT, "Text of the line", null=True),
    Column("invoice_detail_grain", JSON, "What else the line is about: sku, unit, quantity, unit price"),
    Column("payment_due_date", DAY, "Last day of payment", null=True),
    Column("payment_terms", TEXT, "As printed", null=True),
    Column("reference_invoice_id", TEXT, "Its own number, or the invoice a credit note refers to"),
    Column("purchase_order_number", TEXT, "Purchase order", null=True),
    Column("payment_currency", TEXT, "ISO 4217"),
    Column("payment_currency_billed_cost", MONEY, "billed_cost in payment_currency"),
    Column("x_purchase_order_line", TEXT, "Line of the purchase order", null=True),
    Column("x_quantity", QUANTITY, "Quantity as billed", null=True),
    Column("x_unit", TEXT, "Its unit", null=True),
    Column("x_unit_price", MONEY, "Net price of one unit", null=True),
    Column("x_service_start", DAY, "First day of the work", null=True),
    Column("x_service_end", DAY, "Last day of it, inclusive", null=True),
    Column("x_period_basis", TEXT, "What the days rest on: delivery, line, header, purchase_order, invoice_date"),
    Column("x_status", TEXT, "As in the header"),
)

ASSETS: Final = (
    *_ORIGIN,
    Column("asset_id", TEXT, "Id in the register"),
    Column("month", TEXT, "YYYY-MM; every figure is of its end"),
    Column("description", TEXT, "What it is", null=True),
    Column("cluster", TEXT, "Where it works", null=True),
    Column("gpu_type", TEXT, "Model of its accelerators", null=True),
    Column("gpu_count", QUANTITY, "How many it has", null=True),
    Column("funding", TEXT, "owned or lease; what is leased is not depreciated", null=True),
    Column("currency", TEXT, "ISO 4217"),
    Column("cost", MONEY, "What it was bought for"),
    Column("residual", MONEY, "What it will still be worth"),
    Column("convention", TEXT, "full_month, next_month, mid_month, daily"),
    Column("life_months", pl.Int64, "Useful life"),
    Column("in_service", DAY, "First day of use"),
    Column("disposal", DAY, "Day of disposal", null=True),
    Column("depreciation", MONEY, "Of the month"),
    Column("accumulated", MONEY, "Up to the month's end"),
    Column("net_book_value", MONEY, "Cost less accumulated depreciation; 0 once disposed of"),
    Column("gain", MONEY, "Proceeds less net book value, in the month of disposal; losses negative", null=True),
    Column("available_hours", QUANTITY, "Accelerator hours it could have worked in the month", null=True),
    Column("used_hours", QUANTITY, "Of them used, as far as told", null=True),
)
# fmt: on


@dataclass(frozen=True, slots=True)
class Beside:
    """One such table; `key` and `measure` are what a second reader must agree on.

    `rows` says that its rows are rows of the document of their own, so that a row without
    a charge is no row that disappeared.
    """

    columns: tuple[Column, ...]
    key: str
    measure: str
    rows: bool = False

    @property
    def schema(self) -> pl.Schema:
        """Names and types in order."""
        return pl.Schema({column.name: column.dtype for column in self.columns})


BESIDE: Final[Mapping[str, Beside]] = {
    "usage": Beside(USAGE, "driver", "quantity", rows=True),
    "invoice_headers": Beside(INVOICE_HEADERS, "currency", "payable"),
    "invoice_details": Beside(INVOICE_DETAILS, "billing_currency", "billed_cost"),
    "assets": Beside(ASSETS, "currency", "cost", rows=True),
}


def beside_frame(table: str, frame: pl.LazyFrame) -> pl.LazyFrame:
    """Return the frame in the order and types of its table, absent nullable columns as null.

    Raises:
        polars.exceptions.ColumnNotFoundError: when a required column is absent.
    """
    return arranged(frame, BESIDE[table].columns)
