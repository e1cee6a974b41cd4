"""Invoices and credit notes as Stripe states them in JSON, read into the normal form."""
