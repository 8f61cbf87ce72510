"""What Python calls: loops over many problems, compiled, and what they are given."""
