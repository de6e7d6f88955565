"""Builds the app: creates the stacks of one environment and passes constructs along. Used by app.py and by tests."""

from collections.abc import Mapping
from typing import Any, Final

import attrs
import aws_cdk as cdk

from runtime.contract import APPLICATION, Tag
from stacks import nag
from stacks.base_stack import BaseStack
from stacks.config import ALLOW_PLACEHOLDERS, ConfigurationError, Settings, placeholders, split_tag
from stacks.constructs.retention import Retention
from stacks.integrity_stack import IntegrityStack
from stacks.monitoring_stack import MonitoringStack
from stacks.storage_stack import StorageStack

ALLOW_DATA_LOSS: Final = "allowDataLoss"
FIRST_DEPLOYMENT: Final = "firstDeployment"


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
    command line; tests give the one of cdk.json. With `-c firstDeployment=true` neither stacks nor tables are protected
    from deletion, so that CloudFormation can take back what failed (lesson L48). With `validate` a synth fails on
    findings of cdk-nag.

    Raises:
        ConfigurationError: a setting is still a placeholder, and the context does not allow that; data loss is allowed
            on an environment that is not disposable; or the context has a value that is neither true nor false.
        BundlingError: the wheels of the dependency layer were not fetched.
    """
    app = cdk.App(context=context, outdir=outdir)
    _refuse_placeholders(app, settings)
    destroyable, first = _data_loss_allowed(app, settings), _said(app, FIRST_DEPLOYMENT)
    retention = Retention(destroyable=destroyable, protected=not (destroyable or first))
    if first:
        settings = attrs.evolve(settings, termination_protection=False)
    base = BaseStack(app, settings, retention)
    storage = StorageStack(app, settings, retention, base)
    integrity = IntegrityStack(app, settings, retention, base, storage)
    monitoring = MonitoringStack(app, settings, storage, integrity)
    storage.add_stack_dependency(base)
    integrity.add_stack_dependency(storage)
    monitoring.add_stack_dependency(integrity)
    tags = cdk.Tags.of(app)
    for tag in settings.tags:
        tags.add(*split_tag(tag))
    tags.add(Tag.APPLICATION, APPLICATION)
    tags.add(Tag.ENVIRONMENT, settings.name)
    if first:
        cdk.Annotations.of(base).add_info(
            "nothing is protected from deletion; when this deployment has succeeded, deploy again without"
            f" '-c {FIRST_DEPLOYMENT}=true'"
        )
    if validate:
        nag.validate_on_synth(app)
    return app


def _refuse_placeholders(app: cdk.App, settings: Settings) -> None:
    found = placeholders(settings)
    if found and not _said(app, ALLOW_PLACEHOLDERS):
        raise ConfigurationError(
            f"{settings.name}.toml: got the placeholder{'s' if len(found) > 1 else ''} {'; '.join(found)};"
            f" allowed: values of your own (-c {ALLOW_PLACEHOLDERS}=true writes templates that nobody should deploy)"
        )


def _data_loss_allowed(app: cdk.App, settings: Settings) -> bool:
    if not _said(app, ALLOW_DATA_LOSS):
        return False
    if not settings.disposable:
        raise ConfigurationError(
            f"{ALLOW_DATA_LOSS} is true; allowed for {settings.name}: false, because it is not disposable"
        )
    return True


def _said(app: cdk.App, name: str) -> bool:
    said = app.node.try_get_context(name)
    if said not in (None, "false", False, "true", True):
        raise ConfigurationError(f"{name} is {said!r}; allowed: true, false")
    return said in ("true", True)
