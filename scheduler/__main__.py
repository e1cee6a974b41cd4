"""`python -m scheduler`: the same command without its script."""

from __future__ import annotations

import sys

from scheduler.cli import main

sys.exit(main())
