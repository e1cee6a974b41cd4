"""A project folder for a generated month, with some 70 rules of every kind there is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from generate import Order
from world import ACCOUNTS, PROJECTS

_TERMS: Final = {
    "training_compute": (
        "*Train:*",
        "*TrSpt:*",
        "*Cluster:ml.*",
        "*BoxUsage:p*",
        "*SpotUsage:g?.*",
    ),
    "inference": ("*Host:ml.*", "*ProvisionedThroughput*"),
    "data": ("*TimedStorage*", "*Requests-Tier?", "*Customization*", "*EBS:Volume*"),
    "ops_overhead": ("*CW:*", "*DataProcessing-Bytes"),
    "infra": ("*NatGateway*", "*DataTransfer*", "*BoxUsage:*", "*VolumeUsage*"),
}
_TAGS: Final = ("project", "ft_project", "app", "cost_object")


def project(folder: Path, order: Order) -> int:
    """Write the folder; return how many rules it has."""
    folder.mkdir(parents=True)
    files = {
        "trueup.yaml": _settings(order),
        "projects.yaml": "projects:\n" + "".join(f"  - id: {name}\n" for name in PROJECTS),
        "rates.yaml": "rates: []\n",
    }
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    return edited(folder)


def edited(folder: Path, edit: str = "") -> int:
    """Write the rules with one of EDITS before them; return how many there are."""
    rules = [*EDITS[edit], *_rules()] if edit else list(_rules())
    splits = _SPLITS if edit == "split" else ""
    (folder / "rules.yaml").write_text(f"{splits}rules:\n{''.join(rules)}", "utf-8")
    return len(rules)


def _settings(order: Order) -> str:
    return f"""\
name: benchmark
reporting_currency: USD
sources:
  cloud:
    kind: aws_data_export
    location: {order.out.resolve()}
    export: {order.export}
"""


def _rules() -> Iterator[str]:
    for tag in _TAGS:
        yield _rule(f"tag-{tag}", f'tag.{tag}: "*"', f'project: "{{tag.{tag}}}"')
    for number, name in enumerate(PROJECTS):
        yield _rule(f"account-{number}", f'account: "{ACCOUNTS[number]}"', f"project: {name}")
        yield _rule(f"resource-{number}", f'resource: "*{name}*"', f"project: {name}")
        team = f'tag.team: "team-{number}", usage_type: ["*Train:*", "*Host:*"]'
        yield _rule(f"team-{number}", team, f"project: {name}")
        sku = f'service: [AmazonS3, "Amazon Bedrock"], sku: "SKU*{number:02d}", region: "us-*"'
        yield _rule(f"sku-{number}", sku, f"project: {name}")
    for term, patterns in _TERMS.items():
        for number, pattern in enumerate(patterns):
            yield _rule(f"{term}-{number}", f'usage_type: "{pattern}"', f"category: {term}")
    yield _rule("tax", "line_type: Tax", "category: ops_overhead")
    yield _rule("rest", "source: cloud", "category: infra")


def _rule(name: str, when: str, to: str) -> str:
    return f"  - id: {name.replace('_', '-')}\n    when: {{{when}}}\n    to: {{{to}}}\n"


_SPLITS: Final = f"splits:\n  - id: platform\n    even: [{', '.join(PROJECTS)}]\n"
_MOVED: Final = _rule("moved", f'account: "{ACCOUNTS[-1]}"', f"project: {PROJECTS[0]}")
# what an account costs goes elsewhere; so from the middle of the month on; a service is shared
EDITS: Final = {
    "changed": [_MOVED],
    "epochs": [_MOVED + "    since: 2026-10-16\n"],
    "split": [_rule("shared", "service: AmazonCloudWatch", "split: platform")],
}
