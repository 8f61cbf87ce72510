"""Contenders. Each module has a `name`; `refuses(problem)`, why it can't run that, or None; and `run(problem)`, its
errors.
"""
