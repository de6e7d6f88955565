"""What the local AWS makes of functions."""

import json

from duracloud.local.aws import LocalAws
from tests.local.support import deploy, function

WHERE = """
import os, pathlib
def handler(event, context):
    return [os.getpid(), str(pathlib.Path(__file__).resolve())]
"""


def test_code_is_unpacked_and_compiled_once(aws: LocalAws) -> None:
    """A function's next process starts from the files of the first one, as Lambda's does from its image."""
    name, lambda_ = deploy(aws, {"Where": function(WHERE)})["Where"], aws.client("lambda")

    def where() -> tuple[int, str]:
        process, file = json.loads(lambda_.invoke(FunctionName=name)["Payload"].read())
        return process, file

    process, file = where()
    lambda_.update_function_configuration(FunctionName=name, Timeout=20)
    next_process, next_file = where()

    assert process != next_process
    assert file == next_file
