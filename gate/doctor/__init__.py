"""Is this environment able to run the gate, and is its answer binding? A remedy for each problem."""
