"""Ports to listen at, none given out twice.

Asking the kernel for a free port and closing it again gives the same one twice now and then, and an outgoing connection may take it
before its user does. These come from below the range of which the kernel gives any away (ip_local_port_range, from 32768).
"""
import itertools
import random
import socket

FIRST, END = 12000, 32000
_next = itertools.count(random.randrange(END - FIRST))


def free_port():
    """Free at every IPv4 address of this host when it was asked for."""
    for offset in itertools.islice(_next, END - FIRST):
        port = FIRST + offset % (END - FIRST)
        try:
            socket.create_server(("0.0.0.0", port)).close()
            return port
        except OSError:
            continue
    raise RuntimeError(f"no free port from {FIRST} to {END}")
