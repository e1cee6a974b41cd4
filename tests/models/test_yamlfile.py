from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from models.errors import ConfigError, Mistake
from models.field import Amount, DayText, MonthText, Number, Slug, Strict
from models.node import DEPTH, parse
from models.variable import expanded
from models.yamlfile import LIMIT, Tree, read

Complaints = Callable[..., list[str]]
Written = Callable[[str, str], Path]


class Cat(Strict):
    kind: Literal["cat"]
    lives: int = 9


class Dog(Strict):
    kind: Literal["dog"]
    name: str


class Part(Strict):
    export: str
    price: Number = Decimal(0)
    wanted: bool = False
    size: int = Field(default=1, ge=1)


class File(Strict):
    sources: dict[str, Part] = Field(default_factory=dict)
    pets: tuple[Annotated[Cat | Dog, Field(discriminator="kind")], ...] = ()
    colour: Literal["red", "green"] = "red"
    start: MonthText | None = None
    day: DayText | None = None
    cost: Amount | None = None
    id: Slug | None = None
    names: list[str] = Field(default_factory=list)


def file_of(path: Path) -> File:
    return read(path).validated(File)


def test_values_stay_the_text_they_were_written_as() -> None:
    tree = Tree(
        parse(
            "price: 2.50\nbig: 1e3\nmonth: 2026-10\nday: 2026-10-01\nno: no\nzero: 010\n"
            "truth: true\nquoted: 'true'\nnothing: ~\nempty:\nat: 12:30:00\n",
            "a.yaml",
        )
    )

    assert tree.data == {
        "price": "2.50",
        "big": "1e3",
        "month": "2026-10",
        "day": "2026-10-01",
        "no": "no",
        "zero": "010",
        "truth": True,
        "quoted": "true",
        "nothing": None,
        "empty": None,
        "at": "12:30:00",
    }


def test_a_decimal_is_exactly_what_the_file_says() -> None:
    tree = Tree(parse("sources: {a: {export: x, price: 0.100000000000000055}}", "a.yaml"))

    assert str(tree.validated(File).sources["a"].price) == "0.100000000000000055"


def test_an_anchor_is_read_again_where_it_is_named() -> None:
    tree = Tree(parse("a: &x [1, {b: 2}]\nc: *x\n", "a.yaml"))

    assert tree.data["c"] == ["1", {"b": "2"}]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sources:\n  aws:\n    exprot: x\n    export: y\n",
         "file.yaml:3:5: sources.aws.exprot: unknown key. Did you mean 'export'?"),
        ("sources:\n  aws: {export: x, zzz: 1}\n",
         ("file.yaml:2:20: sources.aws.zzz: unknown key. "
         "Known keys: export, price, wanted, size")),
        ("sources:\n  aws:\n    price: 1\n",
         "file.yaml:3:5: sources.aws: missing key 'export'"),
        ("sources: {a: {export: x, price: '1,200'}}",
         ("file.yaml:1:33: sources.a.price: '1,200' is not a number; "
         "write without separators, for example 1200.50")),
        ("sources: {a: {export: x, price: 1_000}}",
         ("file.yaml:1:33: sources.a.price: '1_000' is not a number; "
         "write without separators, for example 1200.50")),
        ("sources: {a: {export: x, price: .nan}}",
         ("file.yaml:1:33: sources.a.price: '.nan' is not a number; "
         "write plain digits, for example 1200.50")),
        ("sources: {a: {export: x, price: true}}",
         ("file.yaml:1:33: sources.a.price: True is not a number; "
         "write plain digits, for example 1200.50")),
        ("cost: -3", "file.yaml:1:7: cost: -3 is negative; a plan and its parts are zero or more"),
        ("sources: {a: {export: true}}",
         "file.yaml:1:23: sources.a.export: true must be text; quote it"),
        ("sources: {a: {export: x, wanted: perhaps}}",
         "file.yaml:1:34: sources.a.wanted: 'perhaps' must be true or false"),
        ("sources: {a: {export: x, size: many}}",
         "file.yaml:1:32: sources.a.size: 'many' must be a whole number"),
        ("sources: {a: {export: x, size: 0}}",
         "file.yaml:1:32: sources.a.size: '0': input should be greater than or equal to 1"),
        ("sources: [a]", "file.yaml:1:10: sources: a list must be keys with values"),
        ("sources: {a: }", "file.yaml:1:11: sources.a: nothing must be keys with values"),
        ("names: {a: b}", "file.yaml:1:8: names: a mapping must be a list"),
        ("colour: gren",
         "file.yaml:1:9: colour: 'gren' is not possible. Did you mean 'green'?"),
        ("colour: 7", "file.yaml:1:9: colour: '7' is not possible. Possible: red, green"),
        ("pets:\n- name: Rex\n", "file.yaml:2:3: pets.0: missing key 'kind'"),
        ("pets:\n- kind: dgo\n",
         "file.yaml:2:3: pets.0: 'dgo' is not possible. Did you mean 'dog'?"),
        ("pets:\n- kind: dog\n  nmae: Rex\n  name: Rex\n",
         "file.yaml:3:3: pets.0.nmae: unknown key. Did you mean 'name'?"),
        ("start: 2026-13",
         "file.yaml:1:8: start: '2026-13' is not a month; write YYYY-MM, for example 2026-10"),
        ("day: 20.6.2026",
         "file.yaml:1:6: day: '20.6.2026' is not a day; write YYYY-MM-DD, for example 2026-06-20"),
        ("id: My project",
         "file.yaml:1:5: id: 'My project' is not an id; use a-z, 0-9, '-', '_' and '.'"),
        ("- a\n", "file.yaml:1:1: a list must be keys with values"),
    ],
)  # fmt: skip
def test_a_mistake_has_a_place_a_value_and_a_way_out(
    text: str, said: str, complaints: Complaints
) -> None:
    assert complaints(file_of, text) == [said]


