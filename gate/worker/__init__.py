"""The only code that shares a process with the code under test.

It is loaded under another package name, by relative imports alone, in the project's own interpreter; it
uses the standard library, pytest and coverage, and nothing of the judge.
"""
