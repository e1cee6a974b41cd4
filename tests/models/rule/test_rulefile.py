from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.errors import ConfigError
from models.node import parse
from models.project import Project, Registry
from models.rule.entry import When
from models.rule.file import files, load
from models.rule.included import FILES
from models.yamlfile import AbsentFileError, Tree

Written = Callable[[str, str], Path]

REGISTRY = Registry((Project(id="legal"), Project(id="bot")))
loaded = partial(load, registry=REGISTRY)


def rule(name: str, priority: int | None = None) -> str:
    ranked = f", priority: {priority}" if priority is not None else ""
    return f"- {{id: {name}, when: {{account: {name}}}, to: {{project: legal}}{ranked}}}\n"


@pytest.fixture
def folder(written: Written) -> Callable[[Mapping[str, str]], Path]:
    """Write several files; return the path of `rules.yaml`."""

    def write(texts: Mapping[str, str]) -> Path:
        for name, text in texts.items():
            written(name, text)
        return Path("rules.yaml")

    return write


Folder = Callable[[Mapping[str, str]], Path]


def said(folder: Folder, texts: Mapping[str, str]) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        loaded(folder(texts))
    assert caught.value.exit_code == 5
    return str(caught.value).splitlines()


def test_rules_come_from_every_file_by_priority(folder: Folder) -> None:
    path = folder(
        {
            "rules.yaml": "include: [teams/a.yaml, b.yaml]\nrules:\n" + rule("second", 20),
            "teams/a.yaml": "include: [sub/c.yaml]\nrules:\n" + rule("last", 99),
            "teams/sub/c.yaml": "rules:\n" + rule("first", -1) + rule("third", 30),
            "b.yaml": "tags: {project: proj}\n",
        }
    )

    found = loaded(path)

    assert [each.id for each in found.rules] == ["first", "second", "third", "last"]
    assert found.tags == (("project", ("proj",)),)
    assert files(path) == tuple(
        map(Path, ("rules.yaml", "teams/a.yaml", "teams/sub/c.yaml", "b.yaml"))
    )


def test_rules_of_one_included_file_need_no_priority(folder: Folder) -> None:
    path = folder({"rules.yaml": "include: [a.yaml]", "a.yaml": "rules:\n" + rule("b") + rule("a")})

    assert [each.id for each in loaded(path).rules] == ["b", "a"]


def test_rules_are_read_again_from_texts_that_were_kept(folder: Folder) -> None:
    texts = {
        "rules.yaml": "include: [more/a.yaml]\nrules:\n" + rule("b", 2),
        "more/a.yaml": "rules:\n" + rule("a", 1),
    }
    path = folder(texts)
    now = loaded(path)
    for name in texts:
        Path(name).unlink()

    def kept(file: Path) -> Tree:
        if str(file) not in texts:
            raise AbsentFileError
        return Tree(parse(texts[str(file)], str(file)))

    assert loaded(path, reader=kept).fingerprint == now.fingerprint
    assert files(path, reader=kept) == (Path("rules.yaml"), Path("more/a.yaml"))
    with pytest.raises(AbsentFileError):
        loaded(path)


@pytest.mark.failure("D12")
@given(seed=st.randoms(use_true_random=False), cut=st.integers(0, 6))
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_order_of_rules_and_of_files_changes_nothing(
    folder: Folder, seed: random.Random, cut: int
) -> None:
    whole = [rule(f"r{number}", number * 10) for number in range(6)]
    plain = loaded(folder({"rules.yaml": "rules:\n" + "".join(whole)}))
    seed.shuffle(whole)
    parts = {"a.yaml": whole[:cut], "b.yaml": whole[cut:]}
    names = seed.sample(sorted(parts), 2)

    found = loaded(
        folder(
            {
                name: "rules: []" if not rules else "rules:\n" + "".join(rules)
                for name, rules in parts.items()
            }
            | {"rules.yaml": f"include: [{', '.join(names)}]"}
        )
    )

    assert found == plain
    assert found.fingerprint == plain.fingerprint


