"""The server: HTTP, WebSocket and the page around `rnn_core`."""
