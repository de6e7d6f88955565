"""Verifies a copy of the audit trail without network: `python -m tools.audit verify FOLDER`.

Exit status: 0 where everything holds, 1 where it does not, 2 where the command could not do its work (lesson L27).
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

from duracloud.audit.verify import Folder, Limits, PublicKey, Report, UsageError, proofs, verify
from runtime.contract import ManagedPrefix

_MOST_PROBLEMS: Final = 20
_HOLDS: Final = 0
_DOES_NOT_HOLD: Final = 1
_USAGE: Final = 2


def main(arguments: Sequence[str]) -> int:
    """Do what the command line says.

    Args:
        arguments: the words behind the command's name.

    Returns:
        The exit status.
    """
    asked = _parser().parse_args(arguments)
    try:
        folder = _folder(asked.folder)
        key = PublicKey.load(asked.public_key or folder.root / Path(ManagedPrefix.AUDIT_KEY).name)
        limits = Limits(since=asked.since, through=asked.through, late=asked.accept_late, kept=asked.kept)
        report = verify(folder, key, limits)
        _print(report, key, given=asked.public_key is not None)
        if report.problems:
            return _DOES_NOT_HOLD
        return _prove(folder, asked.event_id) if asked.command == "prove" else _HOLDS
    except UsageError as error:
        print(error, file=sys.stderr)
    except OSError as error:
        print(f"a file cannot be read, so nothing is proved: {error}", file=sys.stderr)
    return _USAGE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.audit", description="Verifies a copy of the audit trail.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, what in (
        ("verify", "verify a copy of the audit trail"),
        ("prove", "verify it, and show where an event stands and how the signature covers it"),
    ):
        command = commands.add_parser(name, help=what, description=what)
        command.add_argument("folder", type=Path, metavar="FOLDER", help="a copy of audit/ of the managed bucket")
        if name == "prove":
            command.add_argument("event_id", metavar="EVENT_ID", help="id of the event")
        command.add_argument(
            "--public-key", type=Path, metavar="FILE", help="the key that must have signed; else the one in the folder"
        )
        command.add_argument("--since", type=_day, metavar="DAY", help="the copy may begin with this day")
        command.add_argument("--through", type=_day, metavar="DAY", help="all days up to this one have to be signed")
        command.add_argument(
            "--kept", type=Path, metavar="FILE", help="a manifest that you kept, which has to be in the copy unchanged"
        )
        command.add_argument(
            "--accept-late", type=_day, metavar="DAY", help="days up to this one may have been signed late"
        )
    return parser


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"got {text!r}; allowed: a day such as 2026-03-01") from error


def _folder(path: Path) -> Folder:
    if not any((path / name).is_dir() for name in ("events", "manifests")):
        raise UsageError(f"{path} is not a copy of audit/: it has neither events/ nor manifests/")
    return Folder(path)


def _print(report: Report, key: PublicKey, *, given: bool) -> None:
    print(f"environment  {report.environment or 'not known'}")
    print(f"key          {key.fingerprint}" + ("" if given else " (the folder's own: compare it with KMS)"))
    print(f"signed days  {report.first} to {report.last}, manifests: {report.manifests}")
    if report.late:
        print(f"signed late  {len(report.late)}, from {report.late[0]} to {report.late[-1]}, as you accept")
    print(f"segments     {report.segments}, not yet signed {report.unsigned_segments}")
    print(f"events       {report.events}, not yet signed {report.unsigned_events}")
    for kind, outcomes in sorted(report.counts.items()):
        print(f"  {kind:<13}" + ", ".join(f"{outcome} {number}" for outcome, number in sorted(outcomes.items())))
    print(f"repeated     {report.repeated} deliveries of events that stand elsewhere with equal content")
    for problem in report.problems[:_MOST_PROBLEMS]:
        print(f"PROBLEM      {problem.text}")
    if len(report.problems) > _MOST_PROBLEMS:
        print(f"             and {len(report.problems) - _MOST_PROBLEMS} more")
    if report.problems:
        verdict = f"NOT as it was written; problems: {len(report.problems)}"
    else:
        verdict = "what is signed is complete and unchanged"
        if report.unsigned_events:
            verdict += f"; {report.unsigned_events} events are not signed yet, which proves nothing of them"
    print(f"verdict      {verdict}")


def _prove(folder: Folder, event_id: str) -> int:
    found = list(proofs(folder, event_id))
    for proof in found:
        print(f"\nevent        {proof.event.decode()}")
        print(f"stands in    {proof.key}, line {proof.line}")
        print(f"leaf         {proof.sha256}  (SHA-256 of that file)")
        for step in proof.way:
            print(f"joined with  {step.sibling.hex()}  on the {'left' if step.on_the_left else 'right'}")
        print(f"gives        {proof.root}  (merkle_root of {proof.manifest}, which is signed)")
    if not found:
        print(f"\nno signed event has the id {event_id}")
    return _HOLDS if found else _DOES_NOT_HOLD


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
