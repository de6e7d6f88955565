"""An object whose next check is due, and the documented message that asks for the check."""

import attrs

from runtime.domain.objects import ObjectRef


@attrs.frozen
class DueCheck:
    """A check that is due.

    Attributes:
        ref: the object.
        version_id: the version to be checked; empty for whatever version is under care.
    """

    ref: ObjectRef
    version_id: str = ""

    @property
    def message(self) -> dict[str, str]:
        """The message of the verification queue, a format that outsiders may rely on."""
        message = {"bucket": self.ref.bucket, "key": self.ref.key}
        return {**message, "version_id": self.version_id} if self.version_id else message
