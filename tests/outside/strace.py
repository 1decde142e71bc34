"""posternd under strace: which system calls change the spool's files, and one of them turned into a kill or an error.

    seen(trace, threads)                  {(thread, system call): how often} of a trace
    with Tracer(gateway, out) as t: …     records all threads of a running posternd
    with Tracer(gateway, out, Fault((3,), "fdatasync", 1, "error=EIO")) as t: …      the first fdatasync of thread 3 fails
    t.hit()                               whether that has happened
    gateway.wrapper = wrapper(…)          the same from posternd's first call on; a fault counts in each thread for itself

A thread is named by its place among posternd's threads in the order of their birth, which is the same at every start. Counting by
thread is what strace does (each tracee has its own counter), so a fault is set for one thread, or for some that share their work. A
signal comes before the call is made, an error instead of it. Only calls on files of the spool are counted or touched: never sockets, logs or the event file.
"""
import collections
import dataclasses
import os
import re
import signal
import subprocess
import time

WATCHED = ("fsync", "fdatasync", "sync_file_range", "rename", "renameat", "renameat2", "unlink", "unlinkat",
           "write", "writev", "pwrite64", "pwritev", "pwritev2")
KILL = "signal=SIGKILL"


@dataclasses.dataclass(frozen=True)
class Fault:
    threads: tuple   # empty: all, from the first call of the process on
    call: str
    number: object   # from 1, or "1+" for that and all that follow; each of the threads counts for itself, and the first that gets there has it
    what: str        # KILL, or error=EIO and the like

    def __str__(self):
        where = f" of thread {' or '.join(map(str, self.threads))}" if self.threads else ""
        return f"{self.call} no. {self.number}{where}: {self.what}"


def threads_of(pid):
    return sorted(map(int, os.listdir(f"/proc/{pid}/task")))


def files_of(spool):
    """What is there, and what RocksDB and the key stores may make in a short while."""
    names = {spool, spool / "db" / "LOG", *spool.rglob("*")}
    for number in range(1, 120):
        for form in ("%06d.log", "%06d.sst", "%06d.dbtmp", "MANIFEST-%06d", "OPTIONS-%06d", "OPTIONS-%06d.dbtmp"):
            names.add(spool / "db" / (form % number))
    names |= {spool / "high-water", spool / "db" / "CURRENT", spool / "db" / "IDENTITY"}
    hour = int(time.time() // 3600)
    for epoch, folder in [(hour + by, spool / "keys") for by in range(-3, 2)] + [(hour // 24 + by, spool / "keys" / "facts") for by in (0, 1)]:
        names |= {folder / f"{epoch}{ending}" for ending in (".key", ".key.new", ".gone")}
    return names | {spool / "keys", spool / "keys" / "facts", spool / "db"}


def options(spool, out, fault=None):
    command = ["strace", "-f", "-y", "-o", str(out), "-e", "trace=" + ",".join(WATCHED), "-e", "signal=none"]
    for path in files_of(spool):
        command += ["-P", str(path)]
    if fault:
        command += ["-e", f"inject={fault.call}:{fault.what}:when={fault.number}"]
    return command


def wrapper(spool, out, fault=None):
    """For Gateway.wrapper: strace is the grandchild (-D), so the process that the gateway knows is posternd itself."""
    return [*options(spool, out, fault), "-D", "-q"]


def seen(trace, threads=None):
    """(thread, call): how often. Without `threads` they are numbered as they appear."""
    order = list(threads or [])
    counts = collections.Counter()
    for line in trace.read_text(errors="replace").splitlines():
        if begun := re.match(r"(\d+) +(\w+)\(", line):
            thread = int(begun.group(1))
            if thread not in order:
                order.append(thread)
            counts[order.index(thread), begun.group(2)] += 1
    return counts


class Tracer:
    def __init__(self, gateway, out, fault=None):
        pid = gateway.process.pid
        self.out, self.fault, self.threads = out, fault, threads_of(pid)
        command = options(gateway.state / "spool", out, fault)
        if fault and fault.threads:
            command.remove("-f")
            for thread in fault.threads:
                command += ["-p", str(self.threads[thread])]
        else:
            command += ["-p", str(pid)]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        said = self.process.stderr.readline()
        if "attached" not in said:
            self.process.wait()
            raise RuntimeError("strace: " + said)

    def hit(self):
        return failed_by(self.out)

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.process.communicate()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()


def failed_by(out):
    """Whether an error was injected. Of a kill the process itself tells: it ended by a signal that nobody else sent."""
    return out.exists() and "(INJECTED)" in out.read_text(errors="replace")
