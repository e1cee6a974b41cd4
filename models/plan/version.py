"""Versions of a plan: kept with their text, read again from it, and what may not change."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from models.errors import ConfigError, Mistake, StoreError
from models.money import ZERO
from models.node import parse
from models.period import Month
from models.plan.head import Approval
from models.plan.plan import Plan, load
from models.yamlfile import AbsentFileError, Tree, read

VERSION: Final = "plan.version"  # a version as its file said it, with the text of all its files
APPROVED: Final = "plan.approved"  # a person approved a version by command


@dataclass(frozen=True, slots=True)
class Change:
    """One amount of a closed month that a version plans otherwise than the one before.

    Attributes:
        item: Id of the item; empty for the currency of the whole plan.
        month: The month.
        before: What the version before plans; zero where it has no such item or month.
        after: What this one plans.
    """

    item: str
    month: Month
    before: Decimal
    after: Decimal


def frozen_months_changed(old: Plan, new: Plan, closed_through: Month | None) -> list[Change]:
    """Return what a version plans otherwise in months that are closed.

    Args:
        old: The version before, which the closed months were compared with.
        new: The version.
        closed_through: The last closed month; None when none is.
    """
    if closed_through is None:
        return []
    before, after = _amounts(old, closed_through), _amounts(new, closed_through)
    if before and old.currency != new.currency:
        first = min(month for _, month in before)
        was, now = (sum(each.values(), ZERO) for each in (before, after))
        return [Change("", first, was, now)]
    return [
        Change(item, month, before.get((item, month), ZERO), after.get((item, month), ZERO))
        for item, month in sorted({*before, *after}, key=lambda each: (each[1], each[0]))
        if before.get((item, month), ZERO) != after.get((item, month), ZERO)
    ]


def _amounts(plan: Plan, last: Month) -> dict[tuple[str, Month], Decimal]:
    return {(item, month): amount for _, item, month, amount in plan.amounts() if month <= last}


def body(plan: Plan) -> dict[str, Any]:
    """Return a version as the ledger keeps it, with the text of every file it is made of.

    Raises:
        ConfigError: when a file was edited since the plan was read.
    """
    texts, sheets = _files(Path(plan.file))
    found = {
        "hash": plan.fingerprint,
        "id": plan.id,
        "project": plan.project,
        "file": Path(plan.file).name,
        "approval": _stated(plan.approval),
        "texts": texts,
        "sheets": sheets,
    }
    if kept(plan.subject, found).fingerprint != plan.fingerprint:
        said = "was edited since it was read; start again"
        raise ConfigError(Mistake(plan.file, plan.line, 1, said))
    return found


def is_stated(plan: Plan, found: Mapping[str, Any]) -> bool:
    """Return whether the ledger has a version, and its approval, as they are."""
    return bool(found["hash"] == plan.fingerprint and found["approval"] == _stated(plan.approval))


def kept(subject: str, found: Mapping[str, Any]) -> Plan:
    """Return a version from the ledger alone.

    Args:
        subject: What the ledger calls it.
        found: Its body.

    Raises:
        StoreError: when this program cannot read it.
    """

    def reader(path: Path) -> Tree:
        if path.name not in found["texts"]:
            raise AbsentFileError(Mistake(path.name, 1, 1, "was not kept with this version"))
        return Tree(parse(found["texts"][path.name], f"{path.name} of {subject}"))

    def data(path: Path) -> bytes:
        if path.name not in found["sheets"]:
            raise FileNotFoundError(2, "was not kept with this version", path.name)
        return base64.b64decode(found["sheets"][path.name])

    try:
        plan = load(Path(found["file"]), reader, data)
    except ConfigError as error:
        said = f"plan {subject}: this version of trueup cannot read it, {error.mistakes[0]}"
        raise StoreError(f"{said}; use the version that kept it") from error
    return replace(plan, project=found["project"], approval=approval(found["approval"]))


def approval(stated: Mapping[str, Any]) -> Approval:
    """Return an approval from how the ledger keeps it."""
    return Approval.model_validate(dict(stated))


def _stated(given: Approval) -> dict[str, Any]:
    """Return an approval as plain JSON; what is absent is left out."""
    return {name: str(value) for name, value in _said(given)}


def _said(given: Approval) -> Iterator[tuple[str, object]]:
    return ((name, value) for name, value in given if value is not None)


def _files(path: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Return the text of each plan file and the bytes of each sheet, by name."""
    texts: dict[str, str] = {}
    sheets: dict[str, str] = {}

    def reader(each: Path) -> Tree:
        texts[each.name] = each.read_text("utf-8-sig")
        return read(each)

    def data(each: Path) -> bytes:
        raw = each.read_bytes()
        sheets[each.name] = base64.b64encode(raw).decode()
        return raw

    load(path, reader, data)
    return texts, sheets
