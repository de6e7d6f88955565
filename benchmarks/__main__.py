"""`python -m benchmarks` is `duracloud bench`."""

import sys

from duracloud.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["bench", *sys.argv[1:]]))
