import ast
import graphlib
import sys
from collections.abc import Mapping

import pytest

from runtime.settings import FUNCTIONS
from tests.architecture.source import Module, modules, modules_in, within

AWS = ("boto3", "botocore", "s3transfer")
POWERTOOLS = "aws_lambda_powertools"
# What brings in the clock, chance, the machine or a log.
IMPURE = (
    "os",
    "time",
    "random",
    "secrets",
    "uuid",
    "logging",
    "socket",
    "subprocess",
    "threading",
    "asyncio",
    "pathlib",
)
OWN = ("runtime", "stacks", "duracloud", "benchmarks", "tests")


def _breaches(found: list[Module], *forbidden: str, but: tuple[str, ...] = ()) -> dict[str, list[str]]:
    kept = {
        module.path: [name for name in module.imports_from(*forbidden) if not any(within(name, one) for one in but)]
        for module in found
    }
    return {path: names for path, names in kept.items() if names}


def test_runtime_knows_nothing_of_infrastructure() -> None:
    """Lambda code imports neither the stacks nor CDK, nor what is only here for development."""
    forbidden = ("stacks", "aws_cdk", "constructs", "cdk_nag", "duracloud", "benchmarks", "tests")

    assert {} == _breaches(modules_in("runtime/"), *forbidden)


def test_infrastructure_imports_only_names_and_settings_of_the_runtime() -> None:
    """Stacks know the names that both sides share, what each function reads and what is counted, and nothing else."""
    shared = ("runtime.contract", "runtime.counts", "runtime.settings")

    assert {} == _breaches(modules_in("stacks/", "app.py"), "runtime", but=shared)


def test_infrastructure_calls_no_aws_at_synthesis() -> None:
    """Synthesis needs no credentials and no network."""
    assert {} == _breaches(modules_in("stacks/", "app.py"), *AWS, "urllib", "http", "requests", "socket")


def test_app_reads_no_environment() -> None:
    """The app is the same whatever the shell's variables are."""
    assert {} == _breaches(modules_in("app.py"), "os")


def test_what_both_sides_share_is_standard_library_only() -> None:
    """Both sides can import the shared names, and the table of counts, without loading anything."""
    [contract, counts] = modules_in("runtime/contract.py", "runtime/counts.py")

    assert {name.split(".")[0] for name in contract.imports} <= sys.stdlib_module_names
    of_counts = counts.imports - set(counts.imports_from("runtime.contract"))
    assert {name.split(".")[0] for name in of_counts} <= sys.stdlib_module_names


# What a feature may use of the runtime beside names, counts, settings and `runtime.shared`: only what lies below it.
FEATURES = {
    "shared": (),
    "fixity": (),
    "alerts": ("fixity",),
    "audit": ("fixity",),
    "bucket_runs": (),
    "export": (),
    "provisioning": ("audit", "fixity"),
    "sweep": ("bucket_runs", "fixity"),
    "report": ("audit", "bucket_runs", "fixity"),
}
BELOW_ALL = ("runtime.contract", "runtime.counts", "runtime.settings", "runtime.shared")


def _feature(name: str) -> list[Module]:
    return modules_in(f"runtime/{name}/")


def test_every_folder_of_the_runtime_has_its_place() -> None:
    """A new feature is named in the table of who may use whom."""
    folders = {module.path.split("/")[1] for module in modules_in("runtime/") if module.path.count("/") > 1}

    assert {*FEATURES, "adapters", "events", "handlers"} == folders


@pytest.mark.parametrize("feature", FEATURES)
def test_features_are_pure(feature: str) -> None:
    """Decisions and verbs touch no service, clock, chance, log or file; settings are handed to them."""
    # A version 5 UUID is a digest of a name; it is the others that need the clock or chance.
    assert {} == _breaches(_feature(feature), *AWS, POWERTOOLS, *IMPURE, but=("uuid.UUID", "uuid.uuid5"))


@pytest.mark.parametrize("feature", FEATURES)
def test_features_use_only_what_lies_below_them(feature: str) -> None:
    """Features know one another in one direction, and neither adapters nor handlers."""
    below = tuple(f"runtime.{name}" for name in (feature, *FEATURES[feature]))

    assert {} == _breaches(_feature(feature), *OWN, but=(*BELOW_ALL, *below))


@pytest.mark.parametrize("feature", FEATURES)
def test_features_do_not_ask_for_the_time(feature: str) -> None:
    """Time enters as an argument, or through the port of the clock."""
    asking = [
        f"{module.path}:{node.lineno}"
        for module in _feature(feature)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute)
        and node.attr in {"now", "utcnow", "today"}
        and isinstance(node.value, ast.Name)
        and node.value.id in {"datetime", "date"}
    ]

    assert [] == asking


def test_there_is_no_circle_of_imports() -> None:
    """A module can be read, tested and moved without those that use it."""
    paths = {module.path.removesuffix(".py").replace("/", "."): module for module in modules()}
    uses = {
        name: {found for found in (_module_of(used, paths) for used in module.imports) if found and found != name}
        for name, module in paths.items()
    }

    graphlib.TopologicalSorter(uses).prepare()


def _module_of(name: str, known: Mapping[str, Module]) -> str | None:
    return next((found for found in (name, name.rpartition(".")[0]) if found in known), None)


def test_adapters_know_only_features() -> None:
    """An adapter serves any use case, and knows no handler."""
    allowed = (*(f"runtime.{name}" for name in FEATURES), "runtime.contract", "runtime.adapters", "runtime.__version__")

    assert {} == _breaches(modules_in("runtime/adapters/"), *OWN, POWERTOOLS, but=allowed)


def test_only_adapters_import_boto3() -> None:
    """Every exception of AWS is translated in one layer."""
    others = [module for module in modules_in("runtime/") if not module.path.startswith("runtime/adapters/")]

    assert {} == _breaches(others, *AWS)


