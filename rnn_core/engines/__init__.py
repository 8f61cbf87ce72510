"""The engines: what turns problems and weights into errors and new weights."""
