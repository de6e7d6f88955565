"""Whatever lists reads all pages."""

import ast
import re
from collections.abc import Iterator

from botocore.session import get_session

from tests.architecture.source import Module, modules_in

# The services whose lists the project reads.
SERVICES = ("cloudformation", "cloudwatch", "dynamodb", "lambda", "logs", "s3", "sqs", "ssm")
# These read one page at a time, and hand on where the next one begins; contract tests read more than a page.
BY_HAND = {
    ("runtime/adapters/dynamodb_export.py", "list_exports"),
    ("runtime/adapters/dynamodb_pages.py", "query"),
    ("runtime/adapters/s3_object_list.py", "list_objects_v2"),
    # The first entry is the one that is asked for.
    ("runtime/adapters/s3_objects.py", "list_object_versions"),
}
# AWS returns no pages of these, or refuses the list in large accounts, unless it is asked for a size:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/BucketRestrictions.html
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListQueues.html
WITH_SIZE = {"list_buckets", "list_queues"}


def _paged_operations() -> set[str]:
    loader = get_session().get_component("data_loader")
    names = [name for service in SERVICES for name in loader.load_service_model(service, "paginators-1")["pagination"]]
    # botocore has no paginator for some lists, such as that of exports.
    return {re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() for name in names} | {"list_exports"}


def _calls(module: Module) -> Iterator[ast.Call]:
    return (node for node in ast.walk(module.tree) if isinstance(node, ast.Call))


def _attributes(module: Module) -> Iterator[ast.Attribute]:
    return (node for node in ast.walk(module.tree) if isinstance(node, ast.Attribute))


def _of_one_stack(module: Module) -> Iterator[ast.expr]:
    """Yield the calls that name their stack: they list nothing."""
    return (
        call.func
        for call in _calls(module)
        if isinstance(call.func, ast.Attribute) and call.func.attr == "describe_stacks" and call.keywords
    )


def test_l55_lists_are_read_by_paginators() -> None:
    """No module takes the first page of a list for the whole."""
    paged = _paged_operations()
    assert {"list_buckets", "list_objects_v2", "list_queues", "query", "describe_alarms"} <= paged
    found = {
        (module.path, node.attr)
        for module in modules_in("runtime", "duracloud", "stacks")
        for node in set(_attributes(module)) - set(_of_one_stack(module))
        if node.attr in paged
    }

    assert BY_HAND == found


def test_l55_lists_without_pages_by_themselves_are_asked_for_by_size() -> None:
    """ListBuckets is refused without a size where many buckets are allowed, ListQueues ends after a thousand."""
    without = [
        module.path
        for module in modules_in("runtime", "duracloud")
        for call in _calls(module)
        if isinstance(call.func, ast.Attribute)
        and call.func.attr == "paginate"
        and isinstance(call.func.value, ast.Call)
        and any(isinstance(one, ast.Constant) and one.value in WITH_SIZE for one in call.func.value.args)
        and "PaginationConfig" not in {one.arg for one in call.keywords}
    ]

    assert [] == without
