"""Here for a test that fails wherever a module has been imported by the machinery, and checks nothing."""

LIMIT = 40
