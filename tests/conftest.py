"""What holds for every test: nothing reaches beyond loopback."""

import os

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # litellm would fetch its price map when a test imports it
