"""What the tests would notice: mutants, which of them are noise, and what became of each."""
