"""`python -m app` is `rnn-adder`."""

from app.cli import main

main()
