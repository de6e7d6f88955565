from benchmarks.s3_server import Server, key_of, serving
from tests.support.processes import peak_memory

MIB = 1024 * 1024
# One deposit in a process of its own; prints its largest resident set in KiB.
DEPOSIT = """
import resource, sys
from benchmarks import care
from runtime.shared.object_ref import ObjectRef
from runtime.fixity.deposit import deposit
finding = deposit(care.care(), ObjectRef(care.BUCKET, sys.argv[1]), care.SEQUENCER, care.attempt())
assert finding.bytes_read == int(sys.argv[2]), finding
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def _peak(server: Server, size: int) -> int:
    return peak_memory(DEPOSIT, key_of(size), size, **server.client_environment)


def test_l10_memory_does_not_grow_with_the_object() -> None:
    """A deposit of 1 GiB takes at most 16 MiB more memory than one of 1 MiB."""
    with serving() as server:
        small, large = _peak(server, MIB), _peak(server, 1024 * MIB)

    assert large - small < 16 * MIB
