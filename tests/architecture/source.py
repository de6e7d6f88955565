"""The project's modules as syntax trees, for tests of who may import what."""

import ast
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
        """Return the imports that are one of the packages or lie in one."""
        return sorted(name for name in self.imports if any(within(name, package) for package in packages))


def within(name: str, package: str) -> bool:
    """Tell whether a dotted name is that of a package or of something in it."""
    return name == package or name.startswith(f"{package}.")


@cache
def modules() -> tuple[Module, ...]:
    """Return all modules of the project but the tests."""
    paths = [ROOT / "app.py"] + [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    return tuple(Module(path.relative_to(ROOT).as_posix(), ast.parse(path.read_text("utf-8"))) for path in paths)


def attributes_of(name: str, tree: ast.AST) -> set[str]:
    """Return the attributes of a name that code reads, such as `A` where it says `Metric.A`."""
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == name
    }


def modules_in(*prefixes: str) -> list[Module]:
    """Return the modules whose path begins with one of the prefixes."""
    return [module for module in modules() if module.path.startswith(prefixes)]
