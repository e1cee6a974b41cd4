"""When an invoice month is final, by the provider's own signs."""

from __future__ import annotations

from datetime import timedelta

from ingest.source import Settlement


def settlement(every: timedelta) -> Settlement:
    """Return when a month is final, and in what rhythm a running one is delivered.

    The invoice is out by the fifth business day, which is the eighth day of the month at the
    latest where the first week holds a weekend and a holiday; two more days are for rows on
    their way. What comes later is on a later invoice: its `invoice.month` says so. Rows name
    no invoice, so no id can be the sign.
    """
    return Settlement(after=timedelta(days=10), invoiced=False, every=every)
