"""What a change does to the rules that it is judged by: the base's are in force, the head's are compared."""
