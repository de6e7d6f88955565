"""Documents lead where they say, and have the shape that readers rely on."""

import re
from collections.abc import Iterator
from pathlib import Path

from runtime.fixity.failures import DISPUTED
from runtime.shared.wording import FAILURES
from tests.architecture.source import ROOT
from tests.support.markdown import anchors_in, without_code

PAGES = (
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    ROOT / "benchmarks" / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
)
RECORDS = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
LINK = re.compile(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"")


def _broken(page: Path) -> Iterator[str]:
    for link in LINK.finditer(without_code(page.read_text("utf-8"))):
        address, _, anchor = (link[1] or link[2]).partition("#")
        if address.startswith(("https://", "http://")):
            continue
        target = page.parent / address if address else page
        if not target.exists() or (anchor and anchor not in anchors_in(target.read_text("utf-8"))):
            yield f"{page.relative_to(ROOT)}: {link[1] or link[2]}"


def test_every_link_leads_somewhere() -> None:
    """The file of each link exists, and the heading in it."""
    assert [] == [link for page in PAGES for link in _broken(page)]


def test_every_document_is_in_the_index() -> None:
    """Whoever opens docs/ finds every document."""
    docs = ROOT / "docs"
    linked = set(re.findall(r"\]\(([^)#\s]+)\)", (docs / "README.md").read_text("utf-8")))
    found = {page.relative_to(docs).as_posix() for page in docs.rglob("*.md") if page not in RECORDS}

    assert found - {"README.md"} <= linked


def test_the_readme_is_short() -> None:
    """A newcomer reads it to its end."""
    lines = (ROOT / "README.md").read_text("utf-8").splitlines()

    assert len(lines) <= 110
    assert "## Documents" == next(line for line in lines if line.startswith("## "))


def test_the_glossary_is_short() -> None:
    """At most 30 terms, in alphabetical order."""
    terms = re.findall(r"^\| (?!term )([^|]+?) \|", (ROOT / "docs" / "glossary.md").read_text("utf-8"), re.MULTILINE)

    assert 0 < len(terms) <= 30
    assert sorted(terms) == terms


def test_l57_one_sentence_says_that_a_depositors_digest_differs() -> None:
    """Guide, runbook and the auditor's page say it as e-mail and report do."""
    for page in ("depositor/guide.md", "operator/runbook.md", "auditor/report.md"):
        text = " ".join((ROOT / "docs" / page).read_text("utf-8").split()).casefold()
        assert FAILURES[DISPUTED].meaning.casefold() in text, page


def test_decisions_have_one_shape_and_are_in_the_index() -> None:
    """Each record has number, date, status, context, decision and consequences; the index repeats the first three."""
    index = (ROOT / "docs" / "adr" / "README.md").read_text("utf-8")
    rows = []
    for record in RECORDS:
        text = record.read_text("utf-8")
        head = re.match(r"# (\d+)\. (.+)\n\nDate: (\d{4}-\d\d-\d\d) · Status: (.+)\n", text)
        assert head is not None, record.name
        assert int(record.name[:4]) == int(head[1])
        assert ["Context", "Decision", "Consequences"] == re.findall(r"^## (.+)$", text, re.MULTILINE), record.name
        rows.append(f"| [{head[1]}. {head[2]}]({record.name}) | {head[3]} | {head[4]} |")

    assert rows == re.findall(r"^\| \[\d.*$", index, re.MULTILINE)
