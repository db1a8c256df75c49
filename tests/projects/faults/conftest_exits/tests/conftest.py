"""A conftest that ends the session before a test is collected."""

import pytest

pytest.exit("not today", returncode=0)
