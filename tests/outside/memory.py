"""How much memory a posternd and all its children have of their own: anonymous memory and memory files, by /proc.

    with Peak(gateway.process.pid) as peak: …           # samples 20 times a second
    peak.idle, peak.top, peak.growth                    # octets, all processes together
    peak.at_top                                         # {"posternd": …, "postern-inspect": …, "memory files": …} at the top

Anonymous memory is the proportional share (Pss_Anon), so that what a forked child still shares with its parent counts once. A memory
file counts once and whole, whether a process maps it or only holds it open. Page cache, programs and what the kernel keeps for sockets
are not counted. A cgroup would not see more: memory.peak and max_usage_in_bytes count the page cache of the spool's files.
"""
import os
import re
import threading
from pathlib import Path

MEMORY_FILE = re.compile(rb"^([0-9a-f]+)-([0-9a-f]+) .* (\d+) +/memfd:", re.M)


def family(pid):
    """`pid` and all its descendants."""
    found = [pid]
    for one in found:
        try:
            for task in Path(f"/proc/{one}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
        except OSError:
            continue
    return found


def anonymous(pid):
    """Needs root where the process forbids dumps, as ours do; a test that cannot look must not pass."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss_Anon:"):
            return int(line.split()[1]) * 1024
    raise LookupError("no Pss_Anon in smaps_rollup: the kernel is older than 5.4")


def memory_files(pid):
    """{inode: octets}"""
    files = {}
    for begin, end, inode in MEMORY_FILE.findall(Path(f"/proc/{pid}/maps").read_bytes()):
        files[int(inode)] = int(end, 16) - int(begin, 16)
    with os.scandir(f"/proc/{pid}/fd") as entries:
        for entry in entries:
            try:
                if os.readlink(entry.path).startswith("/memfd:"):
                    about = os.stat(entry.path)
                    files[about.st_ino] = about.st_blocks * 512
            except OSError:
                continue
    return files


def name_of(pid):
    return Path(f"/proc/{pid}/comm").read_text().strip()


def measure(pid):
    """{who: octets}. A child that ends while we look is not there."""
    found, files = {}, {}
    for one in family(pid):
        try:
            name, size, its_files = name_of(one), anonymous(one), memory_files(one)
        except (FileNotFoundError, ProcessLookupError):
            if one == pid:
                raise
            continue
        found[name] = found.get(name, 0) + size
        files |= its_files
    found["memory files"] = sum(files.values())
    return found


class Sampler:
    """Calls look() every so often within a with block, in a thread of its own, and once at its end."""

    def __init__(self, every):
        self.every, self._fault = every, None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        try:
            while not self._ended.wait(self.every):
                self.look()
        except Exception as fault:  # told where the test waits
            self._fault = fault

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()
        if self._fault:
            raise self._fault
        self.look()


class Peak(Sampler):
    def __init__(self, pid, every=0.05):
        super().__init__(every)
        self.pid, self.samples = pid, 0
        self.at_idle = self.at_top = measure(pid)

    idle = property(lambda self: sum(self.at_idle.values()))
    top = property(lambda self: sum(self.at_top.values()))
    growth = property(lambda self: self.top - self.idle)

    def look(self):
        now = measure(self.pid)
        self.samples += 1
        if sum(now.values()) > self.top:
            self.at_top = now

    def in_mib(self):
        return {"idle": mib(self.idle), "peak": mib(self.top), "growth": mib(self.growth), "samples": self.samples,
                "where_at_peak": {who: mib(size) for who, size in self.at_top.items()}}


def mib(octets):
    return round(octets / 2**20, 1)
