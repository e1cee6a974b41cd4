"""JSON Schemas of the configuration files, generated from their models, for editors."""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel, TypeAdapter

from models.commentfile import CommentFile
from models.currency import RateFile
from models.decision.file import DecisionFile
from models.plan.file import PlanFile, ScenarioFile
from models.progressfile import ProgressFile
from models.projectfile import ProjectFile
from models.purchasefile import PurchaseFile
from models.rule.file import RuleFile
from models.run.file import RunFile
from models.settings import Settings
from models.statement import StatementFile

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_FILES: Final[dict[str, tuple[type[BaseModel], ...]]] = {
    "trueup": (Settings,),
    "projects": (ProjectFile,),
    "rules": (RuleFile,),
    "rates": (RateFile,),
    "invoices": (StatementFile,),
    "purchases": (PurchaseFile,),
    "runs": (RunFile,),
    "commentary": (CommentFile,),
    "progress": (ProgressFile,),
    "decisions": (DecisionFile,),
    "plan": (PlanFile, ScenarioFile),
}


def schemas() -> dict[str, dict[str, Any]]:
    """Return the schema of each file by its name, such as trueup or rules."""
    return {name: schema(name, *models) for name, models in _FILES.items()}


def schema(name: str, *models: type[BaseModel]) -> dict[str, Any]:
    """Return the schema of one file, which is one of the models."""
    union: Any = models[0]
    for model in models[1:]:
        union |= model
    generated = TypeAdapter(union).json_schema()
    return {"$schema": DIALECT, **generated, "title": f"{name}.yaml"}
