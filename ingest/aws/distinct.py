"""What follows from a text alone is decided once for each text, and looked up line by line."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, slots=True)
class Distinct:
    """The distinct texts of a column of one document, all known before its lines are read.

    Attributes:
        number: Name of the column that holds which of the texts a line has, null for none.
        texts: The texts, sorted.
    """

    number: str
    texts: tuple[str, ...]

    @classmethod
    def of(cls, number: str, texts: Iterable[str | None]) -> Distinct:
        """Return the distinct ones of these texts."""
        return cls(number, tuple(sorted({text for text in texts if text})))

    def numbered(self, text: pl.Expr) -> pl.Expr:
        """Return the numbers of the texts of lines."""
        found = text.cast(pl.Enum(self.texts), strict=False).to_physical()
        return found.cast(pl.UInt32).alias(self.number)

    def where(self, holds: Callable[[str], bool]) -> pl.Expr:
        """Say whether it holds of a line's text; it holds of no text that is absent."""
        return self._among([index for index, text in enumerate(self.texts) if holds(text)])

    def chosen(self, said: Callable[[str], Hashable], dtype: pl.DataType) -> pl.Expr:
        """Return what is said of a line's text; null where that is None, or the text absent."""
        among: dict[Hashable, list[int]] = {}
        for index, text in enumerate(self.texts):
            if (value := said(text)) is not None:
                among.setdefault(value, []).append(index)
        result = pl.lit(None, dtype=dtype)
        for value, numbers in among.items():
            found = pl.lit(value, dtype=dtype)
            result = pl.when(self._among(numbers)).then(found).otherwise(result)
        return result

    def _among(self, numbers: list[int]) -> pl.Expr:
        if not numbers:
            return pl.lit(value=False)
        wanted = pl.Series(numbers, dtype=pl.UInt32)
        return pl.col(self.number).is_in(wanted.implode()).fill_null(value=False)
