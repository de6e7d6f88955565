"""What the modules of this package share."""

import logging
from typing import Any, Final

Row = dict[str, Any]
LOG: Final = logging.getLogger("duracloud")
