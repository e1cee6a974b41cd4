"""E-invoices: UBL and CII, bare or inside a PDF, read into the normal form of an invoice."""
