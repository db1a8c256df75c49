"""The policy: what is measured, and what is required."""
