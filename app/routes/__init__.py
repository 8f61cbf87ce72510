"""HTTP and WebSocket: parse, call a service, answer."""
