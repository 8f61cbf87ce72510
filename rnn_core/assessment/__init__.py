"""What a network answers, and how well it has learned its task."""
