"""The network once more, compiled: its plan, cells, losses and optimizers."""
