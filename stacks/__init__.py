"""The CDK app: what is deployed, and how its parts refer to each other."""

import os

# jsii, which starts with the first import of aws_cdk, prints a banner about Node 20; the project supports Node 20.
os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20")
