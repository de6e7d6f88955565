"""How an object is named."""

import attrs


@attrs.frozen(order=True)
class ObjectRef:
    """A key in a bucket, whatever its current version."""

    bucket: str
    key: str

    def is_folder_marker(self, size: int | None) -> bool:
        """Tell whether this is an empty object that a console made to show a folder (lesson L28).

        Args:
            size: its bytes; None where they are not known.
        """
        return size == 0 and self.key.endswith("/")
