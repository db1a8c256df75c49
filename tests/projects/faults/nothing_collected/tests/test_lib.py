"""A suite that holds no test any more."""
