"""The project's modules as syntax trees, for tests of who may import what."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import attrs

ROOT = Path(__file__).parent.parent.parent
PACKAGES = ("runtime", "stacks", "duracloud", "benchmarks")


@attrs.frozen
class Module:
    """A module of the project: its path from the root, with `/`, and its syntax tree."""

    path: str
    tree: ast.Module = attrs.field(eq=False, repr=False)

    @property
    def imports(self) -> frozenset[str]:
        """Dotted names of all modules and names imported, wherever in the module."""
        found: set[str] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{self.path} imports relatively"
                found |= {f"{node.module}.{alias.name}" for alias in node.names}
        return frozenset(found)

    def imports_from(self, *packages: str) -> list[str]:
        return sorted(name for name in self.imports if any(_within(name, package) for package in packages))


def _within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


@cache
def modules() -> tuple[Module, ...]:
    """Return all modules of the project but the tests."""
    return tuple(_read())


def _read() -> Iterator[Module]:
    paths = [ROOT / "app.py"] + [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    for path in paths:
        if path.exists():
            yield Module(path.relative_to(ROOT).as_posix(), ast.parse(path.read_text("utf-8")))


def modules_in(*prefixes: str) -> list[Module]:
    """Return the modules whose path begins with one of the prefixes."""
    return [module for module in modules() if module.path.startswith(prefixes)]
