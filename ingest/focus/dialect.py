"""How an exporter writes FOCUS where it says more, or less, than the specification."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One exporter's way of writing; the specification's own is `Dialect()`.

    Attributes:
        provider: Who sold it, where the document names nobody.
        account_type, sub_account_type: What kinds of account it has, where no column says.
        required: Columns it always writes, beyond those without which no figure is right.
        stand_ins: By column of a charge, which is text: the columns of the document that
            fill it where its own one says nothing, best first.
        tagged: Columns of text that join the tags, under their own names.
        known: Columns that are not used, and no news.
        nulls: Words that stand for null in text files, such as `NULL`.
        moments: Forms of moments in text files beside ISO 8601, as `strptime` reads them.
        placeholders: Words by which a text column that may be empty says nothing.
    """

    provider: str = ""
    account_type: str = "Payer"
    sub_account_type: str = "Account"
    required: tuple[str, ...] = ()
    stand_ins: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tagged: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    nulls: tuple[str, ...] = ()
    moments: tuple[str, ...] = ()
    placeholders: tuple[str, ...] = ()
