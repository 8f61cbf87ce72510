"""The wire: every JSON message as a model, by direction. `incoming.py` has what comes in, `outgoing.py` what goes out.
`reading.py` reads what comes in and explains errors in it. Import from the module that has the name.
"""
