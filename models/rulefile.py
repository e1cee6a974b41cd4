"""`rules.yaml`: rules as they are written, read and checked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic.config import JsonDict
from pydantic_core import InitErrorDetails

from models.canonical import canonical_key, canonical_value
from models.charge import CHARGE_CATEGORIES, WORKLOADS
from models.errors import ConfigError, Mistake
from models.field import Category, Slug, Strict, Text
from models.project import Registry
from models.rule import TAG, Condition, Rule, RuleSet, Target
from models.splitcheck import mistakes as split_mistakes
from models.splitfile import SplitEntry, splits
from models.wording import suggestion
from models.yamlfile import Tree, read

# conditions on a closed list: its words, and what they are called
_LISTED: Final = {
    "charge_category": (CHARGE_CATEGORIES, "a charge category"),
    "workload": (tuple(WORKLOADS), "a workload"),
}


def _several(value: object) -> object:
    if not isinstance(value, str | list | tuple):
        raise ValueError("must be a text or a list of texts")  # noqa: TRY004 - pydantic's way
    return [value] if isinstance(value, str) else value


def _is_tag(key: str) -> bool:
    return key.startswith(TAG) and bool(canonical_key(key.removeprefix(TAG)))


_PATTERNS_SCHEMA: Final[JsonDict] = {
    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]
}
Patterns = Annotated[
    tuple[Text, ...],
    Field(min_length=1),
    BeforeValidator(_several),
    WithJsonSchema(_PATTERNS_SCHEMA),
]


class When(Strict):
    """Conditions; all must hold, and of a list of texts one. `*` and `?` stand for any text."""

    more_keys: ClassVar = ("tag.<key>",)
    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "additionalProperties": False,
            "patternProperties": {"^tag\\.": _PATTERNS_SCHEMA},
        },
    )
    __pydantic_extra__: dict[str, Patterns]  # pyright: ignore[reportIncompatibleVariableOverride] - narrowed, as documented

    source: Patterns = ()
    """Name of the source in trueup.yaml."""
    account: Patterns = ()
    """Account, subscription or project id at the provider."""
    sub_account_name: Patterns = ()
    """Its name."""
    provider: Patterns = ()
    """Who sells the service."""
    service: Patterns = ()
    """Service name, or the source's own service code."""
    service_category: Patterns = ()
    """FOCUS service category."""
    sku: Patterns = ()
    """SKU id."""
    usage_type: Patterns = ()
    """The source's own usage type."""
    operation: Patterns = ()
    """The source's own operation."""
    resource: Patterns = ()
    """Resource id or name."""
    region: Patterns = ()
    """Region id."""
    charge_category: Patterns = ()
    """Usage, Purchase, Tax, Credit or Adjustment."""
    line_type: Patterns = ()
    """The source's own kind of line."""
    purchase_order: Patterns = ()
    """Purchase order the line refers to."""
    workload: Patterns = ()
    """What an AI workload does: training, inference, storage and so on; see docs/workloads.md."""
    gpu_type: Patterns = ()
    """Model of the accelerators an instance has, such as H100."""

    @model_validator(mode="before")
    @classmethod
    def known(cls, data: Any) -> Any:  # noqa: ANN401 - whatever stands in the file
        """Refuse no conditions at all, and keys that are neither conditions nor tags."""
        if data == {}:
            raise ValueError('no condition; to match every charge write {source: "*"}')
        keys = data if isinstance(data, dict) else {}
        unknown = [key for key in keys if key not in cls.model_fields and not _is_tag(key)]
        if unknown:
            errors = [
                InitErrorDetails(type="extra_forbidden", loc=(key,), input=key) for key in unknown
            ]
            raise ValidationError.from_exception_data(cls.__name__, errors)
        return data


class To(Strict):
    """What the charges get; each of the three is set by the first matching rule that sets it."""

    project: Text | None = None
    """Project id, or `{tag.<key>}`: the tag's value, if it spells a project."""
    split: Text | None = None
    """Id of the split that shares the charge between projects, instead of one project."""
    category: Category | None = None
    """Term of the TCO formula."""
    item: Text | None = None
    """Plan item id."""

    @model_validator(mode="before")
    @classmethod
    def setting(cls, data: Any) -> Any:  # noqa: ANN401 - whatever stands in the file
        """Refuse a target that sets nothing, or the project twice."""
        if data == {}:
            raise ValueError("sets nothing; give project, split, category or item")
        if isinstance(data, dict) and "project" in data and "split" in data:
            raise ValueError("project and split exclude each other; give one")
        return data


