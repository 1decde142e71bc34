"""Whether a marker of a message's plain text got into a file: what lies in files, and what was ever written to one.

    watch = Watch(gateway, out)            # before the start: posternd, its children and its next lives run under strace
    watch.writes_of(marker)                # ["write /…/file"]: calls that put the marker into a file, not a socket, pipe or memory file
    watch.sent(marker)                     # how often it went out by a socket: shows that the trace sees whole octets
    files_with(marker, [folder], since)    # files that hold it in any form now
"""
import os
import re
from pathlib import Path

from test_no_content import forms

CALLS = "write,pwrite64,writev,pwritev,pwritev2,sendto,sendmsg,sendmmsg"
WHOLE = 20_000_000  # octets of each buffer that strace shows
CALL = re.compile(r"^\d+ +(\w+)\(\d+<(.*?)>")


def files_with(marker, folders, since=0.0, but="/"):
    """Those changed after `since`, in no folder whose name begins with `but` and on no other mount; files that vanish meanwhile were not there."""
    wanted, found = forms(marker.decode()), []
    for folder in map(Path, folders):
        for place, below, names in os.walk(folder):
            below[:] = [one for one in below if not one.startswith(but) and not os.path.ismount(os.path.join(place, one))]
            for name in names:
                path = Path(place) / name
                try:
                    if not path.is_file() or path.is_symlink() or path.stat().st_mtime < since:
                        continue
                    octets = path.read_bytes().lower()
                except OSError:
                    continue
                if any(form in octets or form in name.lower().encode() for form in wanted):
                    found.append(str(path))
    return found


def is_file(target):
    """As strace -y names what a descriptor is: a path, or socket:[…], TCP:[…], pipe:[…], /memfd:…"""
    return target.startswith("/") and not target.startswith(("/memfd:", "/dev/null", "/dev/pts/", "/proc/"))


class Watch:
    """An unfinished call is found by its first half, which has the buffer."""

    def __init__(self, gateway, out):
        self.out = Path(out)
        gateway.wrapper = ["strace", "-f", "-y", "-A", "-s", str(WHOLE), "-o", str(out), "-e", "trace=" + CALLS, "-e", "signal=none", "-D", "-q"]

    def calls(self, marker=b""):
        if not self.out.exists():
            return
        with open(self.out, "rb") as trace:
            for line in trace:
                if marker in line and (call := CALL.match(line[:1000].decode(errors="replace"))):
                    yield call.groups()

    def writes_of(self, marker):
        return [f"{name} {target}" for name, target in self.calls(marker) if is_file(target)]

    def sent(self, marker):
        return sum(1 for _, target in self.calls(marker) if not is_file(target) and ":[" in target)

    def file_writes(self):
        return sum(1 for _, target in self.calls() if is_file(target))
