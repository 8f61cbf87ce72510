"""Contenders. Each module has a `name`; `refuses(problem)`, which returns why it can't run that, or None; and
`run(problem)`, which returns its errors.
"""
