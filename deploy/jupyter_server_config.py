"""Adds the lab to a notebook server: a tile "rnn-adder" in JupyterLab's launcher, and the address /rnn-adder/.

Needs `jupyter-server-proxy` beside the lab. Append this file to one that Jupyter reads, such as
~/.jupyter/jupyter_server_config.py.
"""

c.ServerProxy.servers = {  # noqa: F821 (Jupyter defines c)
    "rnn-adder": {
        "command": ["rnn-adder", "serve", "--port", "{port}"],
        "timeout": 60,
        "launcher_entry": {"title": "rnn-adder"},
    }
}
