"""Commands in documents exist, with the options that the documents give them."""

import re
from collections.abc import Iterator
from typing import Any

import typer

from duracloud.cli.main import _app
from tests.architecture.source import ROOT
from tests.architecture.test_docs import PAGES

CODE = re.compile(r"^```.*?\n(.*?)^```|`([^`\n]+)`", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"(?:^|[\s/])duracloud ([a-z].*)")
MAKE = re.compile(r"(?:^|\s)make ([a-z]+)")
APP: Any = typer.main.get_command(_app())


def _lines() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for code in CODE.finditer(page.read_text("utf-8")):
            for line in (code[1] or code[2]).splitlines():
                yield page.relative_to(ROOT).as_posix(), line


def _unknown(words: list[str]) -> list[str]:
    command = APP
    while words and hasattr(command, "commands"):
        name = words.pop(0)
        if name not in command.commands:
            return [name]
        command = command.commands[name]
    options = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    return [word for word in words if word.startswith("--") and word not in options]


def test_every_verb_and_option_exists() -> None:
    """Who types what a document says is understood."""
    found = [
        f"{page}: {line.strip()}: {', '.join(wrong)}"
        for page, line in _lines()
        for command in COMMAND.finditer(line)
        if (wrong := _unknown(command[1].split()))
    ]

    assert [] == found


def test_every_word_of_make_exists() -> None:
    """The Makefile knows each word that documents name."""
    rules = re.findall(r"^([a-z ]+):(?!=)", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    known = {word for rule in rules for word in rule.split()}

    assert [] == [f"{page}: {line}" for page, line in _lines() for word in MAKE.findall(line) if word not in known]
