"""Print the JSON schema of a policy, for editors: `python -m gate.policy > policies/policy.schema.json`."""

from __future__ import annotations

import json
import sys

from gate.policy.model import policy_schema

if __name__ == "__main__":
    sys.stdout.write(json.dumps(policy_schema(), indent=2) + "\n")
