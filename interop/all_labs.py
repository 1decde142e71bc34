"""Every lab at once, without a network, until Ctrl-C: signed zones with DANE, MTA-STS policy hosts, people's keys, and a directory.

    python3 interop/all_labs.py
    postern probe …                 # with `resolver` and `delivery.port` of a lab in its configuration
"""
import contextlib
import signal
import sys
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "tests" / "outside"), str(Path(__file__).resolve().parent)]
from directory import Directory, Entry  # noqa: E402
from lab import Lab, der  # noqa: E402
from mail_keys import SmimePerson  # noqa: E402
from person_lab import PersonLab  # noqa: E402
from stage import temporary_folder  # noqa: E402
from sts_lab import StsLab  # noqa: E402


def show(title, lab):
    print(f"{title}: resolver {lab.resolver}, mail hosts at port {lab.port}, authority {lab.authority.certificate}")
    for name, domain in lab.domains.items():
        print(f"  {lab.full_name(name):45} {getattr(domain, 'expects', '')}")


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # what was started ends with us
    with contextlib.ExitStack() as ends:
        folder = temporary_folder(ends.callback)
        labs = {title: ends.enter_context(kind(folder / title)) for title, kind in {"dane": Lab, "mta-sts": StsLab, "people": PersonLab}.items()}
        for title, lab in labs.items():
            show(title, lab)
        people = labs["people"]
        bob = SmimePerson(folder / "people" / "people", "bob@directory.example", people.mail_authority)
        directory = Directory(folder / "slapd", people.authority, [Entry(bob.address, certificate=der(bob.certificate))])
        ends.callback(directory.close)
        print(f"directory: {directory.urls['TLS']} and {directory.urls['StartTLS']}, base {directory.base}, with the certificate of {bob.address}")
        print("Ctrl-C ends it", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            while True:
                time.sleep(3600)


if __name__ == "__main__":
    main()
