from __future__ import annotations

from reconcile.alerts import SAYS, SEVERITY
from scheduler.alerting import TELLERS


def test_every_rule_has_its_words() -> None:
    assert set(TELLERS) == set(SEVERITY) == set(SAYS)
