"""Values with which every function of the service starts, though nothing that they name exists."""

from typing import Final

from runtime.contract import FUNCTION_ENVIRONMENT, Env, ObjectLock

# A number, and as good as any name.
_ANY: Final = "1"
_VALUES: Final = {
    Env.REPLICA_REGION: "us-west-2",
    Env.AUDIT_OBJECT_LOCK: ObjectLock.NONE,
    **dict.fromkeys((Env.PUBLIC_BUCKETS_ALLOWED, Env.REPLICATION_TIME_CONTROL, Env.READ_REPLICAS), "false"),
}


def function_environment(function: str) -> dict[str, str]:
    """Return the environment variables that a function reads, with values that it accepts.

    Args:
        function: its name as in `contract.Function`.
    """
    return {name: _VALUES.get(name, _ANY) for name in FUNCTION_ENVIRONMENT[function]}
