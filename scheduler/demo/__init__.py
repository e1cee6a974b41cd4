"""The demonstration: an ordinary project folder with made-up bills, and six stories in it."""

from __future__ import annotations

from scheduler.demo.project import create
from scheduler.demo.stories import STORIES

__all__ = ["STORIES", "create"]
