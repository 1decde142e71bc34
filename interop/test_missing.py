"""A peer that cannot be had is a failure, and a counted skip only where may-be-missing.txt gives the reason."""
import unittest

from unpack import Missing, cannot_be_had, may_be_missing, needs


class MissingPeers(unittest.TestCase):
    def test_it_is_a_failure(self):
        with self.assertRaisesRegex(Missing, "the peer odd-mta cannot be had: no such package"):
            cannot_be_had("odd-mta", "no such package\n", listed={"other": "why not"})

    def test_one_that_is_listed_is_skipped_with_both_reasons(self):
        with self.assertRaisesRegex(unittest.SkipTest, r"odd-mta cannot be had \(no such package\); may-be-missing.txt: not in Debian 13"):
            cannot_be_had("odd-mta", "no such package", listed=may_be_missing("# why\nodd-mta: not in Debian 13\n"))

    def test_no_peer_is_listed_without_a_reason(self):
        for line in ("odd-mta", "odd-mta: "):
            with self.assertRaisesRegex(ValueError, "has no reason"):
                may_be_missing(line)

    def test_what_a_package_needs(self):
        control = "Package: exim4\nDepends: exim4-base (>= 4.96), debconf | debconf-2.0, libc6 (>= 2.36), libidn12 (>= 1.13), libjs-x, python3-attr\n"
        self.assertEqual(needs(control), ["libc6", "libidn12", "python3-attr"])
