"""The results document as one format each: pure functions to text, no I/O."""
