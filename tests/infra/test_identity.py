import json

from tests.infra.identity import LEDGER, identities
from tests.infra.synthesis import Assembly


def test_stateful_resources_keep_their_identity(assembly: Assembly) -> None:
    """Type, place, policies and name of what holds data are those of the ledger: another one would orphan the data.

    `python -m tests.infra.identity` writes the ledger. A new resource is a new entry; a changed entry needs an ADR.
    """
    assert json.loads(LEDGER.read_text("utf-8")) == identities(assembly)
