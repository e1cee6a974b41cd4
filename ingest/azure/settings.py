"""What the user says about exports of Azure: where each dataset lies, and the way in."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from ingest.azure.role import DATASETS, Dataset
from ingest.azure.run import Export
from ingest.bucket import place
from models.field import Strict, Text


class Settings(Strict):
    """Exports of one billing account, as Cost Management makes them."""

    kind: Literal["azure_export"]
    """This kind of source."""
    focus: Text | None = None
    """Where the export of FOCUS cost lies: https://ACCOUNT.blob.core.windows.net/CONTAINER/prefix,
    another bucket it is copied to, or a folder. It states both costs by itself."""
    actual: Text | None = None
    """Where the export of actual cost lies; with amortized, the two are one source."""
    amortized: Text | None = None
    """Where the export of amortized cost lies."""
    manifest: bool = True
    """Whether each run has a manifest.json; a run counts only when it is there. Exports of
    before 2023 may have none: then the newest folder of a month counts."""
    files: Text | None = None
    """Names of the files below the location where they are copied by hand, with `*` and `?`;
    `{month}` stands for 2026-08, `{yyyymm}` for 202608. No manifest is looked for."""
    sas: SecretStr | None = None
    """Shared access signature of the container; write ${NAME}. Without it the credentials of
    the machine are used."""
    invoiced: bool = False
    """Whether every charge of a final month has an invoice id; not so in enterprise agreements."""
    final_after_days: int = Field(default=5, ge=0, le=366)
    """Days after its end in which a month may still change."""
    expected_every_hours: int = Field(default=36, gt=0)
    """Hours after which a missing delivery is late."""
    tax_recoverable: bool = False
    """Whether tax comes back, and so is no cost of a project."""
    max_attempts: int = Field(default=5, ge=1, le=20)
    """How often a request is tried before it counts as failed."""
    profile: str | None = None
    """Profile of the configuration of the bucket's provider, for a copy in another bucket."""
    role_arn: str | None = None
    """Role to assume before reading that bucket."""
    region: str | None = None
    """Region of that bucket."""
    endpoint_url: str | None = None
    """Address of another server that speaks that bucket's protocol."""

    @model_validator(mode="after")
    def one_view_of_the_month(self) -> Self:
        """Refuse a source without a dataset, and FOCUS beside the two that say the same."""
        if not self.datasets:
            raise ValueError("names no location; set focus, or actual and amortized")
        if self.focus and len(self.datasets) > 1:
            raise ValueError(
                "focus holds what actual and amortized hold; keep one of them, or all counts twice"
            )
        if self.actual and self.actual == self.amortized and self.unstated:
            raise ValueError("actual and amortized name the same files; give each its own place")
        if self.files and "{month}" not in self.files and "{yyyymm}" not in self.files:
            raise ValueError("files must name the month, as {month} or {yyyymm}")
        return self

    @property
    def datasets(self) -> dict[Dataset, str]:
        """Where each configured dataset lies."""
        said = {"focus": self.focus, "actual": self.actual, "amortized": self.amortized}
        return {dataset: where for dataset in DATASETS if (where := said[dataset])}

    @property
    def reading(self) -> str:
        """Everything that decides how bytes become charges, as text."""
        return f"unstated={self.unstated} tax_recoverable={self.tax_recoverable}"

    @property
    def unstated(self) -> bool:
        """Whether no manifest states the month, but the names of files and folders do."""
        return self.files is not None or not self.manifest

    def export(self, dataset: Dataset, source: str, folder: Path) -> Export:
        """Return the place of a dataset.

        Raises:
            SourceError: when there is no way in.
        """
        return Export(
            source=source,
            dataset=dataset,
            manifest=self.manifest,
            files=self.files or "",
            place=place(
                self.datasets[dataset],
                source=source,
                folder=folder,
                profile=self.profile,
                role_arn=self.role_arn,
                region=self.region,
                endpoint_url=self.endpoint_url,
                max_attempts=self.max_attempts,
                sas=self.sas.get_secret_value() if self.sas else "",
            ),
        )
