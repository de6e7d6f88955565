"""The end of the demonstration: what an auditor gets to see, the report in words and the audit trail verified."""

import json
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

from duracloud.audit.command import main as audit
from duracloud.local.aws import LocalError
from duracloud.local.console import say, show
from duracloud.local.service import Service
from duracloud.local.watching import eventually, expect
from duracloud.progress import working
from runtime.shared.timestamps import timestamp

_LATEST: Final = "reports/LATEST/"
_WORDS: Final = frozenset({"h1", "h2", "p", "li"})
_LINES: Final = 14


def show_report(service: Service) -> None:
    """Ask for a report of all buckets and print the words at the head of its page.

    Raises:
        LocalError: it did not come.
    """
    moment = service.start("reports")
    with working("waiting for the report"):
        files = eventually(
            lambda: service.managed_files(_LATEST),
            lambda found: _started(found) == timestamp(moment, "auto"),
            what="the report",
        )
        service.drained("reports")
    managed = service.parameters["storage/managed-bucket"]
    say(f"It is one page, and for each bucket a list of every object, in {managed}:")
    for key in sorted(files):
        say(f"   {key}")
    print()
    lines = words_of(files[f"{_LATEST}index.html"].decode())
    if not lines:
        raise LocalError("the page of the report has no words before its first table")
    show("\n".join(lines[:_LINES]))


def verify_trail(service: Service, folder: Path) -> None:
    """Sign all days, copy the trail and verify the copy, as an auditor does without the service.

    Raises:
        LocalError: it does not hold.
    """
    # A day is signed in the night after it.
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    answer = service.lambda_.invoke(
        FunctionName=service.functions["audit-manifest"], Payload=json.dumps({"time": tomorrow}).encode()
    )
    expect("an error of the function that signs", answer.get("FunctionError"), None)
    for key, body in service.managed_files("audit/").items():
        file = folder / key.removeprefix("audit/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(body)
    say("duracloud audit verify, on a copy and without network:")
    print(flush=True)
    if audit(["verify", str(folder)]):
        raise LocalError("the audit trail does not hold")


def words_of(page: str) -> list[str]:
    """Return the headings and sentences of a page up to its first table, a line each."""
    parser = _Words()
    parser.feed(page)
    return [" ".join(line.split()) for line in parser.lines if line.strip()]


def _started(files: dict[str, bytes]) -> str:
    document = json.loads(files.get(f"{_LATEST}report.json", b"{}"))
    return str(document.get("started", ""))


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._inside = False
        self._ended = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self._ended = self._ended or tag == "table"
        if tag in _WORDS and not self._ended:
            self._inside = True
            self.lines.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in _WORDS:
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside and not self._ended:
            self.lines[-1] += data
