"""Packs the offline verifier into one file that an auditor can keep: `duracloud audit pack`.

The file holds the modules of this project that the verifier imports, and attrs, which is pure Python. It needs Python
and cryptography, whose compiled parts cannot be imported from an archive. The same sources give the same bytes on every
machine: nothing is compressed, names are sorted, times are fixed.
"""

import ast
import hashlib
import sys
import zipfile
from collections.abc import Iterator
from importlib.metadata import files
from pathlib import Path
from typing import Final

from duracloud.project import ROOT

NEEDED: Final = "cryptography"
_ENTRY: Final = "duracloud.audit.command"
_OWN: Final = ("duracloud", "runtime")
_PACKED: Final = "attrs"
_MAIN: Final = f"""\
import sys

from {_ENTRY} import main

sys.exit(main(sys.argv[1:]))
"""
# The earliest moment that a zip archive can name.
_MOMENT: Final = (1980, 1, 1, 0, 0, 0)
_READABLE: Final = 0o644 << 16


def pack(target: Path) -> str:
    """Write the verifier as one file, `python FILE verify FOLDER`, and return its SHA-256."""
    with target.open("wb") as file:
        # A shell runs the file with this interpreter.
        file.write(b"#!/usr/bin/env python3\n")
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            for name, content in sorted(_contents()):
                entry = zipfile.ZipInfo(name, _MOMENT)
                entry.external_attr = _READABLE
                entry.create_system = 3
                archive.writestr(entry, content)
    target.chmod(0o755)
    return hashlib.sha256(target.read_bytes()).hexdigest()


def _contents() -> Iterator[tuple[str, bytes]]:
    yield "__main__.py", _MAIN.encode()
    for path in _modules():
        yield path.relative_to(ROOT).as_posix(), path.read_bytes()
    for file in files(_PACKED) or ():
        if file.suffix == ".py" or file.name == "LICENSE":
            yield file.as_posix(), file.read_binary()


def _modules() -> set[Path]:
    """Return the project's modules that the verifier imports, and those that they import.

    Raises:
        RuntimeError: one of them imports what the file neither holds nor may need.
    """
    found: set[Path] = set()
    waiting = [_ENTRY]
    while waiting:
        path = _path(waiting.pop())
        for module in {path, *(parent / "__init__.py" for parent in path.parents if ROOT in parent.parents)} - found:
            found.add(module)
            waiting += list(_imports(module))
    return found


def _imports(path: Path) -> Iterator[str]:
    for node in _executed(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            submodules = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [str(node.module), *(name for name in submodules if _path(name).exists())]
        else:
            continue
        for name in names:
            top = name.partition(".")[0]
            if top in _OWN:
                yield name
            elif top not in {*sys.stdlib_module_names, _PACKED, "attr", NEEDED}:
                raise RuntimeError(f"{path} imports {name}, which the packed verifier does not have")


def _executed(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what is executed when a module is imported: not the bodies of functions."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.Lambda):
            yield child
            yield from _executed(child)


def _path(name: str) -> Path:
    path = ROOT.joinpath(*name.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
