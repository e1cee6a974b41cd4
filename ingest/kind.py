"""The kinds of ledger entry about deliveries, months and rules; what each holds is in docs."""

from __future__ import annotations

from typing import Final

RECEIVED: Final = "delivery.received"  # this is what the source shows now
LOADED: Final = "delivery.loaded"  # this counts for its scope
REFUSED: Final = "delivery.refused"  # forbidden, broken or empty; what counted still does
ABSENT: Final = "delivery.absent"  # nothing is there, or no longer
RESTATED: Final = "delivery.restated"  # totals changed after the month was final or closed
ASKED: Final = "source.asked"  # when a source last was asked for all open months
STATE: Final = "month.state"  # the life of one month of one source, when it changes
CLOSED: Final = "month.closed"  # which deliveries a closed month counts, and by which rules
REOPENED: Final = "month.reopened"  # from then on the month changes again, until it is closed anew
RULES: Final = "rules"  # a version of what attribution depends on, with its text
REALLOCATED: Final = "rules.reallocated"  # what an edit of them moved in open months
