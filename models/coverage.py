"""Accounts that a provider bills for, and which of them nobody has given to a project."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from models.canonical import canonical_value
from models.project import Registry
from models.rule.matching import matches
from models.rule.rule import RuleSet

FORM: Final = "accounts 1"
ACCOUNT: Final = "account"  # the condition of a rule that names accounts


@dataclass(frozen=True, slots=True)
class Account:
    """An account, subscription or project that is billed to a billing account.

    Attributes:
        id: As charges name it in `sub_account_id`.
        enabled: Whether it can cause cost now.
    """

    id: str
    enabled: bool


def written(billing_account: str, accounts: Iterable[Account]) -> bytes:
    """Return the accounts as canonical JSON; equal lists give equal bytes."""
    ordered = sorted(accounts, key=lambda account: account.id)
    content = {
        "form": FORM,
        "billing_account": billing_account,
        "accounts": [{"id": each.id, "enabled": each.enabled} for each in ordered],
    }
    return json.dumps(content, indent=1, sort_keys=True).encode()


def read(data: bytes) -> tuple[str, tuple[Account, ...]]:
    """Return billing account and accounts that `written` wrote.

    Raises:
        ValueError: when it is no such list.
    """
    content = json.loads(data)
    if not isinstance(content, dict) or content.get("form") != FORM:
        raise ValueError("is no list of accounts of this version; fetch it again")
    accounts = tuple(Account(each["id"], each["enabled"]) for each in content["accounts"])
    return content["billing_account"], accounts


def unnamed(accounts: Sequence[Account], registry: Registry, rules: RuleSet) -> list[Account]:
    """Return the accounts that can cause cost and that nobody thought of, in order.

    Those whose id is no spelling of a project in `projects.yaml`, and that no rule with a
    condition on `account` names. A rule about tags may still catch what they cost.
    """
    patterns = [
        pattern
        for rule in rules.rules
        for condition in rule.when
        if condition.field == ACCOUNT
        for pattern in condition.patterns
    ]
    known = [
        account for account in accounts if account.enabled and not registry.resolve(account.id)
    ]
    texts = pl.Series("text", [canonical_value(account.id) for account in known], pl.String)
    named = pl.DataFrame({"text": texts}).select(matches(pl.col("text"), patterns)).to_series()
    return [account for account, found in zip(known, named, strict=True) if not found]
