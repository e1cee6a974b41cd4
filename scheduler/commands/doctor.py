"""`trueup doctor`: can every source be reached, read, and not written? With the fix."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Final

import click

from ingest.source import Source
from reconcile.report.escape import visible
from scheduler.cli import Shell
from scheduler.doctor import PROJECT, Answer, answers
from scheduler.workspace import configured, known_source, now

WIDTH: Final = 7  # of the longest state
CHECK_WIDTH: Final = 11


@click.command()
@click.argument("sources", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@click.option("--policy", is_flag=True, help="Print the least to grant, and ask nothing.")
@click.pass_obj
def command(shell: Shell, sources: tuple[str, ...], *, as_json: bool, policy: bool) -> int:
    """Check the project folder and all SOURCES, or the named ones; one line a check.

    Credentials, clock, permissions, newest delivery, columns, currencies. Nothing is ever
    written to a source. Exit code 4 when a check fails.
    """
    project = configured(shell.folder)
    chosen = [known_source(project, name) for name in sources] or list(project.sources)
    if policy:
        click.echo("\n".join(_grants(chosen)) or "no source needs a grant")
        return 0
    width = max(len(name) for name in (PROJECT, *(source.name for source in chosen)))
    found: list[Answer] = []
    for answer in answers(project, chosen, now):
        found.append(answer)
        if not as_json:
            click.echo(line(answer, width))
    if as_json:
        click.echo(json.dumps(document(found), indent=1, ensure_ascii=False))
    return 4 if any(answer.finding.state == "fail" for answer in found) else 0


def line(answer: Answer, width: int = 0) -> str:
    """Return an answer as one line: state, source, check, what was found, and the fix.

    Args:
        answer: What was found.
        width: Of the longest name, so that lines stand below each other.
    """
    finding = answer.finding
    fix = f" -> {visible(finding.fix)}" if finding.fix else ""
    head = f"{finding.state:<{WIDTH}}  {answer.about:<{width}}  {finding.check:<{CHECK_WIDTH}}"
    return f"{head}  {visible(finding.detail)}{fix}"


def document(found: Sequence[Answer]) -> dict[str, object]:
    """Return answers as one JSON document."""
    return {
        "schema_version": "1",
        "ok": not any(answer.finding.state == "fail" for answer in found),
        "checks": [
            {
                "source": answer.about,
                "check": answer.finding.check,
                "state": answer.finding.state,
                "detail": answer.finding.detail,
                "fix": answer.finding.fix,
            }
            for answer in found
        ],
    }


def _grants(sources: Sequence[Source]) -> Iterator[str]:
    """Yield what each source needs to be allowed, as text to apply."""
    for source in sources:
        for grant in source.grants():
            yield f"# {source.name}: {grant.title}\n{grant.text}"
