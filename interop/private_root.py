"""Runs a Debian package's programs without installing it: under `unshare -m`, in a root of their own made of the unpacked package over
the machine's /usr, with an own /etc, /var, users and groups. Needs root.

    root = PrivateRoot("postfix", folder, users={"postfix": 901}, groups={"postdrop": 902}, binds={folder / "home": "/home"})
    root.write("/etc/postfix/main.cf", "…")
    process = root.start("/usr/sbin/postfix start-fg")      # ended by root.stop(): only what was started here
"""
import os
import shlex
import signal
import subprocess
from pathlib import Path

from unpack import unpack

ENTER = """\
set -e
root={root}
mkdir -p $root && mount -t tmpfs none $root
mkdir -p $root/usr $root/etc $root/var $root/tmp $root/dev $root/proc $root/run $root/home $root/over/up $root/over/work
chmod 1777 $root/tmp
mount -t overlay overlay -o lowerdir={layers}:/usr,upperdir=$root/over/up,workdir=$root/over/work $root/usr
for link in bin sbin lib lib64; do ln -s usr/$link $root/$link; done
[ ! -d {package}/etc ] || cp -a {package}/etc/. $root/etc/
[ ! -d {package}/var ] || cp -a {package}/var/. $root/var/
[ -e $root/var/run ] || ln -s /run $root/var/run
cp /etc/ld.so.cache $root/etc/ && cp -r /etc/ssl $root/etc/
cp -r {files}/. $root/
mount --bind /dev $root/dev && mount -t proc proc $root/proc
{binds}
exec chroot $root /bin/sh -c {command}
"""


class PrivateRoot:
    def __init__(self, package, folder, users, groups=None, binds=None, hosts=None):
        self.layers = unpack(package)
        self.folder = Path(folder)
        self.files = self.folder / "files"
        self.binds = binds or {}
        self.processes = []
        (self.folder / "root").mkdir(parents=True, exist_ok=True)
        names = {"root": 0, **users, "nobody": 65534}
        self.write("/etc/passwd", "".join(f"{name}:x:{number}:{number}::/home/{name}:/bin/sh\n" for name, number in names.items()))
        all_groups = {"root": 0, **users, **(groups or {}), "nogroup": 65534}
        self.write("/etc/group", "".join(f"{name}:x:{number}:\n" for name, number in all_groups.items()))
        self.write("/etc/services", "smtp 25/tcp\n")
        self.write("/etc/hosts", "".join(f"{address} {name}\n" for name, address in {"localhost": "127.0.0.1", **(hosts or {})}.items()))

    def write(self, path, text, mode=0o644):
        target = self._target(path)
        target.write_text(text)
        target.chmod(mode)

    def copy(self, source, path):
        self._target(path).write_bytes(Path(source).read_bytes())

    def _target(self, path):
        target = self.files / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        return target

    def start(self, command):
        binds = "\n".join(f"mkdir -p $root{inside} && mount --bind {shlex.quote(str(outside))} $root{inside}"
                          for outside, inside in self.binds.items())
        script = ENTER.format(root=shlex.quote(str(self.folder / "root")), package=shlex.quote(str(self.layers[0])),
                              layers=":".join(shlex.quote(str(layer / "usr")) for layer in self.layers),
                              files=shlex.quote(str(self.files)), binds=binds, command=shlex.quote(command))
        with open(self.folder / "peer.log", "ab") as log:
            process = subprocess.Popen(["unshare", "-m", "-p", "--fork", "--propagation", "private", "bash", "-c", script],
                                       stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.processes.append(process)
        return process

    def said(self):
        return (self.folder / "peer.log").read_text(errors="replace")

    def stop(self):
        for process in self.processes:
            if process.poll() is None:
                # unshare's child is the first of a PID namespace: when that is killed, all in it end.
                children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
                for child in children:
                    os.kill(int(child), signal.SIGKILL)
                process.wait()
        self.processes.clear()
