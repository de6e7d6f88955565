"""Options that several verbs have, and what they mean."""

from typing import TYPE_CHECKING, Annotated, Final

import typer

from duracloud.errors import UsageError

if TYPE_CHECKING:
    from stacks.config import Settings

LOCAL: Final = "local"


def environments(incomplete: str = "") -> list[str]:
    """Return the names of the environments that begin with what was typed, for the shell's completion."""
    from stacks.config import environments as found  # noqa: PLC0415 (needed by verbs that ask for it)

    return [name for name in found() if name.startswith(incomplete)]


def settings_of(name: str) -> "Settings":
    """Return the settings of an environment.

    Raises:
        UsageError: there is no such environment, or its file is not right.
    """
    from stacks.config import ConfigurationError, load_settings  # noqa: PLC0415 (needed by verbs that ask for it)

    try:
        return load_settings(name)
    except ConfigurationError as error:
        raise UsageError(str(error).replace("-c env=", "")) from error


Env = Annotated[str, typer.Option("--env", metavar="ENV", help="The environment.", autocompletion=environments)]
LocalEnv = Annotated[str, typer.Option("--env", metavar="ENV", help="The environment; only 'local' runs here.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
