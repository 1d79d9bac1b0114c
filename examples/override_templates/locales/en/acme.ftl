# One text of ours said differently, and one of the application's own.
login-lead = Good to see you. Who are you?
acme-join = Not with us yet? Join.
