"""Verbs for those who run the service: alarms, restore."""

from pathlib import Path
from typing import Annotated

import typer

from duracloud.cli.options import LOCAL, AsJson, Env, settings_of


def alarms(env: Env = LOCAL, as_json: AsJson = False) -> None:
    """List the alarms: severity, metric, threshold, what to do."""
    settings = settings_of(env)
    from duracloud.alarms import show  # noqa: PLC0415 (after the name of the environment has been looked at)

    show(settings, as_json=as_json)


def restore(
    env: Env,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="An export, as 'aws s3 sync' copies it.")],
    buckets: Annotated[list[str], typer.Argument(metavar="BUCKET...", help="Main buckets.")],
) -> int:
    """Write lost fixity records back from an export.

    A record that is newer than the export's stays. Then the service looks at every object whose record is missing or
    names another version. Doing it again does no harm.
    """
    from duracloud.restore.records import run  # noqa: PLC0415 (loads boto3)

    return run(env, folder, buckets)
