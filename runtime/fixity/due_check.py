"""An object whose next check is due, and the documented message that asks for the check."""

from typing import Any

import attrs

from runtime.shared.object_ref import ObjectRef


@attrs.frozen
class DueCheck:
    """A check that is due.

    Attributes:
        ref: the object.
        version_id: the version to be checked; empty for whatever version is under care.
        outdated: whether S3's list shows another object or none, so that this version may not be current any more.
    """

    ref: ObjectRef
    version_id: str = ""
    outdated: bool = False

    @property
    def message(self) -> dict[str, Any]:
        """The message of the verification queue, a format that outsiders may rely on."""
        message: dict[str, Any] = {"bucket": self.ref.bucket, "key": self.ref.key}
        if self.version_id:
            message["version_id"] = self.version_id
        if self.outdated:
            message["outdated"] = True
        return message
