"""Documents of vendors, whatever their form: told apart, read, and shown where they are not."""
