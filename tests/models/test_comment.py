from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from models.comment import Comment, newest, of, scope
from models.commentfile import load, load_all
from models.errors import ConfigError
from models.period import Month

Complaints = Callable[..., list[str]]
OCTOBER = Month(2026, 10)
PROJECTS = ("legal", "search")
SAID = Comment(
    month=OCTOBER,
    scope="legal/data",
    text="a second batch",
    effect="timing",
    by="anna",
    on=date(2026, 11, 3),
    eac=Decimal("-12.50"),
    action="ask for credit",
    owner="ben",
    due=date(2026, 11, 20),
)
BARE = Comment(
    month=OCTOBER, scope="legal", text="x", effect="one-off", by="anna", on=date(2026, 11, 4)
)
ENTRY = "{scope: legal/data, text: a second batch, effect: timing, by: anna, on: 2026-11-03}"
OTHER_MONTH = (
    "figure 'legal/2026-09/delta' is of 2026-09; comment on it in that month, not in 2026-10"
)
TWICE = (
    ":3:13: comments.1.scope: 'legal/data' is already commented on in line 2; write one comment a "
    "line of the report"
)
NO_EFFECT = (
    ":2:55: comments.0.effect: 'often' is not possible. Possible: permanent, timing, one-off"
)


def written(folder: Path, *entries: str, name: str = "2026-10.yaml") -> Path:
    path = folder / name
    path.write_text("comments:\n" + "".join(f"  - {entry}\n" for entry in entries), "utf-8")
    return path


@pytest.mark.parametrize("comment", [SAID, BARE])
def test_a_comment_is_kept_to_the_letter(comment: Comment) -> None:
    assert Comment.read(comment.body()) == comment


def test_amounts_and_days_of_a_comment_are_text() -> None:
    assert SAID.body() == {
        "month": "2026-10",
        "scope": "legal/data",
        "text": "a second batch",
        "effect": "timing",
        "by": "anna",
        "on": "2026-11-03",
        "eac": "-12.50",
        "action": "ask for credit",
        "owner": "ben",
        "due": "2026-11-20",
    }
    assert (BARE.body()["eac"], BARE.body()["due"]) == (None, None)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("legal", "legal"),
        ("legal/data", "legal/data"),
        ("legal/contingency", "legal/contingency"),
        ("unallocated", "unallocated"),
        ("portfolio", "portfolio"),
        ("legal/data/2026-10/delta", "legal/data"),
        ("legal/to-2026-10/delta", "legal"),
        ("search/completion/eac", "search"),
    ],
)
def test_a_line_is_named_by_its_path_or_by_a_figure(text: str, path: str) -> None:
    assert scope(text, OCTOBER, PROJECTS) == path


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("legall", "'legall' is no project. Did you mean 'legal'?"),
        ("legal/dat", "'dat' is no category. Did you mean 'data'?"),
        (
            "unallocated/data",
            "'unallocated/data' is no line; write 'unallocated', or PROJECT/CATEGORY",
        ),
        (
            "legal/2026-09/delta",
            OTHER_MONTH,
        ),
    ],
)
def test_what_is_no_line_of_the_month_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        scope(text, OCTOBER, PROJECTS)


def test_of_one_line_the_newest_day_counts_and_of_one_day_the_last_given() -> None:
    older, newer = replace(SAID, on=date(2026, 11, 1)), replace(SAID, text="told again")

    assert newest([SAID, older, BARE]) == [BARE, SAID]
    assert newest([SAID, newer]) == [newer]
    assert newest([newer, SAID]) == [SAID]


def test_comments_are_of_their_month() -> None:
    other = replace(SAID, month=Month(2026, 9))

    assert list(of([SAID, other], Month(2026, 9))) == [other]


def test_a_file_is_of_the_month_it_is_named_after(tmp_path: Path) -> None:
    whole = ENTRY[:-1] + ', eac: -12.50, action: ask for credit, owner: ben, due: "2026-11-20"}'
    written(tmp_path, whole)
    written(tmp_path, name="2026-09.yaml")
    (tmp_path / "2026-09.yaml").write_text("comments: []\n", "utf-8")

    assert load_all(tmp_path, PROJECTS) == (SAID,)
    assert load_all(tmp_path / "absent", PROJECTS) == ()


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        (
            (ENTRY.replace("legal/data", "legal/dat"),),
            ":2:13: comments.0.scope: 'dat' is no category. Did you mean 'data'?",
        ),
        ((ENTRY, ENTRY), TWICE),
        ((ENTRY.replace("timing", "often"),), NO_EFFECT),
    ],
)
def test_a_mistake_in_a_file_has_its_place(
    tmp_path: Path, entries: tuple[str, ...], said: str
) -> None:
    with pytest.raises(ConfigError) as error:
        load(written(tmp_path, *entries), PROJECTS)

    (mistake,) = error.value.mistakes
    assert str(mistake).removeprefix(mistake.file) == said


def test_mistakes_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    written(tmp_path, ENTRY.replace("legal", "lega"))
    written(tmp_path, ENTRY, name="october.yaml")

    with pytest.raises(ConfigError) as error:
        load_all(tmp_path, PROJECTS)

    assert [each.message for each in error.value.mistakes] == [
        "comments.0.scope: 'lega' is no project. Did you mean 'legal'?",
        "'october' is not a month; name the file after its month, YYYY-MM.yaml",
    ]
