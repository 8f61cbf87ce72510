"""What a network is made of, whatever its cell: parameters, activations, losses, optimizers."""
