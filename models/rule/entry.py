"""Rules as they are written: conditions, targets and one rule of `rules.yaml`."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Final

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic.config import JsonDict
from pydantic_core import InitErrorDetails

from models.canonical import canonical_key
from models.field import Category, DayText, Slug, Strict, Text
from models.rule.pattern import pattern
from models.rule.rule import TAG


def _several(value: object) -> object:
    if not isinstance(value, str | list | tuple):
        raise ValueError("must be a text or a list of texts")  # noqa: TRY004 - pydantic's way
    return [value] if isinstance(value, str) else value


def _pattern(value: str) -> str:
    """Return a pattern as it was written, which messages show."""
    pattern(value)
    return value


def is_tag(key: str) -> bool:
    """Return whether a key of a condition asks for a tag."""
    return key.startswith(TAG) and bool(canonical_key(key.removeprefix(TAG)))


_PATTERNS_SCHEMA: Final[JsonDict] = {
    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]
}
Patterns = Annotated[
    tuple[Annotated[Text, AfterValidator(_pattern)], ...],
    Field(min_length=1),
    BeforeValidator(_several),
    WithJsonSchema(_PATTERNS_SCHEMA),
]


class When(Strict):
    """Conditions; all must hold, and of a list of texts one.

    `*` and `?` stand for any text and any character; `re:` begins a regular expression.
    """

    more_keys: ClassVar = ("tag.<key>",)
    nothing: ClassVar = 'no condition; to match every charge write {source: "*"}'
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
            raise ValueError(cls.nothing)
        keys = data if isinstance(data, dict) else {}
        unknown = [key for key in keys if key not in cls.model_fields and not is_tag(key)]
        if unknown:
            errors = [
                InitErrorDetails(type="extra_forbidden", loc=(key,), input=key) for key in unknown
            ]
            raise ValidationError.from_exception_data(cls.__name__, errors)
        return data


class Unless(When):
    """Conditions as in `when`; a charge for which all of them hold is not caught."""

    nothing: ClassVar = "no condition; write one, or drop this key"


class To(Strict):
    """What the charges get; each of the three is set by the first matching rule that sets it."""

    project: Text | None = None
    """Project id, or `{tag.<key>}`: the tag's value, if it spells a project."""
    split: Text | None = None
    """Id of a split that shares the charges between projects, in place of a project."""
    category: Category | None = None
    """Term of the TCO formula."""
    item: Text | None = None
    """Plan item id."""

    @model_validator(mode="before")
    @classmethod
    def setting(cls, data: Any) -> Any:  # noqa: ANN401 - whatever stands in the file
        """Refuse a target that sets nothing, or two owners."""
        if data == {}:
            raise ValueError("sets nothing; give project, split, category or item")
        if isinstance(data, dict) and {"project", "split"} <= data.keys():
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
    unless: Unless | None = None
    """Which of them it leaves alone."""
    since: DayText | None = None
    """First day of charges it holds for; any when absent."""
    until: DayText | None = None
    """Last day of charges it holds for; any when absent."""
    priority: int | None = None
    """Place among all rules, lowest first; each rule has one, or none has."""
