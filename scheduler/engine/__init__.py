"""Where work on documents runs: in this process, in several here, or on a cluster."""

from __future__ import annotations
