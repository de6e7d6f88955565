"""A check that is due, and its message in the verification queue."""

from typing import Any

import attrs

from runtime.shared.object_ref import ObjectRef


@attrs.frozen
class DueCheck:
    """A check that is due."""

    ref: ObjectRef
    version_id: str = ""  # empty for the managed version
    outdated: bool = False  # S3's list shows another version or none, so this version may not be current

    @property
    def message(self) -> dict[str, Any]:
        """Message of the verification queue, a documented format."""
        message: dict[str, Any] = {"bucket": self.ref.bucket, "key": self.ref.key}
        if self.version_id:
            message["version_id"] = self.version_id
        if self.outdated:
            message["outdated"] = True
        return message
