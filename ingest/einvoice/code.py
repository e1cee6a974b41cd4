"""Codes of EN 16931: what a document is, which sign it has, and units of measure."""

from __future__ import annotations

from typing import Final

from ingest.invoice.head import Kind

# UNTDID 1001: the codes that make a credit note, as EN 16931 lists them (BR-CL-01)
CREDITS: Final = frozenset(
    ("81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "502", "503", "532")
)
# self-billed invoices are invoices: the German Gutschrift (389) is no credit note
KINDS: Final[dict[str, Kind]] = {
    **dict.fromkeys(("384", "471", "472", "473"), "corrective"),
    **dict.fromkeys(("389", "501", "527"), "self_billed"),
    **dict.fromkeys(("386", "500", "503"), "prepayment"),  # 503 gives one back
    "325": "proforma",
}

# UN/ECE Recommendation 20 and 21: those that bill work, data and machines
UNITS: Final = {
    **dict.fromkeys(("C62", "EA", "H87", "NAR", "PCE", "XPP"), "pieces"),
    **dict.fromkeys(("ZZ", "XZZ"), "units"),
    "SEC": "seconds",
    "MIN": "minutes",
    "HUR": "hours",
    "LH": "hours",  # of labor
    "DAY": "days",
    "E49": "days",  # of work
    "WEE": "weeks",
    "MON": "months",
    "QAN": "quarters",
    "ANN": "years",
    "E48": "service units",
    "E51": "jobs",
    "IE": "persons",
    "LS": "lump sum",
    "MIL": "thousands",
    "P1": "percent",
    "SET": "sets",
    "AD": "bytes",
    "4L": "MB",
    "E34": "GB",
    "E35": "TB",
    "KWH": "kWh",
}


def sign(type_code: str, *, credit_root: bool) -> int:
    """Return -1 for a credit note, else 1: a negative invoice keeps its printed sign."""
    return -1 if credit_root or type_code in CREDITS else 1


def kind(type_code: str, *, credit_root: bool) -> Kind:
    """Return what a document is."""
    usual: Kind = "credit_note" if sign(type_code, credit_root=credit_root) < 0 else "invoice"
    return KINDS.get(type_code, usual)


def unit(code: str) -> str:
    """Return a readable unit, or the code when it is not known."""
    return UNITS.get(code, code)