def test_all_mistakes_are_shown_at_once(complaints: Complaints) -> None:
    said = complaints(file_of, "colour: blue\nnames: x\nids: 1\n")

    assert [line.split(": ")[0:2] for line in said] == [
        ["file.yaml:1:9", "colour"],
        ["file.yaml:2:8", "names"],
        ["file.yaml:3:1", "ids"],
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb: 2\na: 3\n", "file.yaml:3:1: duplicate key 'a', first in line 1"),
        ("a: !!python/object:os.system x\n",
         ("file.yaml:1:4: tag tag:yaml.org,2002:python/object:os.system; "
         "tags are not read, write plain values")),
        ("a: !!str 3\n",
         "file.yaml:1:4: tag tag:yaml.org,2002:str; tags are not read, write plain values"),
        ("a: !x {b: 1}\n", "file.yaml:1:4: tag !x; tags are not read, write plain values"),
        ("a: *b\n", "file.yaml:1:4: alias *b without an anchor before it"),
        ("a: &b {c: *b}\n", "file.yaml:1:11: alias *b without an anchor before it"),
        ("a: &x {b: 1}\nc:\n  <<: *x\n",
         "file.yaml:3:3: merge key '<<' is not read; repeat the keys"),
        ("? [a]\n: 1\n", "file.yaml:1:3: a key must be plain text"),
        ("a: 1\n---\nb: 2\n", "file.yaml:2:1: a second document; keep one document in a file"),
        ("a: [1\nb: 2\n",
         "file.yaml:2:2: not valid YAML: expected ',' or ']', but got ':'"),
        ("a:\n\t- 1\n",
         "file.yaml:2:1: not valid YAML: found character '\\t' that cannot start any token"),
        ("a: 'b\n", "file.yaml:2:1: not valid YAML: found unexpected end of stream"),
    ],
)  # fmt: skip
def test_yaml_that_means_more_than_it_says_is_refused(
    text: str, said: str, complaints: Complaints
) -> None:
    assert complaints(read, text) == [said]


@pytest.mark.parametrize(
    "secret",
    [
        "AKIA" + "ABCDEFGHIJKLMNOP",
        "xoxb-" + "12345-abcde",
        "https://hooks.slack.com/" + "services/T0/B0/abc",
        "-----BEGIN RSA " + "PRIVATE KEY-----",
    ],
)
def test_a_literal_secret_is_refused_and_not_repeated(secret: str, complaints: Complaints) -> None:
    said = complaints(read, f"a: 1\nkey: '{secret}'\n")

    assert said == ["file.yaml:2:6: looks like a secret; keep it in the environment, write ${NAME}"]


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path / "rules.yaml", "rules.yaml")

    assert str(caught.value) == (
        "rules.yaml:1:1: file not found; create it, or `trueup init` for an example"
    )
    assert caught.value.exit_code == 5


def test_a_folder_in_place_of_a_file_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, "rules.yaml")

    assert str(caught.value) == (
        "rules.yaml:1:1: cannot be read: Is a directory; make it a readable file"
    )


def test_text_that_is_not_utf_8_names_its_line(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"a: 1\nb: \xff\n")

    with pytest.raises(ConfigError) as caught:
        read(tmp_path / "a.yaml", "a.yaml")

    assert str(caught.value) == "a.yaml:2:1: not UTF-8 text; save it as UTF-8"


def test_a_byte_order_mark_is_not_part_of_the_first_key(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"\xef\xbb\xbfa: 1\n")

    assert read(tmp_path / "a.yaml").data == {"a": "1"}


def test_a_large_file_is_refused_before_it_is_read(complaints: Complaints) -> None:
    said = complaints(read, "# " + "x" * LIMIT)

    assert said == [f"file.yaml:1:1: {LIMIT + 2} bytes; the limit is {LIMIT}, split it"]


