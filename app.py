"""Synthesises the templates of one environment: `cdk synth -c env=dev`."""

import gc
import sys

from stacks.assembly import build_app, named_environment
from stacks.bundling import BundlingError
from stacks.config import ConfigurationError, load_settings

if __name__ == "__main__":
    # At its end Python would look for garbage in all of CDK, for a second.
    gc.freeze()
    try:
        build_app(load_settings(named_environment()), validate=True).synth()
    except (ConfigurationError, BundlingError) as error:
        sys.exit(str(error))
