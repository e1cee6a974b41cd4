"""Addresses: which of them stay on this machine."""

from __future__ import annotations

from typing import Final

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
"""Hosts that plain http may go to."""
