"""`trueup plan import`: a plan file from a finance workbook, shown before it is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import click

from models.category import CATEGORIES
from models.errors import ConfigError, RefusedError
from models.node import parse
from models.period import Month
from models.plan.heading import folded
from models.plan.importing import Reading, reading
from models.plan.line import Asked
from models.plan.plan import Plan, load
from models.plan.table import opened
from models.plan.written import Head, written
from models.wording import suggestion
from models.yamlfile import Tree
from reconcile.report import planpreview
from scheduler import planning
from scheduler.choosing import known
from scheduler.cli import Shell
from scheduler.options import MonthType, form_option
from scheduler.workspace import configured, stores

RENDER: Final[dict[str, Callable[[Reading, str, str], str]]] = {
    "table": planpreview.table,
    "json": planpreview.document,
}


class Meaning(click.ParamType[tuple[str, str]]):
    """`TEXT=TERM`: the category of a line, or of a category as the workbook writes it."""

    name = "text=term"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Return both, or end with a usage error."""
        text, _, term = str(value).rpartition("=")
        if not text or term not in CATEGORIES:
            hint = suggestion(term, CATEGORIES)
            self.fail(f"{value!r} is not TEXT=TERM with a category as TERM. {hint}", param, ctx)
        return folded(text), term


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--project", "name", required=True, help="Whose plan it is.")
@click.option("--start", type=MonthType(), required=True, help="First month of the plan (YYYY-MM).")
@click.option("--months", type=click.IntRange(1, 36), help="How many.  [default: as columns say]")
@click.option("--sheet", help="Sheet of the workbook.  [default: the only one with values]")
@click.option("--currency", help="ISO 4217 code.  [default: the reporting currency]")
@click.option("--decimal", "mark", type=click.Choice([".", ","]), default=".", show_default=True,
              help="What stands before decimals in cells of text.")  # fmt: skip
@click.option("--category", "categories", type=Meaning(), multiple=True,
              help="Category of a line, as TEXT=TERM; may be repeated.")  # fmt: skip
@click.option("--author", help="Who wrote the plan.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False),
              help="Write this plan file.")  # fmt: skip
@click.option(
    "--yes", is_flag=True, help="Write plans/PROJECT.yaml, or over a draft that is there."
)
@form_option
@click.pass_obj
def command(
    shell: Shell,
    *,
    file: Path,
    name: str,
    start: Month,
    months: int | None,
    sheet: str | None,
    currency: str | None,
    mark: str,
    categories: tuple[tuple[str, str], ...],
    author: str | None,
    output: Path | None,
    yes: bool,
    form: str,
) -> None:
    """Show how FILE (XLSX or CSV) is read: columns, rows, total; with -o or --yes write a plan.

    The plan is a draft of the next version; `trueup plan approve` makes it count. Hidden rows and
    columns are left out, and told.
    """
    project = configured(shell.folder)
    owner = known(project, name)
    grid = opened(file.read_bytes(), str(file), sheet, is_lenient=True)
    found = reading(grid, Asked(start, months, mark, dict(categories)))
    unit = currency or project.settings.reporting_currency
    click.echo(RENDER[form](found, file.name, unit), nl=False)
    if output is None and not yes:
        click.echo("nothing written; -o FILE or --yes writes the plan", err=True)
        return
    path = output or shell.folder / "plans" / f"{owner}.yaml"
    with stores(project) as held:
        number = _number(planning.versions(project, held.ledger), owner, path)
    head = Head(project=owner, id=owner, version=number, currency=unit, author=author,
                source=file.name)  # fmt: skip
    plan = _placed(path, written(found, head), is_over=yes)
    click.echo(
        f"written {path}: {plan.project} version {plan.version}, {plan.base} {unit}", err=True
    )
    if path.resolve() not in map(Path.resolve, shell.folder.glob(project.settings.plans)):
        said = f"not read: plans are {project.settings.plans} by trueup.yaml; move the file there"
        click.echo(said, err=True)


def _number(versions: Sequence[Plan], owner: str, path: Path) -> int:
    """Return the version after the newest; that of a draft of the newest, if it is written anew.

    Raises:
        RefusedError: when the file holds a version that is more than a draft.
    """
    here = [each for each in versions if Path(each.file).resolve() == path.resolve()]
    for each in here:
        if each.status != "draft":
            raise RefusedError(
                f"{path} holds version {each.version} of {each.project!r}, which is {each.status}; "
                "write another file with -o"
            )
    mine = [each for each in versions if each.project == owner and each.scenario is None]
    newest = max((each.version for each in mine), default=0)
    is_anew = any(each in here for each in mine if each.version == newest)
    return newest if is_anew else newest + 1


def _placed(path: Path, text: str, *, is_over: bool) -> Plan:
    """Write a plan file that can be read, and return the plan.

    Raises:
        RefusedError: when there is such a file already, unless it is a draft that may be replaced.
    """
    plan = load(path, lambda each: Tree(parse(text, str(each))))
    if path.exists() and not is_over:
        raise RefusedError(f"{path} is there already; choose another name, or use --yes")
    if path.exists() and not _is_draft(path):
        raise RefusedError(
            f"{path} is there already, and is no draft of a plan; choose another name"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return plan


def _is_draft(path: Path) -> bool:
    try:
        return load(path).status == "draft"
    except ConfigError:
        return False
