"""Invoices of a vendor as lines of a file: read, decided upon, and spread over months."""