def test_aliases_cannot_grow_a_few_lines_into_a_billion(complaints: Complaints) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]

    (said,) = complaints(read, "\n".join(lines))

    assert said.endswith("aliases repeat into more than 200000 values")


def test_nesting_has_an_end(complaints: Complaints) -> None:
    (said,) = complaints(read, "[" * 1200)

    assert said == f"file.yaml:1:{DEPTH + 1}: nested deeper than {DEPTH}"


@given(
    text=st.text(alphabet=st.sampled_from("a1:-[]{}&*!|>'\"#%@`?,\n\t ~<$\u00e9\x00"), max_size=60)
)
def test_any_text_is_data_or_a_mistake_with_a_place(text: str) -> None:
    try:
        mistakes: tuple[Mistake, ...] = (parse(text, "a.yaml").mistake("none"),)
    except ConfigError as error:
        mistakes = error.mistakes

    assert all(mistake.line >= 1 and mistake.column >= 1 for mistake in mistakes)
    assert not any("\n" in mistake.message for mistake in mistakes)


def test_a_mistake_at_a_missing_key_points_at_what_should_hold_it() -> None:
    tree = Tree(parse("a:\n  b:\n  - c: 1\n", "a.yaml"))

    assert str(tree.mistake("wrong", "a", "b", 0, "d")) == "a.yaml:3:5: a.b.0.d: wrong"
    assert str(tree.mistake("wrong")) == "a.yaml:1:1: wrong"


def test_a_model_of_another_room_gets_the_same_messages() -> None:
    class Kind(BaseModel):
        model_config = ConfigDict(extra="forbid")

        export: str
        maximum: int = Field(default=1, alias="max")

    tree = Tree(parse("sources:\n  a:\n    export: x\n    mx: 3\n", "t.yaml"))

    with pytest.raises(ConfigError) as caught:
        tree.validated(Kind, "sources", "a")

    assert str(caught.value) == "t.yaml:4:5: sources.a.mx: unknown key. Did you mean 'max'?"


def tree_of(text: str) -> Tree:
    return Tree(parse(text, "t.yaml"))


@pytest.mark.parametrize(
    ("written", "environment", "value"),
    [
        ("${KEY}", {"KEY": "k"}, "k"),
        ("${KEY:-other}", {"KEY": "k"}, "k"),
        ("${KEY:-other}", {}, "other"),
        ("${KEY:-}", {}, ""),
        ("${KEY:-https://a.example/}", {"KEY": ""}, "https://a.example/"),
        ("'$$5'", {}, "$5"),
        ("'$${KEY}'", {"KEY": "k"}, "${KEY}"),
        ("plain", {"plain": "k"}, "plain"),
        ("$KEY", {"KEY": "k"}, "$KEY"),
    ],
)
def test_a_variable_is_read_where_it_is_the_whole_value(
    written: str, environment: dict[str, str], value: str
) -> None:
    tree = expanded(tree_of(f"sources:\n  a:\n  - b: {written}\n"), environment, "sources")

    assert tree.data == {"sources": {"a": [{"b": value}]}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sources: {a: '${KEY}'}",
         "t.yaml:1:14: sources.a: variable KEY is not set; set it, or write ${KEY:-default}"),
        ("sources: {a: '${KEY:?ask finance for it}'}",
         "t.yaml:1:14: sources.a: variable KEY is not set; ask finance for it"),
        ("sources: {a: 'https://${KEY}/x'}",
         ("t.yaml:1:14: sources.a: 'https://${KEY}/x': a variable must be the whole value, "
         "as ${NAME}; $$ is a $")),
        ("name: '${KEY}'",
         "t.yaml:1:7: name: '${KEY}': variables belong into sources, channels, storage, ledger"),
        ("- '${KEY}'",
         "t.yaml:1:3: 0: '${KEY}': variables belong into sources, channels, storage, ledger"),
    ],
)  # fmt: skip
def test_a_variable_that_cannot_be_read_is_a_mistake(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        expanded(tree_of(text), {}, "sources")

    assert str(caught.value) == said


@pytest.mark.failure("M11")
def test_a_message_shows_the_variable_and_never_what_it_held() -> None:
    class Kind(Strict):
        size: int
        price: Number
        start: MonthText
        key: SecretStr = Field(min_length=40)

    text = "sources: {a: {size: '${S}', price: '${S}', start: '${S}', key: '${S}'}}"
    tree = expanded(tree_of(text), {"S": "canary-4711"}, "sources")

    with pytest.raises(ConfigError) as caught:
        tree.validated(Kind, "sources", "a")

    assert "canary" not in str(caught.value)
    assert "canary" not in repr(tree)
    assert str(caught.value).count("'${S}'") == 4
