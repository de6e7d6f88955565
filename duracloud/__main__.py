"""`python -m duracloud`, the same as the command `duracloud`."""

from duracloud.cli.main import run

if __name__ == "__main__":
    run()
