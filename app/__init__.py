"""The server: HTTP, WebSocket and the page around `rnn_core`."""

from importlib.metadata import version

__version__ = version("rnn-adder")
