import ast
from collections import defaultdict

import pytest

from runtime import contract
from runtime.counts import COUNTS
from tests.architecture.source import ROOT, Module, modules, modules_in

# Bodies of fewer nodes are too plain to count as copies.
SMALLEST_COPY = 60


@pytest.mark.parametrize(("folder", "limit"), [("runtime/", 300), ("stacks/", 300), ("runtime/handlers/", 60)])
def test_a_file_has_one_reason_to_exist(folder: str, limit: int) -> None:
    """A file that grows beyond a few screens has got a second reason; a handler only parses, calls and answers."""
    lengths = {module.path: len((ROOT / module.path).read_text("utf-8").splitlines()) for module in modules_in(folder)}

    assert {} == {path: length for path, length in lengths.items() if length > limit}


@pytest.mark.parametrize("module", [m for m in modules() if m.tree.body], ids=lambda module: module.path)
def test_first_line_says_why_the_file_exists(module: Module) -> None:
    """Every module begins with its docstring."""
    first = module.tree.body[0]

    assert isinstance(first, ast.Expr)
    assert isinstance(first.value, ast.Constant)
    assert isinstance(first.value.value, str)
    assert 1 == first.lineno
    assert first.value.value.splitlines()[0].strip()


def test_no_function_is_written_twice() -> None:
    """What two places need is imported, not copied."""
    copies: dict[str, list[str]] = defaultdict(list)
    for module in modules():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef) and sum(1 for _ in ast.walk(node)) >= SMALLEST_COPY:
                body = [item for item in node.body if not _is_docstring(item)]
                copies["\n".join(map(ast.dump, body))].append(f"{module.path}:{node.name}")

    assert [] == [places for places in copies.values() if len(places) > 1]


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _values(names: type) -> set[str]:
    return {value for name, value in vars(names).items() if name.isupper()}


def test_l33_shared_names_are_written_in_the_contract_only() -> None:
    """Metrics and table attributes are never spelt a second time.

    The metric of a count and its alarm are named in the table of counts only.
    """
    shared = _values(contract.Metric) | _values(contract.Attribute)
    # Words that AWS's own parameters and answers use too.
    shared -= {contract.Attribute.VERSION_ID, contract.Attribute.SIZE, contract.Attribute.ETAG, contract.Attribute.TTL}
    shared -= {contract.Attribute.CHECKSUM_ALGORITHM}
    counts = {counted.metric for counted in COUNTS.values()} - _values(contract.Metric) - {""}
    counts |= {counted.alarm.name for counted in COUNTS.values() if counted.alarm}
    again = [
        f"{module.path}:{node.lineno} {node.value}"
        for module in modules_in("runtime/", "stacks/", "app.py")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if (node.value in shared and module.path != "runtime/contract.py")
        or (node.value in counts and module.path != "runtime/counts.py")
    ]

    assert [] == again


def test_moments_are_written_by_one_function() -> None:
    """Every moment in every file and message has one form; days, which have no time, write themselves."""
    writers = [
        f"{module.path}:{node.lineno}"
        for module in modules_in("runtime/")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "isoformat"
        and not _is_a_day(node.func.value)
    ]

    assert [] == [place for place in writers if not place.startswith("runtime/shared/timestamps.py")]


def _is_a_day(node: ast.expr) -> bool:
    called = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "date"
    return called or ast.unparse(node).split(".")[-1] == "day"
