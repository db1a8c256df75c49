"""A small library that distils a student language model from a teacher, in PyTorch, on CPU."""
