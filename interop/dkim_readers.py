"""Three independent verifiers of DKIM. Each is given messages and the records as a table; none asks a network.

    Reader(folder, records).verify_all([message, …])      for each ["pass", "fail", …], one a DKIM-Signature, from the top

python3-dkim and OpenDKIM (the filter's own test mode, its keys from a file) are Debian's, mailauth is from npm.
"""
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "outside"))
import dkim_keys  # noqa: E402
from unpack import npm_install  # noqa: E402

MAILAUTH = "7.1.0"
NODE = shutil.which("node") or "node"


class PythonDkim:
    name = "python3-dkim"

    def __init__(self, folder, records):
        self.records = records

    def verify_all(self, messages):
        return dkim_keys.verify_all(messages, self.records)


class OpenDkim:
    name = "OpenDKIM"

    def __init__(self, folder, records):
        self.folder = Path(folder)
        keys, self.configuration = self.folder / "opendkim.keys", self.folder / "opendkim.conf"
        keys.write_text("".join(f"{name} {text}\n" for name, text in records.items()))
        self.configuration.write_text(f"Mode v\nSyslog no\nTestPublicKeys {keys}\n")

    def verify_all(self, messages):
        return [self._verify(message) for message in messages]

    def _verify(self, message):
        letter = self.folder / "letter.eml"
        letter.write_bytes(message)
        done = subprocess.run(["opendkim", "-x", self.configuration, "-t", letter, "-v", "-v"], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, timeout=60)
        said = done.stdout.decode("latin-1")
        results = re.findall(r"\bdkim=(\w+)", said)
        if not results:
            raise RuntimeError(f"opendkim ended with {done.returncode} and said: {said[-2000:]}")
        return results


class MailAuth:
    name = "mailauth"
    script = """
const { dkimVerify } = require('mailauth/lib/dkim/verify');
const chunks = [];
process.stdin.on('data', chunk => chunks.push(chunk)).on('end', async () => {
    const { messages, records } = JSON.parse(Buffer.concat(chunks));
    const resolver = async (name, type) => {
        if (type === 'TXT' && records[name]) return [[records[name]]];
        throw Object.assign(new Error('ENOTFOUND'), { code: 'ENOTFOUND' });
    };
    const all = [];
    for (const message of messages) {
        const found = await dkimVerify(Buffer.from(message, 'latin1'), { resolver });
        all.push(found.results.map(one => one.status.result));
    }
    console.log(JSON.stringify(all));
});
"""

    def __init__(self, folder, records):
        self.records = records
        self.modules = npm_install("mailauth", MAILAUTH)

    def verify_all(self, messages):
        asked = json.dumps({"messages": [message.decode("latin-1") for message in messages], "records": self.records})
        done = subprocess.run([NODE, "-e", self.script], input=asked.encode(), capture_output=True, cwd=self.modules, timeout=120)
        if done.returncode != 0:
            raise RuntimeError("mailauth: " + done.stderr.decode()[-2000:])
        return json.loads(done.stdout)


READERS = (PythonDkim, OpenDkim, MailAuth)
