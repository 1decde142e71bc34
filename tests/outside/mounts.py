"""Mounts that nobody else sees. Whoever makes a mount namespace meanwhile (an interop test with a root of its own) copies the host's
mounts and keeps them alive: the disk that lost its power would then still be there, dead, when it is mounted again.

    mounts.apart()      from here on this process and what it starts
"""
import ctypes
import os
import subprocess

CLONE_NEWNS = 0x00020000


def apart():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) != 0:
        raise OSError(ctypes.get_errno(), "unshare: " + os.strerror(ctypes.get_errno()))
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
