"""What the manual and the example configuration show is what the kinds read."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import pytest

from models.node import parse

KINDS: Final = ("openai_costs", "anthropic_costs", "gpu_cloud_csv", "mlflow")


def shown(root: Path, file: str) -> dict[str, dict[str, Any]]:
    """Return the settings that a file shows, by their kind."""
    text = (root / file).read_text("utf-8")
    blocks = re.findall(r"```yaml\n(sources:\n.*?)```", text, re.DOTALL)
    found = [parse(block, file).data["sources"] for block in blocks or [text]]
    return {given["kind"]: given for sources in found for given in sources.values()}


@pytest.mark.parametrize("file", ["config/trueup.yaml", "docs/vendors.md"])
def test_the_settings_that_are_shown_are_read(root: Path, file: str) -> None:
    found = shown(root, file)

    for kind in KINDS:
        settings = import_module(f"ingest.sources.{kind}").Settings
        assert settings.model_validate(found[kind]).kind == kind


def test_the_prices_that_are_shown_are_read(root: Path) -> None:
    text = (root / "docs/vendors.md").read_text("utf-8")
    (block,) = re.findall(r"```yaml\n    (prices:\n.*?)```", text, re.DOTALL)
    given = shown(root, "config/trueup.yaml")["gpu_cloud_csv"] | parse(block, "docs").data
    given["columns"] |= {"tokens": {"input": "prompt_tokens"}}

    found = import_module("ingest.sources.gpu_cloud_csv").Settings.model_validate(given)

    assert [price.per for price in found.prices] == ["hour", "hour", "million tokens"]
