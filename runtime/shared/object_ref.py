"""How an object is named."""

import attrs


@attrs.frozen(order=True)
class ObjectRef:
    """A key in a bucket, without a version."""

    bucket: str
    key: str

    def is_folder_marker(self, size: int | None) -> bool:
        """Tell whether this is an empty object with which a console shows a folder (lesson L28); size None: unknown."""
        return size == 0 and self.key.endswith("/")
