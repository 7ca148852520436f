"""Ways in: a signal, a socket, a command, a reactor of that name."""
