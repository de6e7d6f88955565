"""Verbs of the audit trail: audit verify, prove, pack."""

from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer

from duracloud.cli.options import AsJson
from duracloud.progress import counted

_FILE: Final = Path("duracloud-audit.pyz")
Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="A copy of audit/ of the managed bucket.")]
Key = Annotated[
    Path | None,
    typer.Option("--public-key", metavar="FILE", help="The key that must have signed; else the one in the folder."),
]
Since = Annotated[str | None, typer.Option(metavar="DAY", help="The copy may begin with this day.")]
Through = Annotated[str | None, typer.Option(metavar="DAY", help="All days up to this one have to be signed.")]
Kept = Annotated[
    Path | None, typer.Option(metavar="FILE", help="A manifest that you kept; it has to be in the copy unchanged.")
]
Late = Annotated[str | None, typer.Option(metavar="DAY", help="Days up to this one may have been signed late.")]


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command(epilog="Example: duracloud audit verify audit/ --public-key key.pem")(verify)
    app.command(epilog="Example: duracloud audit prove audit/ 4a1f0a3e-5d0c-5a57-9d3c-0c7f3f1f8c11")(prove)
    app.command(epilog="Example: duracloud audit pack --output verifier.pyz")(pack)


def verify(
    folder: Folder,
    public_key: Key = None,
    since: Since = None,
    through: Through = None,
    kept: Kept = None,
    accept_late: Late = None,
    as_json: AsJson = False,
) -> int:
    """Verify without network that a copy of the audit trail is complete, unchanged and signed.

    The exit status is 0 if it is, 1 if it is not, 2 if the command could not do its work.
    """
    return _answer(folder, public_key, since, through, kept, accept_late, as_json=as_json)


def prove(
    folder: Folder,
    event_id: Annotated[str, typer.Argument(metavar="EVENT_ID", help="Id of the event.")],
    public_key: Key = None,
    since: Since = None,
    through: Through = None,
    kept: Kept = None,
    accept_late: Late = None,
    as_json: AsJson = False,
) -> int:
    """Verify a copy, and show where an event stands and how the signature covers it."""
    return _answer(folder, public_key, since, through, kept, accept_late, as_json=as_json, event_id=event_id)


def pack(output: Annotated[Path, typer.Option("--output", metavar="FILE", help="The file to write.")] = _FILE) -> None:
    """Write the verifier as one file that an auditor can keep.

    It needs Python 3.11 or newer and the package cryptography, nothing of this project and no network.
    """
    from duracloud.audit.pack import NEEDED, pack  # noqa: PLC0415 (only this verb needs it)

    digest = pack(output)
    print(f"{output}: needs Python 3.11 or newer and {NEEDED}\nSHA-256 {digest}")


def _answer(
    folder: Path,
    public_key: Path | None,
    since: str | None,
    through: str | None,
    kept: Path | None,
    late: str | None,
    *,
    as_json: bool,
    event_id: str | None = None,
) -> int:
    from duracloud.audit.command import answer, day  # noqa: PLC0415 (loads cryptography)
    from duracloud.audit.verify import Limits  # noqa: PLC0415 (loads cryptography)

    days = {name: day(text) for name, text in {"since": since, "through": through, "late": late}.items() if text}
    limits = Limits(**days, kept=kept)
    watch = partial(counted, "verifying signed days")
    return answer(folder, limits, public_key=public_key, event_id=event_id, as_json=as_json, watch=watch)
