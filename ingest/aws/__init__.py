"""Data Exports of AWS: the manifest, the two tables that carry bills, and their second reader."""
