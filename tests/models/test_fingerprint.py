from __future__ import annotations

from decimal import Decimal

import pytest

from models.fingerprint import canonical_json, fingerprint


def test_one_content_has_one_text() -> None:
    left = {"b": [Decimal("2.50"), Decimal("-0.0"), Decimal("1E+3")], "a": "é"}
    right = {"a": "é", "b": [Decimal("2.5"), Decimal(0), Decimal(1000)]}

    assert canonical_json(left) == canonical_json(right) == '{"a":"é","b":["2.5","0","1000"]}'
    assert fingerprint(left) == fingerprint(right)


def test_a_number_of_many_digits_is_not_rounded() -> None:
    longest = Decimal("12345678901234567890.123456789012345678")

    assert canonical_json(longest) == f'"{longest}"'


def test_what_has_no_canonical_text_is_a_fault_of_the_program() -> None:
    with pytest.raises(TypeError, match="set has no canonical JSON"):
        fingerprint({1})
