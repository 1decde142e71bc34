"""clamd: Debian's, not installed (unpack.py), with one signature of our own and none from the network. It stays in the foreground.

    with Clamd(folder) as clamd: clamd.socket        # finds EICAR, the test file of all scanners, inside mail and archives too
"""
import hashlib
import os
import subprocess
from pathlib import Path

from gateway import wait_until
from unpack import unpack

# https://www.eicar.org: no virus. In two parts, so that no scanner minds this file.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-" + b"STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
NAME = "Test.Eicar"


class Clamd:
    def __init__(self, folder, longest="1M"):
        self.folder = Path(folder)
        (self.folder / "signatures").mkdir(parents=True)
        self.socket = self.folder / "clamd.ctl"
        # NAME: any file, at any offset (clamav's signatures.pdf, "extended signature format").
        (self.folder / "signatures" / "test.ndb").write_text(f"{NAME}:0:*:{EICAR.hex()}\n")
        configuration = self.folder / "clamd.conf"
        configuration.write_text(f"LocalSocket {self.socket}\nDatabaseDirectory {self.folder / 'signatures'}\nForeground true\n"
                                 f"StreamMaxLength {longest}\nOfficialDatabaseOnly false\nTemporaryDirectory {self.folder}\n")
        folders = unpack("clamav-daemon")
        libraries = [str(libs) for one in folders for libs in (one / "usr/lib/x86_64-linux-gnu", one / "lib/x86_64-linux-gnu") if libs.is_dir()]
        self.log = (self.folder / "log").open("wb")
        self.process = subprocess.Popen([folders[0] / "usr/sbin/clamd", "--config-file", configuration], stdout=self.log, stderr=self.log,
                                        env={**os.environ, "LD_LIBRARY_PATH": ":".join(libraries)})
        if not wait_until(self.socket.exists, 60):
            self.close()
            raise TimeoutError("clamd does not start: " + (self.folder / "log").read_text(errors="replace")[-2000:])

    def close(self):
        self.process.terminate()
        self.process.wait(20)
        self.log.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
