"""Keys in directories (slapd): sealed to where the directory proves itself and the key counts. One that is silent, drips or cannot be
reached is left in time, and holds nothing but the mail that needs its answer."""
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

from certs import Authority
from directory import ADDRESS, NAME, BadDirectory, Directory, Entry
from lab import der
from mail_keys import PgpPerson, SmimePerson
from scene import letter
from sealing_scene import POLICY, SealedScene, armour_of, entity_of, fingerprint

PATIENCE = 8    # of one directory
LEEWAY = 7      # of a machine that has other things to do
BAD = {"silent-tls": ("silent", True), "silent": ("silent", False), "drips-tls": ("drips", True), "drips": ("drips", False),
       "unreachable": ("unreachable", True)}
RULE = """
[[rule]]
name = "in trouble"
when.to = [%s]
then = { action = "protect", methods = ["smime"], reason = "By S/MIME" }
""" % ", ".join(f'"{name}.example"' for name in (*BAD, "stranger", "refused", "nobase"))


def signed_data(folder, *certificates):
    """PKCS #7 with these certificates, as userSMIMECertificate has it (RFC 2798 §2.8)."""
    command = ["openssl", "crl2pkcs7", "-nocrl", "-outform", "DER"]
    for one in certificates:
        command += ["-certfile", one]
    return subprocess.run(command, check=True, capture_output=True, cwd=folder).stdout


def armoured(person):
    return subprocess.run(["gpg", "--homedir", person.home, "--armor", "--export", person.address], check=True, capture_output=True, text=True).stdout


def table(directory, domain, url, authority=None, more="", base=None):
    return f"""
[[keys.directory]]
url = "{url}"
base = "{base or directory.base}"
domains = ["{domain}"]
ca = "{authority.certificate}"
bind = "{directory.login}"
password = "file:directory.password"
{more}
"""


