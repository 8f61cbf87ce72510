"""The wire: every JSON message as a model, by its direction. What comes in stands in `incoming.py`, how it is read and
explained where it is refused in `reading.py`, and what goes out in `outgoing.py`. Import from the module that has it.
"""
