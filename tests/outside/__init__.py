"""Postern seen from outside: real sockets, real TLS, a real posternd. Only Python's standard library and openssl."""
