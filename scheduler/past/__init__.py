"""The past of a project: what each night was configured with, read again and compared."""
