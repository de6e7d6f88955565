"""Builds the app: creates the stacks of one environment and passes constructs along. Used by app.py and by tests."""

from collections.abc import Mapping
from typing import Any, Final

import aws_cdk as cdk

from runtime.contract import APPLICATION, Tag
from stacks import nag
from stacks.base_stack import BaseStack
from stacks.config import ALLOW_PLACEHOLDERS, ConfigurationError, Settings, placeholders
from stacks.constructs.retention import Retention
from stacks.integrity_stack import IntegrityStack
from stacks.monitoring_stack import MonitoringStack
from stacks.storage_stack import StorageStack

ALLOW_DATA_LOSS: Final = "allowDataLoss"


def named_environment() -> str | None:
    """Return the environment named by `-c env=`, None if there is none."""
    # Only an app can read the context of the CDK command line.
    name = cdk.App(auto_synth=False).node.try_get_context("env")
    return None if name is None else str(name)


def build_app(
    settings: Settings, *, context: Mapping[str, Any] | None = None, outdir: str | None = None, validate: bool = False
) -> cdk.App:
    """Create the app of an environment; the caller calls its `synth`.

    Its stacks Base, Storage, Integrity, Monitoring each use those before it. `context` is used beside that of the CDK
    command line; tests give the one of cdk.json. With `validate` a synth fails on findings of cdk-nag.

    Raises:
        ConfigurationError: a setting is still a placeholder, and the context does not allow that; or data loss is
            allowed on an environment that is not disposable.
        BundlingError: the wheels of the dependency layer were not fetched.
    """
    app = cdk.App(context=context, outdir=outdir)
    _refuse_placeholders(app, settings)
    retention = Retention(destroyable=_data_loss_allowed(app, settings))
    base = BaseStack(app, settings, retention)
    storage = StorageStack(app, settings, retention, base)
    integrity = IntegrityStack(app, settings, retention, base, storage)
    MonitoringStack(app, settings, base, storage, integrity)
    storage.add_stack_dependency(base)
    integrity.add_stack_dependency(storage)
    tags = cdk.Tags.of(app)
    tags.add(Tag.APPLICATION, APPLICATION)
    tags.add(Tag.ENVIRONMENT, settings.name)
    if validate:
        nag.validate_on_synth(app)
    return app


def _refuse_placeholders(app: cdk.App, settings: Settings) -> None:
    found = placeholders(settings)
    if found and not _allowed(app, ALLOW_PLACEHOLDERS):
        raise ConfigurationError(
            f"{settings.name}.toml: got the placeholder{'s' if len(found) > 1 else ''} {'; '.join(found)};"
            f" allowed: values of your own (-c {ALLOW_PLACEHOLDERS}=true writes templates that nobody should deploy)"
        )


def _data_loss_allowed(app: cdk.App, settings: Settings) -> bool:
    if not _allowed(app, ALLOW_DATA_LOSS):
        return False
    if not settings.disposable:
        raise ConfigurationError(
            f"{ALLOW_DATA_LOSS} is true; allowed for {settings.name}: false, because it is not disposable"
        )
    return True


def _allowed(app: cdk.App, name: str) -> bool:
    """Return whether the context allows something, as in `-c allowDataLoss=true`."""
    said = app.node.try_get_context(name)
    if said not in (None, "false", "true", False, True):
        raise ConfigurationError(f"{name} is {said!r}; allowed: true, false")
    return said in ("true", True)
