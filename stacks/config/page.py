"""Writes docs/settings.md, the page of all settings: `python -m stacks.config.page`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import attrs

from stacks.config.functions import Functions, WorkerSizing
from stacks.config.listing import DEFAULT, Setting, effective, settings, text
from stacks.config.loading import environments, load_settings

PAGE: Final = Path(__file__).parent.parent.parent / "docs" / "settings.md"
_FUNCTIONS: Final = "functions."
_INTRODUCTION: Final = """\
# Settings

<!-- Written by `python -m stacks.config.page`; edit `stacks/config/` instead. -->

Every setting has its default in `stacks/config/`. The file of an environment, `stacks/environments/<name>.toml`, says
only what differs. Tables merge key by key: a file that sets `memory_mib` of a function keeps the function's other
settings. An unknown key or a value that is not allowed fails in one line. `duracloud settings ENV` prints the settings
of an environment and where each value comes from.

Settings without a default are yours: every file must have them.
"""


def page() -> str:
    """Return the page."""
    return "\n".join((_INTRODUCTION, *_of_all(), *_of_functions(), *_of_environments()))


def _of_all() -> Iterator[str]:
    yield from _table("setting", "default", "unit", "allowed", "meaning")
    for setting in settings():
        if not setting.key.startswith(_FUNCTIONS):
            yield _row(f"`{setting.key}`", _default(setting), setting.unit, setting.allowed, setting.meaning)


def _of_functions() -> Iterator[str]:
    yield "\n## Functions\n"
    yield "Each function has a table of its own in the file: `[functions.file_uploaded]`.\n"
    yield from _table("setting", "unit", "allowed", "meaning")
    sizes = [field.name for field in attrs.fields(WorkerSizing)]
    known = {setting.key: setting for setting in settings()}
    first = attrs.fields(Functions)[0].name
    for size in sizes:
        setting = known[f"{_FUNCTIONS}{first}.{size}"]
        yield _row(f"`{size}`", setting.unit, setting.allowed, setting.meaning)
    yield ""
    yield from _table("function", *(f"`{size}`" for size in sizes))
    for function in attrs.fields(Functions):
        found = (known.get(f"{_FUNCTIONS}{function.name}.{size}") for size in sizes)
        yield _row(f"`{function.name}`", *("" if one is None else _default(one) for one in found))


def _of_environments() -> Iterator[str]:
    names = environments()
    said = {name: {one.setting.key: one for one in effective(load_settings(name))} for name in names}
    yield "\n## What the environments change\n"
    yield from _table("setting", DEFAULT, *names)
    for setting in settings():
        found = [said[name][setting.key] for name in names]
        if setting.default is not None and any(one.source != DEFAULT for one in found):
            values = ("" if one.source == DEFAULT else f"`{text(one.value)}`" for one in found)
            yield _row(f"`{setting.key}`", _default(setting), *values)
    yield ""


def _default(setting: Setting) -> str:
    return "" if setting.default is None else f"`{text(setting.default)}`"


def _table(*headings: str) -> Iterator[str]:
    yield _row(*headings)
    yield _row(*("---" for _ in headings))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