class Directories(SealedScene):
    """smime.example by StartTLS, both.example and pgp.example over TLS from the first octet. The directory is at an address that no
    stranger's data may lead to: it is the administrator's word."""
    policy = POLICY + RULE
    delivery = {"protect_patience": "1h"}
    discovery = {"egress": ["127.0.0.0/24"]}

    def configure_it(self):
        self.known = {address: SmimePerson(self.people, address, self.authority)
                      for address in ("ann@smime.example", "ann@both.example", "sue@smime.example", "may@smime.example", "joe@smime.example")}
        stranger = SmimePerson(self.people, "eve@smime.example")
        self.tom = PgpPerson(self.people, "tom@pgp.example")
        self.addClassCleanup(self.tom.close)
        entries = [Entry(address, der(person.certificate)) for address, person in self.known.items() if address != "may@smime.example"]
        may = self.known["may@smime.example"]
        entries += [Entry("eve@smime.example", der(stranger.certificate)), Entry("tom@pgp.example", openpgp=armoured(self.tom)),
                    Entry("may@smime.example", signed_data=signed_data(self.people, may.certificate, self.authority.certificate)),
                    Entry("mallory@smime.example", der(self.known["sue@smime.example"].certificate))]
        self.directory = Directory(self.stage.folder / "slapd", self.stage.authority, entries)
        self.addClassCleanup(self.directory.close)
        self.stage.zone[NAME] = {"A": [ADDRESS]}
        for name in BAD:
            self.stage.name(name + ".example")
        self.bad = {name: BadDirectory(*how) for name, how in BAD.items()}
        for one in self.bad.values():
            self.addClassCleanup(one.close)
        for name, secret in (("directory.password", self.directory.password), ("wrong.password", "a wrong word")):
            (self.gateway.folder / name).touch(mode=0o600)
            (self.gateway.folder / name).write_text(secret + "\n")
        ours, other = self.stage.authority, Authority(self.stage.folder / "stranger", "stranger")
        tls = self.directory.urls["TLS"]
        tables = (table(self.directory, "smime.example", self.directory.urls["StartTLS"], ours)
                  + table(self.directory, "both.example", tls, ours) + table(self.directory, "pgp.example", tls, ours, "proves = true")
                  + table(self.directory, "stranger.example", tls, other) + table(self.directory, "nobase.example", tls, ours, base="dc=other")
                  + table(self.directory, "refused.example", tls, ours).replace("directory.password", "wrong.password"))
        for name, one in self.bad.items():
            scheme = "ldaps" if BAD[name][1] else "ldap"
            tables += table(self.directory, name + ".example", f"{scheme}://{NAME}:{one.port}", ours)
        self.gateway.write_configuration(extra=f"""
[keys]
roots = "{self.authority.certificate}"
{tables}
[settings]
key_sources = ["ldap", "ldap-openpgp"]
""")

    def evidence(self, address):
        (delivered,) = self.gateway.wait_for(event="delivered", recipient=address)
        return "\n".join(delivered["evidence"])

    def test_a_certificate_whose_chain_is_trusted_is_sealed_to(self):
        for address, sink, how in (("ann@smime.example", self.smime, "StartTLS"), ("ann@both.example", self.both, "TLS"),
                                   ("may@smime.example", self.smime, "StartTLS")):
            with self.subTest(address):
                sent, person = self.send(address), self.known[address]
                self.assertEqual(person.opens(self.arrived(sink, address)), entity_of(sent))
                where = f"{self.directory.urls[how]}, {ADDRESS}:{self.directory.ports[how]}"
                self.assertIn(f"key {fingerprint(person.certificate)}: ldap (LDAP, {where})", self.evidence(address))

    def test_an_openpgp_key_of_a_directory_whose_word_counts_is_sealed_to(self):
        sent = self.send("tom@pgp.example")
        self.assertEqual(self.tom.opens(armour_of(self.arrived(self.pgp, "tom@pgp.example")))[0], entity_of(sent))
        self.assertIn(f"key {self.tom.fingerprint}: ldap-openpgp (LDAP, {self.directory.urls['TLS']}", self.evidence("tom@pgp.example"))

    def test_a_certificate_that_nothing_proves_or_that_is_another_s_is_not(self):
        for address in ("eve@smime.example", "mallory@smime.example"):
            with self.subTest(address):
                self.send(address)
                self.is_held(address)
                self.assertNotIn([address], [message.recipients for message in self.smime.messages])

    def test_an_address_means_itself_in_the_filter(self):
        self.send("*@smime.example")
        self.assertIn("has no key", self.is_held("*@smime.example")["reason"])

    def test_a_probe_prints_it(self):
        told = self.gateway.run("probe", "ann@smime.example", json_answer=True)
        (ldap,) = [source for source in told["keys"] if source["source"] == "ldap"]
        self.assertEqual([(key["fingerprint"], key["trust"]) for key in ldap["keys"]],
                         [(fingerprint(self.known["ann@smime.example"].certificate), "found")])
        self.assertIn(f"LDAP: 1 key(s) ({self.directory.urls['StartTLS']}", "\n".join(ldap["evidence"]))

    def test_who_is_not_the_directory_or_does_not_answer_as_one_is_trouble_and_mail_waits(self):
        for domain, why in (("stranger", "the certificate is not trusted: "), ("refused", "bind: Invalid credentials"),
                            ("nobase", "search: No such object")):
            with self.subTest(domain):
                self.send(f"bob@{domain}.example")
                self.assertIn(why, self.is_deferred(f"bob@{domain}.example", timeout=40)["reason"])

    def test_one_that_hangs_is_left_in_time_and_holds_no_other_mail(self):
        for name in BAD:
            for number in range(4):
                self.send(f"bob{number}@{name}.example")
        begin = time.monotonic()
        self.send("sue@smime.example")
        self.arrived(self.smime, "sue@smime.example", timeout=20)
        self.send_as_it_is("bob@mixed.example", letter())
        self.arrived(self.mixed, "bob@mixed.example", timeout=20)
        print(f"others after {time.monotonic() - begin:.1f} s", end=" ")
        for name in BAD:
            reason = self.is_deferred(f"bob0@{name}.example", timeout=60)["reason"]
            self.assertIn("who was asked for one gave no answer: ldap: ", reason)
            if name != "unreachable":
                self.assertGreater(self.bad[name].connections, 0)

    def test_each_kind_of_hanging_costs_its_patience_and_no_more(self):
        addresses = [f"bob@{name}.example" for name in BAD] + ["joe@smime.example"]
        self.directory.falls_silent()
        try:
            with ThreadPoolExecutor(len(addresses)) as pool:
                answers = dict(zip(addresses, pool.map(self.timed, addresses)))
        finally:
            self.directory.goes_on()
        print({address: round(seconds, 1) for address, (_, seconds) in answers.items()}, end=" ")
        for address, (answer, seconds) in answers.items():
            with self.subTest(address):
                self.assertEqual(answer["result"], "trouble", answer)
                self.assertIn("in time", answer["reason"])
                self.assertLess(seconds, 2 * PATIENCE + LEEWAY)  # ldap and ldap-openpgp ask it
                self.assertGreater(seconds, PATIENCE)
        self.assertEqual(self.asked("joe@smime.example")["result"], "found", "it was only silent")

    def timed(self, address):
        begin = time.monotonic()
        return self.asked(address), time.monotonic() - begin

    def asked(self, address):
        (answer,) = [one for one in self.gateway.run("probe", address, json_answer=True)["keys"] if one["source"] == "ldap"]
        return answer


if __name__ == "__main__":
    import unittest
    unittest.main()