@pytest.mark.failure("D12")
@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (
            {"rules.yaml": "rules:\n" + rule("a", 1) + rule("b", 2) + rule("c", 1)},
            [
                (
                    "rules.yaml:4:63: rules.2.priority: 1 is already that of rule 'a' in line 2; "
                    "choose another"
                )
            ],
        ),
        (
            {"rules.yaml": "rules:\n" + rule("a") + rule("b", 2)},
            [
                (
                    "rules.yaml:2:3: rules.0: missing key 'priority', since rule 'b' in line 3 has "
                    "one; give each rule a number"
                )
            ],
        ),
        (
            {
                "rules.yaml": "include: [t/a.yaml]\nrules:\n" + rule("a", 1),
                "t/a.yaml": "rules:\n" + rule("b", 1) + rule("c"),
            },
            [
                (
                    "t/a.yaml:3:3: rules.1: missing key 'priority', since rules of several "
                    "files have no order of their own; give each rule a number"
                ),
                (
                    "t/a.yaml:2:63: rules.0.priority: 1 is already that of rule 'a' in "
                    "rules.yaml line 3; choose another"
                ),
            ],
        ),
    ],
)
def test_an_order_that_is_not_said_is_refused(
    texts: Mapping[str, str], expected: list[str], folder: Folder
) -> None:
    assert said(folder, texts) == expected


def inside(name: str) -> str:
    return (
        f"'{name}' is no file in this folder or below; write its path from this file, "
        "such as teams/search.yaml"
    )


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (
            {"rules.yaml": "include: [a.yaml, b.yaml]", "b.yaml": ""},
            ["rules.yaml:1:11: include.0: a.yaml is not there; create it, or drop this line"],
        ),
        (
            {"rules.yaml": "include:\n- rules.yaml"},
            [
                (
                    "rules.yaml:2:3: include.0: rules.yaml includes itself: rules.yaml "
                    "> rules.yaml; drop one of them"
                )
            ],
        ),
        (
            {
                "rules.yaml": "include: [a.yaml]",
                "a.yaml": "include: [t/b.yaml]",
                "t/b.yaml": "include: [c.yaml]",
                "t/c.yaml": "include: [c.yaml, d.yaml]",
            },
            [
                (
                    "t/c.yaml:1:11: include.0: t/c.yaml includes itself: t/c.yaml > t/c.yaml; "
                    "drop one of them"
                ),
                "t/c.yaml:1:19: include.1: t/d.yaml is not there; create it, or drop this line",
            ],
        ),
        (
            {
                "rules.yaml": "include: [a.yaml, b.yaml]",
                "a.yaml": "include: [b.yaml]",
                "b.yaml": "",
            },
            [
                (
                    "rules.yaml:1:19: include.1: b.yaml is already read, from a.yaml line 1; "
                    "include it once"
                )
            ],
        ),
        (
            {"rules.yaml": "include: [../a.yaml, /etc/a.yaml, 'teams/*.yaml', '']"},
            [
                f"rules.yaml:1:11: include.0: {inside('../a.yaml')}",
                f"rules.yaml:1:22: include.1: {inside('/etc/a.yaml')}",
                (
                    "rules.yaml:1:35: include.2: 'teams/*.yaml' is a pattern; name each file, "
                    "so that none is read unseen"
                ),
                f"rules.yaml:1:51: include.3: {inside('')}",
            ],
        ),
        (
            {
                "rules.yaml": "include: [a.yaml, b.yaml]\nrules:\n" + rule("a", 1),
                "a.yaml": "ruls: []",
                "b.yaml": "rules: [",
            },
            [
                "a.yaml:1:1: ruls: unknown key. Did you mean 'rules'?",
                "b.yaml:1:9: not valid YAML: expected the node content, but found '<stream end>'",
            ],
        ),
        (
            {
                "rules.yaml": "include: [a.yaml]\nrules:\n" + rule("x", 1),
                "a.yaml": "rules:\n" + rule("x", 2),
            },
            [
                (
                    "a.yaml:2:8: rules.0.id: 'x' is already the rule in rules.yaml line 3; "
                    "choose another"
                )
            ],
        ),
        (
            {
                "rules.yaml": "include: [a.yaml]\nsplits: [{id: s, even: [legal, bot]}]",
                "a.yaml": "splits:\n- {id: t, even: [legal, bot]}",
            },
            ["a.yaml:2:1: splits: splits stand in rules.yaml; move these there"],
        ),
        (
            {
                "rules.yaml": "splits: [{id: platform, even: [legal, bot]}]\n"
                "rules: [{id: a, when: {account: 1}, to: {split: platfrm}}]"
            },
            [
                (
                    "rules.yaml:2:49: rules.0.to.split: 'platfrm' is not a split. "
                    "Did you mean 'platform'?"
                )
            ],
        ),
    ],
)
def test_what_cannot_be_included_is_told_where_it_is_named(
    texts: Mapping[str, str], expected: list[str], folder: Folder
) -> None:
    assert said(folder, texts) == expected


