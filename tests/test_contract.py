import pytest

from runtime import contract


def _values(names: type) -> list[str]:
    return [value for name, value in vars(names).items() if name.isupper()]


@pytest.mark.parametrize("names", [contract.Attribute, contract.Metric, contract.Tag, contract.BucketSuffix])
def test_names_of_a_kind_differ(names: type) -> None:
    """No two names of a kind have the same value."""
    values = _values(names)

    assert sorted(set(values)) == sorted(values)


def test_every_reserved_suffix_is_listed() -> None:
    """Each suffix of a fixed bucket or replica is reserved."""
    assert sorted(_values(contract.BucketSuffix)) == sorted(contract.RESERVED_SUFFIXES)


def test_l23_evidence_is_not_under_a_transient_prefix() -> None:
    """Results, exports, reports and the audit trail do not lie where things expire after 30 days."""
    transient = (contract.ManagedPrefix.INVENTORY, contract.ManagedPrefix.SCRATCH)
    names = contract.ManagedPrefix
    evidence = (names.REQUESTS, names.COLLECTIONS, names.EXPORTS, names.REPORTS, names.AUDIT)

    assert [] == [name for name in evidence if name.startswith(transient)]
    assert all(name.startswith(names.AUDIT) for name in (names.AUDIT_EVENTS, names.AUDIT_MANIFESTS, names.AUDIT_KEY))
    assert contract.ManagedPrefix.IN_PROGRESS.startswith(transient)


def test_l29_function_name_is_made_in_one_place() -> None:
    """An environment's name of several parts changes nothing in the form of the name."""
    assert "duracloud-my-long-env-file-uploaded" == contract.function_name("my-long-env", "file-uploaded")
