"""Where the project lies on this machine."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
# Everything that is installed, built or kept while working, but for the environments.
LOCAL: Final = ROOT / ".local"
CDK: Final = ROOT / "node_modules" / ".bin" / "cdk"