def test_a_set_of_rules_has_not_too_many_files(folder: Folder) -> None:
    names = [f"f{number}.yaml" for number in range(FILES)]
    texts = {"rules.yaml": f"include: [{', '.join(names)}]"} | dict.fromkeys(names, "rules: []")

    (message,) = said(folder, texts)

    assert message.endswith(
        f"include.{FILES - 1}: f{FILES - 1}.yaml is more than {FILES} files; put rules together"
    )


def test_a_split_of_the_root_serves_rules_of_every_file(folder: Folder) -> None:
    found = loaded(
        folder(
            {
                "rules.yaml": "include: [a.yaml]\nsplits: [{id: platform, even: [legal, bot]}]",
                "a.yaml": "rules: [{id: a, when: {account: 1}, to: {split: platform}}]",
            }
        )
    )

    assert [each.to.split for each in found.rules] == ["platform"]
    assert [split.id for split in found.splits] == ["platform"]


@pytest.mark.failure("D01")
@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (
            {"rules.yaml": "tags: {project: [proj], app: [x, user_PROJ]}"},
            [
                (
                    "rules.yaml:1:34: tags.app.1: 'user_PROJ' is already read as 'project' "
                    "in line 1; drop one"
                )
            ],
        ),
        (
            {"rules.yaml": "tags: {project: [proj, Proj]}"},
            [
                (
                    "rules.yaml:1:24: tags.project.1: 'Proj' is already read as 'project' "
                    "in line 1; drop one"
                )
            ],
        ),
        (
            {"rules.yaml": "tags:\n  project: [user:Project]"},
            [
                (
                    "rules.yaml:2:13: tags.project.0: 'user:Project' is the tag's own key, "
                    "which is read first; drop it"
                )
            ],
        ),
        (
            {"rules.yaml": "tags:\n  a: [b]\n  b: [a]"},
            [
                (
                    "rules.yaml:2:7: tags.a.0: 'b' is a tag with keys of its own in line 3; "
                    "list all under one of them"
                ),
                (
                    "rules.yaml:3:7: tags.b.0: 'a' is a tag with keys of its own in line 2; "
                    "list all under one of them"
                ),
            ],
        ),
        (
            {
                "rules.yaml": "include: [a.yaml]\ntags: {project: x}",
                "a.yaml": "tags: {Project: y, z: x}",
            },
            [
                (
                    "a.yaml:1:17: tags.Project: 'Project' has keys already, in rules.yaml line 2; "
                    "join them"
                ),
                (
                    "a.yaml:1:23: tags.z.0: 'x' is already read as 'project' in rules.yaml line 2; "
                    "drop one"
                ),
            ],
        ),
        (
            {"rules.yaml": "tags: {' ': [x], y: [], z: [' ']}"},
            [
                "rules.yaml:1:13: tags. : ' ' is blank; write the key of a tag",
                "rules.yaml:1:21: tags.y: a list must not be empty",
                "rules.yaml:1:29: tags.z.0: ' ' is blank; write the key of a tag",
            ],
        ),
    ],
)
def test_a_key_is_read_as_one_tag(
    texts: Mapping[str, str], expected: list[str], folder: Folder
) -> None:
    assert said(folder, texts) == expected


def test_keys_of_tags_are_kept_in_canonical_form_and_in_order(folder: Folder) -> None:
    found = loaded(folder({"rules.yaml": "tags: {Project: [user_Proj, Cost_Object], app: svc}"}))

    assert found.tags == (("app", ("svc",)), ("project", ("proj", "cost_object")))


@pytest.mark.parametrize(
    ("text", "is_same"),
    [
        ("tags: {PROJECT: [user_a, b]}", True),
        ("tags: {project: [b, a]}", False),
        ("tags: {project: [a]}", False),
        ("rules: []", False),
    ],
)
def test_the_fingerprint_follows_the_keys_of_tags(text: str, is_same: bool, folder: Folder) -> None:
    base = loaded(folder({"rules.yaml": "tags: {project: [a, b]}"})).fingerprint

    assert (loaded(folder({"rules.yaml": text})).fingerprint == base) is is_same


def test_the_example_of_the_manual_loads(folder: Folder, root: Path) -> None:
    text = (root / "docs" / "rules.md").read_text("utf-8")
    example = text.partition("```yaml\n")[2].partition("```")[0]

    found = loaded(folder({"rules.yaml": example, "teams/search.yaml": "rules: []"}))

    assert [each.id for each in found.rules] == ["project-tag", "cluster-of-spring"]
    assert found.rules[1].when[1].patterns == (r"re:(train|trspt):ml\.p[45][a-z]*\..*",)


def test_the_manual_names_every_condition(root: Path) -> None:
    text = (root / "docs" / "rules.md").read_text("utf-8")

    assert [name for name in When.model_fields if f"`{name}`" not in text] == []
