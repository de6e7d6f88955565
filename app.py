"""Synthesises the templates of one environment: `cdk synth -c env=dev`."""

import sys

from stacks.assembly import build_app, named_environment
from stacks.bundling import BundlingError
from stacks.config import ConfigurationError, load_settings

if __name__ == "__main__":
    try:
        build_app(load_settings(named_environment()), validate=True).synth()
    except (ConfigurationError, BundlingError) as error:
        sys.exit(str(error))
