"""Verifies a copy of the audit trail without network: `duracloud audit verify FOLDER`, or the packed file.

Exit status: 0 if everything holds, 1 if it does not, 2 if the command could not do its work (lesson L27).
This module and what it imports need the standard library, attrs and cryptography only (see `pack`).
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import attrs

from duracloud.audit.verify import Folder, Limits, Proof, PublicKey, Report, proofs, verify
from duracloud.errors import UsageError
from runtime.contract import ManagedPrefix
from runtime.shared.wording import visible

_MOST_PROBLEMS: Final = 20
_HOLDS: Final = 0
_DOES_NOT_HOLD: Final = 1


def main(arguments: Sequence[str]) -> int:
    """Do what the command line says and return the exit status."""
    asked = _parser().parse_args(arguments)
    limits = Limits(since=asked.since, through=asked.through, late=asked.accept_late, kept=asked.kept)
    event_id = getattr(asked, "event_id", None)
    try:
        return answer(asked.folder, limits, public_key=asked.public_key, event_id=event_id, as_json=asked.json)
    except UsageError as error:
        print(error, file=sys.stderr)
        return error.status


def answer(  # noqa: PLR0913 (one parameter for each option)
    path: Path,
    limits: Limits,
    *,
    public_key: Path | None = None,
    event_id: str | None = None,
    as_json: bool = False,
    watch: Callable[[Sequence[date]], Iterable[date]] = iter,
) -> int:
    """Verify a copy, print what was found, and return the exit status.

    Without `public_key` the key in the folder must have signed. `event_id` names an event to prove. `watch` gets the
    signed days and yields each when it is verified.

    Raises:
        UsageError: the folder, the key or a file cannot be read.
    """
    try:
        folder = _folder(path)
        key = PublicKey.load(public_key or path / Path(ManagedPrefix.AUDIT_KEY).name)
        report = verify(folder, key, limits, watch)
        wanted = event_id is not None and not report.problems
        found = list(proofs(folder, str(event_id))) if wanted else []
    except OSError as error:
        raise UsageError(f"a file cannot be read, so nothing is proved: {error}") from error
    status = _DOES_NOT_HOLD if report.problems or (wanted and not found) else _HOLDS
    given = public_key is not None
    if as_json:
        print(json.dumps(_as_json(report, key, found, given=given), indent=2))
        return status
    # Names and values of a tampered trail can hold escape sequences.
    for line in _lines(report, key, given=given):
        print(visible(line))
    if wanted:
        for proof in found:
            print("", *map(visible, _lines_of_proof(proof)), sep="\n")
        if not found:
            print(f"\nno signed event has the id {event_id}")
    return status


def day(text: str) -> date:
    """Return the day that somebody typed.

    Raises:
        UsageError: it is none.
    """
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"got {text!r}; allowed: a day such as 2026-03-01") from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Verifies a copy of the audit trail.")
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
        command.add_argument("--json", action="store_true", help="print JSON")
    return parser


def _day(text: str) -> date:
    try:
        return day(text)
    except UsageError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _folder(path: Path) -> Folder:
    if not any((path / name).is_dir() for name in ("events", "manifests")):
        raise UsageError(f"{path} is not a copy of audit/: it has neither events/ nor manifests/")
    return Folder(path)


def _as_json(report: Report, key: PublicKey, found: Sequence[Proof], *, given: bool) -> dict[str, Any]:
    values = attrs.asdict(report, recurse=False)
    return {
        **values,
        "first": report.first and report.first.isoformat(),
        "last": report.last and report.last.isoformat(),
        "late": [late.isoformat() for late in report.late],
        "problems": [problem.text for problem in report.problems],
        "key": key.fingerprint,
        "key_given": given,
        "proofs": [
            {
                "event": json.loads(proof.event),
                "segment": proof.key,
                "line": proof.line,
                "leaf": proof.sha256,
                "path": [{"sibling": step.sibling.hex(), "left": step.on_the_left} for step in proof.way],
                "merkle_root": proof.root,
                "manifest": proof.manifest,
            }
            for proof in found
        ],
        "holds": not report.problems,
    }


def _lines(report: Report, key: PublicKey, *, given: bool) -> Iterator[str]:
    yield f"environment  {report.environment or 'not known'}"
    yield f"key          {key.fingerprint}" + ("" if given else " (the folder's own: compare it with KMS)")
    days = f"{report.first} to {report.last}" if report.manifests else "none"
    yield f"signed days  {days}, manifests: {report.manifests}"
    if report.late:
        yield f"signed late  {len(report.late)}, from {report.late[0]} to {report.late[-1]}, as you accept"
    yield f"segments     {report.segments}, not yet signed {report.unsigned_segments}"
    yield f"events       {report.events}, not yet signed {report.unsigned_events}"
    for kind, outcomes in sorted(report.counts.items()):
        yield f"  {kind:<13}" + ", ".join(f"{outcome} {number}" for outcome, number in sorted(outcomes.items()))
    yield f"repeated     {report.repeated} deliveries of events that stand elsewhere with equal content"
    yield from (f"PROBLEM      {problem.text}" for problem in report.problems[:_MOST_PROBLEMS])
    if len(report.problems) > _MOST_PROBLEMS:
        yield f"             and {len(report.problems) - _MOST_PROBLEMS} more"
    if report.problems:
        yield f"verdict      NOT as it was written; problems: {len(report.problems)}"
    elif report.unsigned_events:
        unsigned = f"{report.unsigned_events} events are not signed yet, which proves nothing of them"
        yield f"verdict      what is signed is complete and unchanged; {unsigned}"
    else:
        yield "verdict      what is signed is complete and unchanged"


def _lines_of_proof(proof: Proof) -> Iterator[str]:
    yield f"event        {proof.event.decode()}"
    yield f"stands in    {proof.key}, line {proof.line}"
    yield f"leaf         {proof.sha256}  (SHA-256 of that file)"
    for step in proof.way:
        yield f"joined with  {step.sibling.hex()}  on the {'left' if step.on_the_left else 'right'}"
    yield f"gives        {proof.root}  (merkle_root of {proof.manifest}, which is signed)"
