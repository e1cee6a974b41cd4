"""When an invoice month is final, by the provider's own signs."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from ingest.source import Settlement

# The invoice is out by the fifth business day, which is the eighth day of the month at the
# latest where the first week holds a weekend and a holiday; two more days for rows on their
# way. What comes later is on a later invoice: its `invoice.month` says so. Rows name no
# invoice, so no id can be the sign.
SETTLEMENT: Final = Settlement(after=timedelta(days=10), invoiced=False)
