"""A PostgreSQL server of one's own, on a UNIX socket in a temporary folder, as an unprivileged user.

    server = PostgresqlServer(); server.conninfo; server.stop(); server.start()
"""
import glob
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path


def programs():
    """The newest that Debian has installed."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))
    if not found:
        raise FileNotFoundError("PostgreSQL's server is not installed (dev.d/packages.txt)")
    return Path(found[-1]).parent


class PostgresqlServer:
    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="postern-pg-"))
        self.as_whom = {}
        if os.geteuid() == 0:  # the server refuses to run as root
            nobody = pwd.getpwnam("nobody")
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
            self.as_whom = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        self.folder.chmod(0o755)
        self.conninfo = f"host={self.folder} user=postern dbname=postgres"
        self._run("initdb", "-D", self.folder / "data", "-A", "trust", "-U", "postern", "-N", "--no-instructions")
        self.start()

    def _run(self, program, *arguments):
        # pg_ctl's server keeps what it inherits: a pipe would never end
        with open(os.devnull, "wb") as out:
            subprocess.run([programs() / program, *arguments], check=True, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                           cwd="/", timeout=60, **self.as_whom)

    def start(self):
        self._run("pg_ctl", "-D", self.folder / "data", "-w", "-l", self.folder / "log", "-o", f"-k {self.folder} -h '' -c fsync=off", "start")  # no power is cut here

    def stop(self):
        self._run("pg_ctl", "-D", self.folder / "data", "-w", "-m", "fast", "stop")

    def remove(self):
        self.stop()
        shutil.rmtree(self.folder)
