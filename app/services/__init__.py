"""Live runs: training in the background, and those who watch."""
