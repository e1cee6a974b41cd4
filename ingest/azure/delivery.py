"""One delivery: the runs of all datasets of a month, read whole and unchanged."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final

from ingest.azure import pair
from ingest.azure.role import Reading
from ingest.azure.run import Export, Run
from ingest.bucket import ChangedError
from ingest.files import stored
from ingest.source import Delivery, Document
from models.archive import Archive
from models.errors import AbsentError, BrokenError, EmptyError
from models.period import Month

TRIES: Final = 3  # runs are hours apart: three changes in one read are no accident

Listings = Sequence[Sequence[str]]  # of each export, in order
Documents = Mapping[str, tuple[Document, ...]]  # by dataset


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the exports of a source for one month."""

    source: str
    exports: Sequence[Export]
    archive: Archive

    def delivery(self, listings: Listings, period: Month, known: str) -> Delivery | None:
        """Return the newest delivery of a month; None when it is the known one.

        The runs are looked up again after their data is read: what moved is read anew.

        Args:
            listings: All keys of each export, as they were before.
            period: The billing month.
            known: SHA-256 of the statement of the delivery that counts.

        Raises:
            SourceError: when there is none, or it is not whole.
        """
        runs: list[Run] = []
        for attempt in range(TRIES):
            listed = [export.listing() for export in self.exports] if attempt else listings
            runs = [e.newest(keys, period) for e, keys in zip(self.exports, listed, strict=True)]
            if (statement := self._statement(runs)) and _hash(statement) == known:
                return None
            documents = self._documents(runs, period)
            if documents and self._stands(runs, period):
                statement = statement or _listed(documents)
                same = _hash(statement) == known
                return None if same else self._delivery(runs, documents, period, statement)
        detail = f"kept changing while it was read, {TRIES} times; run again later"
        raise BrokenError(self.source, self._address(runs), detail)

    def _documents(self, runs: Sequence[Run], period: Month) -> Documents | None:
        """Bring the data into the archive; None when it moved meanwhile."""
        if not any(run.keys for run in runs):
            raise EmptyError(self.source, self._address(runs), "the manifest lists no data")
        try:
            return {
                export.dataset: self._stored(export, run)
                for export, run in zip(self.exports, runs, strict=True)
            }
        except ChangedError:
            return None
        except (AbsentError, BrokenError) as error:
            if not self._stands(runs, period):
                return None
            if isinstance(error, BrokenError):
                raise
            detail = f"{error.detail}, but the manifest lists it"
            raise BrokenError(self.source, error.document, detail) from error

    def _stored(self, export: Export, run: Run) -> tuple[Document, ...]:
        documents = stored(export.place, run.keys, self.archive, self.source)
        for document in documents:
            size = run.sizes.get(document.name, document.size)
            # Packed files say themselves that they are whole; which of their two sizes a
            # manifest states is not documented.
            if size != document.size and document.name.lower().endswith(".csv"):
                detail = f"has {document.size} bytes, and its manifest says {size}"
                raise BrokenError(self.source, document.name, detail)
        if len(self.exports) == 1:
            return documents
        return tuple(replace(each, name=f"{export.dataset}/{each.name}") for each in documents)

    def _stands(self, runs: Sequence[Run], period: Month) -> bool:
        """Say whether what was found is still what lies there."""
        return all(
            export.stands(run, period) for export, run in zip(self.exports, runs, strict=True)
        )

    def _statement(self, runs: Sequence[Run]) -> bytes:
        """Return what the delivery states of itself; empty where a run has no manifest."""
        if not all(run.manifest for run in runs):
            return b""
        if len(runs) == 1:
            return runs[0].manifest
        said = {
            export.dataset: {"key": run.address, "manifest": run.manifest.decode("utf-8-sig")}
            for export, run in zip(self.exports, runs, strict=True)
        }
        return json.dumps(said).encode()

    def _delivery(
        self, runs: Sequence[Run], documents: Documents, period: Month, statement: bytes
    ) -> Delivery:
        kept = self.archive.put([statement])
        return Delivery(
            source=self.source,
            period=period,
            version=" ".join(run.version for run in runs if run.version) or kept.sha256,
            documents=_once(documents),
            manifest=Document(self._address(runs), kept.sha256, kept.size),
            table=self._reading(runs, documents).text,
        )

    def _reading(self, runs: Sequence[Run], documents: Documents) -> Reading:
        rows = {
            document.sha256: run.rows[key]
            for run, part in zip(runs, documents.values(), strict=True)
            for key, document in zip(run.keys, part, strict=True)
            if key in run.rows
        }
        if "focus" in documents:
            return Reading(dataset="focus", rows=rows)
        paths = {
            dataset: {each.sha256: self.archive.path(each.sha256) for each in part}
            for dataset, part in documents.items()
        }
        if len(paths) == 1:
            ((dataset, own),) = paths.items()
            return Reading(dataset="details", roles=dict.fromkeys(own, dataset), rows=rows)
        roles, apart = pair.roles(paths["actual"], paths["amortized"])
        return Reading(dataset="details", roles=roles, rows=rows, apart=apart)

    @staticmethod
    def _address(runs: Sequence[Run]) -> str:
        return " and ".join(run.address for run in runs)


def _once(documents: Documents) -> tuple[Document, ...]:
    """Return all documents; one that is a part of both datasets stands in the first alone."""
    first, *others = documents.values()
    known = {document.sha256 for document in first}
    return (*first, *(each for part in others for each in part if each.sha256 not in known))


def _listed(documents: Documents) -> bytes:
    """Return a statement of what lies there, for exports without a manifest."""
    said = {
        dataset: [[each.name, each.sha256] for each in part] for dataset, part in documents.items()
    }
    return json.dumps(said).encode()


def _hash(statement: bytes) -> str:
    return sha256(statement).hexdigest()