def test_only_the_adapter_of_the_page_imports_jinja2_and_only_when_it_writes_one() -> None:
    """What a page says is decided without it, and no cold start waits for its import."""
    [adapter] = modules_in("runtime/adapters/jinja_page.py")
    at_the_top = {node.module for node in adapter.tree.body if isinstance(node, ast.ImportFrom)}

    assert {adapter.path} == {module.path for module in modules() if module.imports_from("jinja2", "markupsafe")}
    assert set() == {"jinja2", "markupsafe"} & at_the_top


def test_handlers_build_nothing() -> None:
    """A handler gets its adapters from the composition root."""
    assert {} == _breaches(modules_in("runtime/handlers/", "runtime/events/"), "runtime.adapters", *AWS, "os")


def test_only_handlers_and_observability_import_powertools() -> None:
    """Batches and events belong to handlers; the log and the metrics to one module."""
    others = [
        module
        for module in modules_in("runtime/")
        if not module.path.startswith(("runtime/handlers/", "runtime/events/"))
        and module.path != "runtime/observability.py"
    ]

    assert {} == _breaches(others, POWERTOOLS)
    assert {} == _breaches(
        modules_in("runtime/handlers/", "runtime/events/"),
        f"{POWERTOOLS}.Logger",
        f"{POWERTOOLS}.Metrics",
        f"{POWERTOOLS}.Tracer",
        f"{POWERTOOLS}.metrics",
        f"{POWERTOOLS}.logging",
    )


def test_only_settings_read_environment_variables() -> None:
    """One module of the runtime knows the process's environment."""
    readers = [module.path for module in modules_in("runtime/") if module.imports_from("os")]

    assert ["runtime/environment.py"] == readers


def test_adapters_are_loaded_by_the_function_that_needs_them() -> None:
    """The composition root imports no adapter at its top, so that a function loads no client it does not use."""
    [bootstrap] = modules_in("runtime/bootstrap.py")
    at_the_top = [node for node in bootstrap.tree.body if isinstance(node, ast.ImportFrom)]

    assert [] == [node.module for node in at_the_top if node.module and node.module.startswith("runtime.adapters")]


def test_only_one_module_imports_cdk_nag() -> None:
    """Constructs say what they accept; one module hands it to cdk-nag."""
    assert {"stacks/nag.py"} >= {module.path for module in modules() if module.imports_from("cdk_nag")}


def test_functions_are_made_in_one_place() -> None:
    """No function escapes the construct that gives it a role, a log group and limits."""
    makers = {
        module.path
        for module in modules_in("stacks/")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"Function", "CfnFunction", "DockerImageFunction", "SingletonFunction"}
    }

    assert {"stacks/constructs/runtime_function.py"} >= makers


def test_the_verifier_of_the_audit_trail_is_offline() -> None:
    """It needs files and a public key: no service, no network, nothing of the project but the formats."""
    found = modules_in("duracloud/audit/")

    assert {} == _breaches(found, *AWS, "urllib", "http", "requests", "socket", "subprocess", "os")
    assert {} == _breaches(
        found,
        *OWN,
        but=(
            "runtime.audit",
            "runtime.shared",
            "runtime.contract",
            "duracloud.audit",
            "duracloud.errors",
            "duracloud.project",
        ),
    )


def test_naming_and_configuration_need_no_cdk() -> None:
    """Names and settings are plain values that anything can check."""
    assert {} == _breaches(modules_in("stacks/naming.py", "stacks/config/"), "aws_cdk", "constructs", "jsii")


def test_lower_layers_never_learn_of_higher_ones() -> None:
    """Base, Storage, Integrity and Monitoring follow one another in one direction, and constructs know none of them."""
    layers = ["base", "storage", "integrity", "monitoring"]
    for number, layer in enumerate(layers):
        higher = [f"stacks.{name}_stack" for name in layers[number:]] + ["stacks.assembly"]
        assert {} == _breaches(modules_in(f"stacks/{layer}_stack.py"), *higher)
    every = [f"stacks.{name}_stack" for name in layers] + ["stacks.assembly"]
    assert {} == _breaches(modules_in("stacks/constructs/"), *every)


def test_stacks_only_compose() -> None:
    """A stack creates our constructs, never a resource of CDK's own."""
    created = [
        f"{module.path}:{node.lineno} {node.func.value.id}.{node.func.attr}"
        for module in modules_in("stacks/")
        if module.path.endswith("_stack.py")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in _cdk_names(module)
        and node.func.attr[0].isupper()
    ]

    assert [] == created


def _cdk_names(module: Module) -> set[str]:
    return {
        alias.asname or alias.name
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom) and node.module == "aws_cdk"
        for alias in node.names
        if alias.name.startswith("aws_")
    }


def test_every_function_has_its_handler() -> None:
    """The folder of handlers is the list of functions: each module has a `handler` that Lambda calls."""
    entry_points = {
        module.path: [argument.arg for argument in node.args.args]
        for module in modules_in("runtime/handlers/")
        for node in module.tree.body
        if isinstance(node, ast.FunctionDef) and node.name == "handler"
    }
    expected = {f"runtime/handlers/{name.replace('-', '_')}.py": ["event", "context"] for name in FUNCTIONS}

    assert expected == entry_points
    assert {*expected, "runtime/handlers/__init__.py"} == {module.path for module in modules_in("runtime/handlers/")}


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.path)
def test_own_constructs_are_imported_absolutely(module: Module) -> None:
    """CDK's own top-level package is called constructs too, and only its base classes come from there."""
    assert set(module.imports_from("constructs")) <= {
        "constructs.Construct",
        "constructs.IConstruct",
        "constructs.Node",
    }
