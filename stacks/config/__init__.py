"""The settings of an environment: defaults in these classes, deviations in `stacks/environments/<name>.toml`."""

from stacks.config.access import Access, split_tag
from stacks.config.alarms import Alarms
from stacks.config.fields import ConfigurationError
from stacks.config.functions import Functions, Sizing, WorkerSizing
from stacks.config.loading import environments, load_settings, parse_settings
from stacks.config.placeholders import ALLOW_PLACEHOLDERS, placeholders
from stacks.config.settings import Settings
from stacks.config.storage import (
    EVIDENCE_NONCURRENT_DAYS,
    LEAST_MOVED_EVIDENCE_BYTES,
    TRANSIENT_NONCURRENT_DAYS,
    Encryption,
    Lifecycle,
    Tables,
)
from stacks.config.work import Audit, Delivery, Export, Fixity, Report, Requests, Sweep

__all__ = [
    "ALLOW_PLACEHOLDERS",
    "EVIDENCE_NONCURRENT_DAYS",
    "LEAST_MOVED_EVIDENCE_BYTES",
    "TRANSIENT_NONCURRENT_DAYS",
    "Access",
    "Alarms",
    "Audit",
    "ConfigurationError",
    "Delivery",
    "Encryption",
    "Export",
    "Fixity",
    "Functions",
    "Lifecycle",
    "Report",
    "Requests",
    "Settings",
    "Sizing",
    "Sweep",
    "Tables",
    "WorkerSizing",
    "environments",
    "load_settings",
    "parse_settings",
    "placeholders",
    "split_tag",
]
