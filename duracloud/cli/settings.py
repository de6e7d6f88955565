"""`duracloud settings`: the settings of an environment, and where each value comes from."""

import json
from typing import Annotated

import attrs
import typer

from duracloud.cli.options import LOCAL, AsJson, Env
from duracloud.columns import aligned
from duracloud.errors import UsageError


def settings(
    environment: Annotated[str, typer.Argument(metavar="ENV", help="The environment, as by --env.")] = "",
    *,
    env: Env = LOCAL,
    as_json: AsJson = False,
) -> None:
    """Print every setting of an environment and where its value comes from."""
    from stacks.config import ConfigurationError  # noqa: PLC0415 (only this verb needs the classes of all settings)
    from stacks.config.listing import effective, text  # noqa: PLC0415

    try:
        found = effective(environment or env)
    except ConfigurationError as error:
        raise UsageError(str(error).replace("-c env=", "")) from error
    if as_json:
        typer.echo(
            json.dumps([{**attrs.asdict(one.setting), "value": one.value, "source": one.source} for one in found])
        )
        return
    rows = [("SETTING", "VALUE", "UNIT", "SOURCE")]
    rows += [(one.setting.key, text(one.value), one.setting.unit, one.source) for one in found]
    typer.echo("\n".join(aligned(rows)))
