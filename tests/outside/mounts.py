"""Mounts that nobody else sees. Whoever makes a mount namespace meanwhile (an interop test with a root of its own) copies the host's
mounts and keeps them alive: the disk that lost its power would then still be there, dead, when it is mounted again.

    mounts.apart()      from here on this process and what it starts
    disk = mounts.small_disk(folder, 96, self.addCleanup)      an ext4 of so many megabytes; a test is skipped where none can be had
    mounts.leave_free(disk, 4 << 20)                           its file `ballast` takes the rest
"""
import ctypes
import errno
import os
import subprocess
import unittest

CLONE_NEWNS = 0x00020000


def apart():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) != 0:
        raise OSError(ctypes.get_errno(), "unshare: " + os.strerror(ctypes.get_errno()))
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)


def small_disk(folder, megabytes, clean_up):
    if os.geteuid() != 0:
        raise unittest.SkipTest("needs root")
    apart()
    disk, image = folder / "disk", folder / "image"
    disk.mkdir()
    subprocess.run(["truncate", "-s", f"{megabytes}M", image], check=True)
    subprocess.run(["mkfs.ext4", "-q", "-F", "-m", "0", image], check=True)
    mounted = subprocess.run(["mount", "-o", "loop", image, disk], capture_output=True, text=True)
    if mounted.returncode != 0:
        raise unittest.SkipTest("no loop mounts here: " + mounted.stderr.strip())
    clean_up(subprocess.run, ["umount", disk], check=False)
    return disk


def free(disk):
    room = os.statvfs(disk)
    return room.f_bavail * room.f_frsize


def leave_free(disk, octets):
    with open(disk / "ballast", "ab") as file:
        size = file.seek(0, os.SEEK_END)
        for _ in range(10):
            if free(disk) <= octets:
                return None
            try:
                return os.posix_fallocate(file.fileno(), size, free(disk) - octets)
            except OSError as full:  # the gateway wrote between the question and the answer
                if full.errno != errno.ENOSPC:
                    raise
        raise AssertionError(f"{disk} does not fill up")
