"""The code that runs in Lambda: fixity, provisioning, scheduling and evidence."""

__version__ = "1.0.0"
