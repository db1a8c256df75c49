"""A subject small enough to be covered in full, so that PASS is what a fault takes away."""
