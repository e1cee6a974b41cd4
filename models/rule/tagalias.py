"""Keys that are read as another tag's: `tags:` of `rules.yaml`, checked across files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from models.canonical import canonical_key
from models.errors import Mistake
from models.field import Text
from models.yamlfile import Tree

Aliases = tuple[tuple[str, tuple[str, ...]], ...]
Place = tuple[Tree, tuple[str | int, ...]]


def _key(value: str) -> str:
    if not canonical_key(value):
        raise ValueError(f"{value!r} is blank; write the key of a tag")
    return value


def _several(value: Any) -> Any:  # noqa: ANN401 - whatever stands in the file
    return [value] if isinstance(value, str) else value


Key = Annotated[Text, AfterValidator(_key)]
Keys = Annotated[
    tuple[Key, ...],
    Field(min_length=1),
    BeforeValidator(_several),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string"},
                {"type": "array", "items": {"type": "string"}, "minItems": 1},
            ]
        }
    ),
]
Tags = Mapping[Key, Keys]


def aliases(written: Sequence[tuple[Tree, Tags]]) -> Aliases:
    """Return each tag with the other keys it is read from, canonical, sorted by tag.

    Args:
        written: Files with what their `tags` says.
    """
    found = ((tag, keys) for _, tags in written for tag, keys in tags.items())
    return tuple(
        sorted((canonical_key(tag), tuple(map(canonical_key, keys))) for tag, keys in found)
    )


def mistakes(written: Sequence[tuple[Tree, Tags]]) -> Iterator[Mistake]:
    """Yield tags with two lists, keys that are read as two tags, and chains and cycles of tags."""
    tags: dict[str, Place] = {}
    for tag, place in _tags(written):
        first = tags.setdefault(canonical_key(tag), place)
        if first is not place:
            yield _mistake(place, f"'{tag}' has keys already, in {_where(first, place)}; join them")
    claimed: dict[str, tuple[str, Place]] = {}
    for tag, key, place in _keys(written):
        found = canonical_key(key)
        owner, first = claimed.setdefault(found, (tag, place))
        if found == canonical_key(tag):
            yield _mistake(place, f"'{key}' is the tag's own key, which is read first; drop it")
        elif found in tags:
            there = _where(tags[found], place)
            said = f"'{key}' is a tag with keys of its own in {there}; list all under one of them"
            yield _mistake(place, said)
        elif first is not place:
            there = _where(first, place)
            yield _mistake(place, f"'{key}' is already read as '{owner}' in {there}; drop one")


def _tags(written: Sequence[tuple[Tree, Tags]]) -> Iterator[tuple[str, Place]]:
    for tree, tags in written:
        yield from ((tag, (tree, ("tags", tag))) for tag in tags)


def _keys(written: Sequence[tuple[Tree, Tags]]) -> Iterator[tuple[str, str, Place]]:
    for tree, tags in written:
        for tag, keys in tags.items():
            at = enumerate(keys)
            yield from ((tag, key, (tree, ("tags", tag, number))) for number, key in at)


def _mistake(place: Place, message: str) -> Mistake:
    tree, at = place
    return tree.mistake(message, *at)


def _where(first: Place, place: Place) -> str:
    """Return where the first stands, seen from the file of another place."""
    tree, at = first
    line = f"line {tree.at(*at).line}"
    return line if tree.file == place[0].file else f"{tree.file} {line}"
