"""What the tests do: the supervised suite, why a test failed, and which code the tests reach."""
