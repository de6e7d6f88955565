"""`duracloud settings`: the settings of an environment, and where each value comes from."""

import json
from typing import Annotated

import attrs
import typer

from duracloud.cli.options import LOCAL, AsJson, Env, settings_of
from duracloud.columns import aligned
from duracloud.errors import UsageError


def settings(
    environment: Annotated[str, typer.Argument(metavar="ENV", help="The environment, as by --env.")] = "",
    *,
    env: Env = "",
    as_json: AsJson = False,
) -> None:
    """Print every setting of an environment, of 'local' if none is named, and where its value comes from."""
    from stacks.config.listing import effective, text  # noqa: PLC0415 (only this verb needs it)

    if environment and env not in {"", environment}:
        raise UsageError(f"got {environment!r} and --env {env!r}; allowed: one environment")
    found = effective(settings_of(environment or env or LOCAL))
    if as_json:
        typer.echo(
            json.dumps([{**attrs.asdict(one.setting), "value": one.value, "source": one.source} for one in found])
        )
        return
    rows = [("SETTING", "VALUE", "UNIT", "SOURCE")]
    rows += [(one.setting.key, text(one.value), one.setting.unit, one.source) for one in found]
    typer.echo("\n".join(aligned(rows)))
