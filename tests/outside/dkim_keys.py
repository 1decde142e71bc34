"""DKIM as its readers see it: keys for a tenant, the records that `postern check` says to publish, and Debian's python3-dkim.

    keys = DkimKeys(gateway.folder)
    keys.make("r1", "rsa")                        # or "ed25519"; a PEM file of 0600 in the folder
    keys.setting("clinic.example")                # the text of dkim = […] for the tenant
    records = published(gateway)                  # {"r1._domainkey.clinic.example": "v=DKIM1; …"}
    verify(message, records)                      # ["pass", "fail"], one for each DKIM-Signature, from the top
"""
import json
import os
import re
import subprocess
from pathlib import Path

from certs import openssl

DEBIANS_PYTHON = "/usr/bin/python3"   # python3-dkim is a package of Debian's; another python3 does not see it
ALGORITHMS = {"rsa": ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"),
              "rsa-4096": ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:4096"),
              "rsa-1024": ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"),
              "ed25519": ("-algorithm", "ED25519",)}


class DkimKeys:
    def __init__(self, folder):
        self.folder = Path(folder)
        self.selectors = []

    def make(self, selector, algorithm):
        openssl("genpkey", *ALGORITHMS[algorithm], "-out", f"dkim-{selector}.pem", folder=self.folder)
        os.chmod(self.folder / f"dkim-{selector}.pem", 0o600)
        self.selectors.append(selector)

    def setting(self, domain):
        keys = ", ".join(f'{{ domain = "{domain}", selector = "{one}", key = "file:dkim-{one}.pem" }}' for one in self.selectors)
        return f"dkim = [{keys}]\n"


def published(gateway):
    done = gateway.run("check")
    records = {}
    for line in done.stdout.splitlines():
        found = re.fullmatch(r'publish: (\S+)\. TXT (".*")', line)
        if found:
            records[found.group(1)] = "".join(re.findall(r'"([^"]*)"', found.group(2)))
    return records


# Reads {"messages": […], "records": {…}} as JSON; messages in Latin-1.
READER = """
import json, sys, dkim
asked = json.load(sys.stdin)
def look_up(name, timeout=5):
    return asked["records"].get(name.decode().rstrip("."), "").encode() or None
def result(message, index):
    try:
        return "pass" if dkim.DKIM(message).verify(idx=index, dnsfunc=look_up) else "fail"
    except dkim.ValidationError:
        return "fail"
    except dkim.DKIMException as error:
        return f"error: {error}"
def results(message):
    try:
        fields = dkim.rfc822_parse(message)[0]
    except dkim.MessageFormatError:
        return ["cannot read it"]
    return [result(message, index) for index in range(sum(name.lower() == b"dkim-signature" for name, _ in fields))]
json.dump([results(message.encode("latin-1")) for message in asked["messages"]], sys.stdout)
"""


def verify_all(messages, records):
    asked = json.dumps({"messages": [message.decode("latin-1") for message in messages], "records": records})
    done = subprocess.run([DEBIANS_PYTHON, "-c", READER], input=asked, capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        raise RuntimeError("python3-dkim: " + done.stderr.strip()[-2000:])
    return json.loads(done.stdout)


def verify(message, records):
    return verify_all([message], records)[0]
