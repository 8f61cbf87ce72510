"""Who may do what: roles, tokens and cookies."""
