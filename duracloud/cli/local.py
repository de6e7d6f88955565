"""Verbs of the local AWS: up, down, clean, mail, demo, drill."""

import typer

from duracloud.cli.options import LOCAL, AsJson, LocalEnv
from duracloud.errors import UsageError


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command(epilog="Example: DURACLOUD_PORT=4600 duracloud up")(up)
    app.command(epilog="Example: duracloud down")(down)
    app.command(epilog="Example: duracloud clean")(clean)
    app.command(epilog="Example: duracloud mail")(mail)
    app.command(epilog="Example: duracloud demo")(demo)
    app.command(epilog="Example: duracloud drill --json > drill.json")(drill)


def up(env: LocalEnv = LOCAL) -> None:
    """Start the local AWS, deploy into it, and print how to use it.

    DURACLOUD_PORT chooses another port than 4566.
    """
    _perform("up", env)


def down(env: LocalEnv = LOCAL) -> None:
    """Stop the local AWS and keep its data."""
    _perform("down", env)


def clean(env: LocalEnv = LOCAL) -> None:
    """Stop the local AWS and delete its data.

    What a failed demo or drill left is deleted too.
    """
    _perform("clean", env)


def mail(env: LocalEnv = LOCAL, as_json: AsJson = False) -> None:
    """Show the e-mails that the local AWS has sent. They stay in its inbox."""
    _perform("mail", env, as_json=as_json)


def demo(env: LocalEnv = LOCAL) -> None:
    """Show the whole story, from a request for buckets to a repaired bit flip.

    It uses a local AWS of its own, which it stops and deletes at the end. Takes about two minutes.
    """
    _perform("demo", env)


def drill(env: LocalEnv = LOCAL, as_json: AsJson = False) -> None:
    """Inject each fault into the deployed service and check that it recovers.

    It uses a local AWS of its own, which it stops and deletes at the end. Takes two to three minutes.
    The exit status is 1 if a drill fails.
    """
    _perform("drill", env, as_json=as_json)


def _perform(name: str, env: str, *, as_json: bool = False) -> None:
    if env != LOCAL:
        raise UsageError(f"got --env {env!r}; allowed: {LOCAL}, the only environment of the local AWS")
    from duracloud.local.commands import perform  # noqa: PLC0415 (loads boto3)

    perform(name, as_json=as_json)
