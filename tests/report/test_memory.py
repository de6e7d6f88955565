from tests.support.processes import peak_memory

MIB = 1024 * 1024
# The report of a bucket of so many objects in a process of its own; prints its largest resident set. The fakes keep
# nothing: records are made as they are asked for, parts are counted and forgotten.
REPORT = """
import hashlib, resource, sys
import attrs
from runtime.report.inventory import Inventory, InventoryFile, InventoryFormat, StoredVersion
from runtime.shared.pages import Page
from tests.support.report_fakes import REPORT, environment
from tests.support.sweep_fakes import BUCKET, record

objects = int(sys.argv[1])
sent = [0, 0]

class Records:
    def page(self, bucket, after=None):
        first = 0 if after is None else int(after.rpartition("-")[2]) + 1
        last = min(first + 1_000, objects)
        rows = [record(f"box {number % 97}/letter-{number:09}") for number in range(first, last)]
        return Page(rows, rows[-1].ref.key if last < objects else None)

class Inventories:
    def newest(self, bucket):
        file = InventoryFile(key="f", md5="")
        return Inventory(manifest="m", made=REPORT.started, format=InventoryFormat.CSV, columns=(), files=(file,))
    def versions(self, inventory, file):
        for first in range(0, objects, 1_000):
            yield [StoredVersion(f"folder {n}/x", n, "STANDARD", True) for n in range(first, first + 1_000)]

env = environment(BUCKET)
send = env.files.send
def forget(upload, part):
    sent[0] += len(part)
    sent[1] += 1
    return send(upload, hashlib.sha256(part).digest())
env.files.send = forget
reporting = attrs.evolve(env.reporting, records=Records(), inventories=Inventories())
env = attrs.evolve(env, reporting=reporting)
[progress] = env.run()
assert progress.whole.total.objects == objects
assert progress.whole.stored[BUCKET].whole.objects == objects
assert sent[0] > 2 * 150 * objects, sent
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_l31_memory_does_not_grow_with_the_number_of_objects() -> None:
    """A report of 100,000 objects, each in a folder of its own, takes at most 20 MiB more than one of 1,000."""
    small, large = peak_memory(REPORT, 1_000), peak_memory(REPORT, 100_000)

    assert large - small < 20 * MIB
