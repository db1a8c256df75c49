"""The results document: evidence and verdict as JSON, written whole or not at all."""
