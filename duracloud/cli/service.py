"""Verbs for those who run the service: settings, preflight, alarms, cost, restore."""

import json
from pathlib import Path
from typing import Annotated

import attrs
import typer

from duracloud.cli.options import LOCAL, AsJson, Env, environments, settings_of
from duracloud.columns import aligned
from duracloud.errors import UsageError


def settings(
    environment: Annotated[str | None, typer.Argument(metavar="ENV", help="The environment, as by --env.")] = None,
    *,
    env: Annotated[
        str | None, typer.Option(metavar="ENV", help="The environment.", autocompletion=environments)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print every setting of an environment, of 'local' if none is named, and where its value comes from."""
    from stacks.config.listing import effective, text  # noqa: PLC0415 (only this verb needs it)

    if environment is not None and env not in {None, environment}:
        raise UsageError(f"got {environment!r} and --env {env!r}; allowed: one environment")
    named = env if environment is None else environment
    found = effective(settings_of(LOCAL if named is None else named))
    if as_json:
        typer.echo(
            json.dumps([{**attrs.asdict(one.setting), "value": one.value, "source": one.source} for one in found])
        )
        return
    rows = [("SETTING", "VALUE", "UNIT", "SOURCE")]
    rows += [(one.setting.key, text(one.value), one.setting.unit, one.source) for one in found]
    typer.echo("\n".join(aligned(rows)))


def preflight(env: Env, as_json: AsJson = False) -> int:
    """Look at the account before and after a deployment: names, quotas, account settings, bootstrap, protection.

    It reads and changes nothing. The exit status is 1 if something is wrong, not protected, or could not be looked at.
    """
    found = settings_of(env)
    from duracloud.preflight.command import run  # noqa: PLC0415 (loads boto3)

    return run(found, as_json=as_json)


def alarms(env: Env = LOCAL, as_json: AsJson = False) -> None:
    """List the alarms: severity, metric, threshold, what to do."""
    found = settings_of(env)
    from duracloud.alarms import show  # noqa: PLC0415 (after the name of the environment has been looked at)

    show(found, as_json=as_json)


def cost(
    *,
    env: Annotated[str, typer.Option(metavar="ENV", help="Environment.", autocompletion=environments)] = "",
    objects: Annotated[str, typer.Option(help="Objects held: 1000000, 1e6, 1M, 1 million.")] = "",
    size: Annotated[str, typer.Option("--bytes", help="Their bytes: 1e13, 10TB, 9.5TiB, 1PB.")] = "",
    objects_per_month: Annotated[
        str, typer.Option(help="Deposits of a month, of mean size; a 120th of --objects when left out.")
    ] = "",
    buckets: Annotated[str, typer.Option(help="Main buckets.")] = "10",
    read_rate: Annotated[str, typer.Option(help="Bytes per second that one invocation gets from S3.")] = "75MB",
    lines: Annotated[bool, typer.Option("--lines", help="Print every line of the bill.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the bill with all its lines as JSON.")] = False,
    write_tables: Annotated[
        bool, typer.Option("--write-tables", help="Write docs/operator/cost-tables.md, which takes half a minute.")
    ] = False,
) -> None:
    """Print what an environment costs in a month."""
    from duracloud.cost import command  # noqa: PLC0415 (loads the model, which loads what is deployed)

    if write_tables:
        command.write_tables()
        return
    environment = command.environment(env)
    work = command.workload(objects, size, objects_per_month, buckets, read_rate)
    command.show(environment, work, lines=lines, as_json=as_json)


def restore(
    env: Env,
    folder: Annotated[
        Path,
        typer.Argument(metavar="FOLDER", exists=True, file_okay=False, help="An export, as 'aws s3 sync' copies it."),
    ],
    buckets: Annotated[list[str], typer.Argument(metavar="BUCKET...", help="Main buckets.")],
) -> int:
    """Write lost fixity records back from an export.

    A record that is newer than the export's stays. Then the service looks at every object whose record is missing or
    names another version. Doing it again does no harm.
    """
    # Before a live account is asked for anything of a misspelt environment.
    name = settings_of(env).name
    from duracloud.restore.records import run  # noqa: PLC0415 (loads boto3)

    return run(name, folder, buckets)
