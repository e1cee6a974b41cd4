"""Wording: one line for a person, from what a model found wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

Steps = tuple[str | int, ...]

_CHOICES: Final = {"literal_error": "expected", "union_tag_invalid": "expected_tags"}
_EXPECTED: Final = {
    "string_type": "must be text; quote it",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "dict_type": "must be keys with values",
    "model_type": "must be keys with values",
    "model_attributes_type": "must be keys with values",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "too_short": "must not be empty",
    "string_too_short": "must not be empty",
}


def wording(detail: ErrorDetails, written: object) -> str:
    """Return what is wrong, with the value and the way out.

    Args:
        detail: What pydantic says about it.
        written: The value there, as the user wrote it.
    """
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "missing":
        said = f"missing key '{detail['loc'][-1]}'"
    elif kind in _CHOICES:
        choices = context[_CHOICES[kind]].replace("'", "").replace(" or ", ", ").split(", ")
        given = context.get("tag", detail["input"] if detail["loc"][-1] == "[key]" else written)
        said = f"{_shown(given)} is not possible. " + suggestion(str(given), choices)
    elif kind == "value_error":
        said = str(context["error"])
    elif kind in _EXPECTED:
        said = f"{_shown(written)} {_EXPECTED[kind]}"
    else:
        said = f"{_shown(written)}: {detail['msg'][:1].lower()}{detail['msg'][1:]}"
    return said


def suggestion(text: str, choices: Iterable[str], title: str = "possible") -> str:
    """Return `Did you mean 'x'?`, or all choices where none is close."""
    known = list(dict.fromkeys(choices))
    folded = {choice.casefold(): choice for choice in known}
    close = get_close_matches(text.casefold(), folded, n=1)
    if close:
        return f"Did you mean '{folded[close[0]]}'?"
    return f"{title.capitalize()}: {', '.join(known) or 'none'}"


def _shown(written: object) -> str:
    if isinstance(written, dict | list):
        return "a mapping" if isinstance(written, dict) else "a list"
    if written is None or isinstance(written, bool):
        return "nothing" if written is None else str(written).lower()
    return repr(written)


def keys(model: type[BaseModel], steps: Steps) -> Iterator[str]:
    """Yield the keys that a model knows at a place."""
    for found in _models(model, steps):
        for name, field in found.model_fields.items():
            yield field.alias or name
        yield from getattr(found, "more_keys", ())


def _models(kind: Any, steps: Steps) -> Iterator[type[BaseModel]]:  # noqa: ANN401 - any annotation
    """Yield the models that can stand at a place under an annotation."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        if not steps:
            yield kind
        for name, field in kind.model_fields.items() if steps else ():
            if (field.alias or name) == steps[0]:
                yield from _models(field.annotation, steps[1:])
        return
    is_choice = get_origin(kind) in {Union, UnionType, Annotated}
    for part in get_args(kind):
        if is_choice:
            yield from _models(part, steps)
        elif steps:
            yield from _models(part, steps[1:])
