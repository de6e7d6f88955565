"""`duracloud settings`: the settings of an environment, and where each value comes from."""

import json
from typing import Annotated

import attrs
import typer


def settings(
    environment: Annotated[str, typer.Argument(metavar="ENV", help="Environment.")] = "",
    *,
    env: Annotated[str, typer.Option(help="Environment.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON.")] = False,
) -> None:
    """Print every setting of an environment and where its value comes from."""
    from stacks.config import ConfigurationError  # noqa: PLC0415 (only this verb needs the classes of all settings)
    from stacks.config.listing import effective, text  # noqa: PLC0415

    try:
        found = effective(environment or env or None)
    except ConfigurationError as error:
        typer.echo(str(error).replace("-c env=", ""), err=True)
        raise typer.Exit(2) from error
    if as_json:
        typer.echo(
            json.dumps([{**attrs.asdict(one.setting), "value": one.value, "source": one.source} for one in found])
        )
        return
    rows = [("SETTING", "VALUE", "UNIT", "SOURCE")]
    rows += [(one.setting.key, text(one.value), one.setting.unit, one.source) for one in found]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