class RuleEntry(Strict):
    """One rule as written in `rules.yaml`."""

    id: Slug
    """Stable id, kept on every row the rule catches."""
    when: When
    """Which charges."""
    to: To
    """What they get."""


class RuleFile(Strict):
    """`rules.yaml`."""

    rules: tuple[RuleEntry, ...] = ()
    """In order; the first that matches wins."""
    splits: tuple[SplitEntry, ...] = ()
    """How cost that several projects share is divided; a rule sends charges `to` a split."""


def load(path: Path, registry: Registry) -> RuleSet:
    """Read `rules.yaml`.

    Raises:
        ConfigError: with every mistake, unknown projects and duplicate ids among them.
    """
    tree = read(path)
    file = tree.validated(RuleFile)
    entries, shared = file.rules, file.splits
    mistakes = (
        *_duplicates(tree, entries),
        *_unknown(tree, entries, registry),
        *_unshared(tree, entries, [split.id for split in shared]),
        *split_mistakes(tree, shared, registry),
    )
    if mistakes:
        raise ConfigError(*mistakes)
    rules = tuple(_rule(entry, registry) for entry in entries)
    return RuleSet(rules, splits=splits(shared, registry))


def _rule(entry: RuleEntry, registry: Registry) -> Rule:
    when = entry.when.model_dump(exclude_unset=True)
    tag = _tag_of(entry.to.project)
    target = Target(
        project=registry.resolve(entry.to.project) if entry.to.project and not tag else None,
        project_tag=tag,
        split=entry.to.split,
        category=entry.to.category,
        item=entry.to.item,
    )
    return Rule(entry.id, tuple(_condition(key, texts) for key, texts in when.items()), target)


def _condition(key: str, texts: tuple[str, ...]) -> Condition:
    name = TAG + canonical_key(key.removeprefix(TAG)) if key.startswith(TAG) else key
    return Condition(name, tuple(map(canonical_value, texts)))


def _tag_of(project: str | None) -> str | None:
    """Return the canonical key in `{tag.<key>}`; None for a project's own id."""
    if not project or not (project.startswith("{" + TAG) and project.endswith("}")):
        return None
    return canonical_key(project[len(TAG) + 1 : -1])


def _duplicates(tree: Tree, entries: tuple[RuleEntry, ...]) -> Iterator[Mistake]:
    lines: dict[str, int] = {}
    for index, entry in enumerate(entries):
        if entry.id in lines:
            message = f"'{entry.id}' is already the rule in line {lines[entry.id]}; choose another"
            yield tree.mistake(message, "rules", index, "id")
        lines.setdefault(entry.id, tree.at("rules", index, "id").line)


def _unknown(tree: Tree, entries: tuple[RuleEntry, ...], registry: Registry) -> Iterator[Mistake]:
    for index, entry in enumerate(entries):
        project = entry.to.project
        if project and "{" in project and not _tag_of(project):
            message = f"'{project}': write a project id, or {{tag.<key>}} for the value of a tag"
            yield tree.mistake(message, "rules", index, "to", "project")
        elif project and not _tag_of(project) and not registry.resolve(project):
            message = f"'{project}' is not a project. {suggestion(project, registry.ids)}"
            yield tree.mistake(message, "rules", index, "to", "project")
        yield from _unlisted(tree, index, entry.when)


def _unshared(tree: Tree, entries: tuple[RuleEntry, ...], ids: list[str]) -> Iterator[Mistake]:
    """Yield rules that send charges to a split that is none."""
    for index, entry in enumerate(entries):
        if entry.to.split is not None and entry.to.split not in ids:
            message = f"'{entry.to.split}' is not a split. {suggestion(entry.to.split, ids)}"
            yield tree.mistake(message, "rules", index, "to", "split")


def _unlisted(tree: Tree, index: int, when: When) -> Iterator[Mistake]:
    """Yield patterns without a wildcard that no charge can ever match."""
    for key, (words, called) in _LISTED.items():
        known = frozenset(map(canonical_value, words))
        for text in getattr(when, key):
            if "*" not in text and "?" not in text and canonical_value(text) not in known:
                message = f"'{text}' is not {called}. {suggestion(text, words)}"
                yield tree.mistake(message, "rules", index, "when", key)
