#include "crypto/openpgp_key.hpp"

#include <boost/test/unit_test.hpp>

#include "crypto/openpgp_packets.hpp"
#include "tests/support/openpgp.hpp"

namespace {

using namespace postern;
using namespace postern::crypto;
using test::pgp_case;

const Time now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 28);
const Time in_2020 = std::chrono::sys_days(std::chrono::year(2020) / 6 / 1);

OpenpgpKey key(const std::string& name) {
  auto read = parse_openpgp_key(pgp_case(name));
  BOOST_REQUIRE_MESSAGE(read, name << ": " << read.error().text << " " << read.error().detail);
  return *std::move(read);
}

std::string part(const std::string& name, Time at = now) {
  const auto chosen = encryption_part(key(name), at);
  return chosen ? chosen->fingerprint : chosen.error().text;
}

std::string refusal(const std::string& name) {
  const auto read = parse_openpgp_key(pgp_case(name));
  return read ? "it is read" : read.error().text;
}

bool has(const std::string& text, const std::string& word) {
  return text.find(word) != std::string::npos;
}

/// The packets of a key of the cases, with the octets that they lie in.
struct Taken {
  explicit Taken(const std::string& name) : bytes(key(name).bytes), packets(split_packets(bytes, 100).value()) {}
  std::string bytes;
  std::vector<Packet> packets;
};

using Strings = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_SUITE(openpgp_key)

BOOST_AUTO_TEST_CASE(what_a_key_says_of_itself) {
  const OpenpgpKey plain = key("plain");
  BOOST_TEST(plain.primary.fingerprint.size() == 40U);
  BOOST_TEST(plain.primary.algorithm == "EDDSA");
  BOOST_TEST(!plain.primary.encrypts);
  BOOST_TEST((plain.primary.created == std::chrono::sys_days(std::chrono::year(2024) / 1 / 1)));
  BOOST_TEST(!plain.primary.expires.has_value());
  BOOST_TEST(!plain.primary.revoked.has_value());
  BOOST_TEST(plain.user_ids == Strings{"Ann Lee <Ann@Clinic.example>"});
  BOOST_TEST(plain.addresses == Strings{"ann@clinic.example"});
  BOOST_REQUIRE(plain.subkeys.size() == 1U);
  BOOST_TEST(part("plain") == plain.subkeys.front().fingerprint);
}

BOOST_AUTO_TEST_CASE(binary_and_armoured_are_the_same_key) {
  const OpenpgpKey plain = key("plain");
  const auto binary = parse_openpgp_key(plain.bytes);
  BOOST_REQUIRE(binary);
  BOOST_TEST(binary->primary.fingerprint == plain.primary.fingerprint);
  BOOST_TEST(binary->bytes == plain.bytes);
}

BOOST_AUTO_TEST_CASE(several_keys_in_one_file_each_with_its_own_bytes) {
  const auto file = parse_openpgp_keys(pgp_case("keyring"));
  BOOST_REQUIRE(file);
  BOOST_TEST(file->keys.size() == 2U);
  BOOST_REQUIRE(file->refused.size() == 1U);
  BOOST_TEST(has(file->refused[0], "RSA of 1024 bits is too short"));
  for (const OpenpgpKey& one : file->keys)
    BOOST_TEST(parse_openpgp_key(one.bytes)->primary.fingerprint == one.primary.fingerprint);
  BOOST_TEST(!parse_openpgp_key(pgp_case("keyring")));
}

BOOST_AUTO_TEST_CASE(several_armoured_blocks_in_one_file) {
  const auto file =
      parse_openpgp_keys("words before\n" + pgp_case("plain") + "\nand between\n" + pgp_case("two_subkeys"));
  BOOST_REQUIRE(file);
  BOOST_TEST(file->keys.size() == 2U);
}

BOOST_AUTO_TEST_CASE(photographs_revoked_names_and_others_certifications_are_left_out) {
  const OpenpgpKey many = key("many");
  Strings addresses = many.addresses;
  std::ranges::sort(addresses);
  BOOST_TEST(addresses == (Strings{"ann@clinic.example", "ann@xn--bcher-kva.example"}));
  const auto packets = split_packets(many.bytes, 100);
  BOOST_REQUIRE(packets);
  for (const Packet& one : *packets) {
    BOOST_TEST(one.tag != packet::user_attribute);
    if (one.tag != packet::signature) continue;
    for (const std::string& issuer : read_signature_packet(one.body).issuers)
      BOOST_TEST(fingerprint_v4(packets->front().body).ends_with(issuer));
  }
  BOOST_TEST(has(pgp_case("many"), "BEGIN"));
  BOOST_TEST(many.bytes.size() < 2'000U);  // the photograph alone is more
}

BOOST_AUTO_TEST_CASE(which_part_is_encrypted_to) {
  const OpenpgpKey two = key("two_subkeys"), revoked = key("newer_revoked"), rsa = key("rsa_primary");
  BOOST_TEST(part("two_subkeys") == two.subkeys[1].fingerprint);  // the newer one
  BOOST_TEST(part("newer_revoked") == revoked.subkeys[0].fingerprint);
  BOOST_TEST(part("rsa_primary") == rsa.primary.fingerprint);
  // Before the newer one was made, the older one.
  BOOST_TEST(part("two_subkeys", std::chrono::sys_days(std::chrono::year(2024) / 6 / 1)) == two.subkeys[0].fingerprint);
}

BOOST_AUTO_TEST_CASE(why_there_is_none) {
  BOOST_TEST(has(part("expired"), "cannot be used: it expired 2021-01-01T12:00:00.000Z"));
  BOOST_TEST(has(part("revoked"), "cannot be used: it was revoked "));
  BOOST_TEST(has(part("subkey_expired"), ": it expired 2021-01-01T12:00:00.000Z"));
  BOOST_TEST(has(part("sign_only"), "it has none for encryption"));
  BOOST_TEST(has(part("elgamal1024"), "ElGamal of 1024 bits is too short"));
  BOOST_TEST(has(part("future"), "not valid before 2050-01-01") +
                 has(part("future"), "no signature of its own that holds") ==
             1);
  for (const char* name : {"expired", "revoked", "subkey_expired", "sign_only", "elgamal1024"})
    BOOST_TEST(has(part(name), key(name).primary.fingerprint), name << " names no key");
}

BOOST_AUTO_TEST_CASE(time_is_judged_at_the_moment_that_is_asked) {
  const OpenpgpKey old = key("subkey_expired");
  BOOST_TEST(part("subkey_expired", in_2020) == old.subkeys[0].fingerprint);
  BOOST_TEST((usable_until(old, in_2020) == old.subkeys[0].expires));
  BOOST_TEST((usable_until(key("plain"), now) == std::nullopt));
}

BOOST_AUTO_TEST_CASE(keys_that_are_never_used_and_the_reason) {
  BOOST_TEST(has(refusal("v3"), "is of version 3, whose fingerprint can be forged"));
  BOOST_TEST(has(refusal("v6"), "is of version 6, and the OpenPGP library here reads version 4 only"));
  BOOST_TEST(has(refusal("x25519"), "algorithm 27 is not known"));
  BOOST_TEST(has(refusal("rsa1024"), "RSA of 1024 bits is too short"));
  BOOST_TEST(has(refusal("dsa1024"), "DSA of 1024 bits is too short"));
}

// librnp's rule: SHA-1 was good enough for a self-signature until 2024-01-19, since its owner alone chooses what is
// signed.
BOOST_AUTO_TEST_CASE(self_signatures_with_sha1_hold_where_they_are_old) {
  BOOST_TEST(has(part("sha1"), "no signature of its own that holds"));
  BOOST_TEST(part("sha1_2018") == key("sha1_2018").subkeys[0].fingerprint);
  BOOST_TEST(key("sha1").addresses.empty());
}

BOOST_AUTO_TEST_CASE(a_secret_key_is_no_recipients_key) {
  const test::PgpKey own = test::make_pgp_key("own@clinic.example");
  const auto read = parse_openpgp_key(own.secret_key);
  BOOST_REQUIRE(!read);
  BOOST_TEST(has(read.error().text, "a secret key is in the file"));
}

BOOST_AUTO_TEST_CASE(a_subkey_that_the_primary_key_did_not_sign_is_not_used) {
  // Somebody else's subkey with its signature, put behind Ann's key.
  const Taken theirs("two_subkeys");
  std::string forged = key("sign_only").bytes;
  for (std::size_t i = 3; i < theirs.packets.size(); ++i)
    forged += theirs.packets[i].whole;
  const auto read = parse_openpgp_key(forged);
  BOOST_REQUIRE(read);
  BOOST_TEST(read->subkeys.size() == 2U);
  const auto chosen = encryption_part(*read, now);
  BOOST_REQUIRE(!chosen);
  BOOST_TEST(has(chosen.error().text, "does not hold"));
}

BOOST_AUTO_TEST_CASE(a_user_id_that_the_primary_key_did_not_sign_is_no_address) {
  const Taken ours("plain"), theirs("two_subkeys");
  std::string forged(ours.packets[0].whole);
  forged += theirs.packets[1].whole;
  forged += theirs.packets[2].whole;
  for (std::size_t i = 1; i < ours.packets.size(); ++i)
    forged += ours.packets[i].whole;
  const auto read = parse_openpgp_key(forged);
  BOOST_REQUIRE(read);
  BOOST_TEST(read->addresses == Strings{"ann@clinic.example"});
}

BOOST_AUTO_TEST_CASE(hostile_files_are_refused_within_limits) {
  BOOST_TEST((parse_openpgp_keys(std::string(1U << 21, 'x')).error().code == Errc::limit));
  std::string packets;
  for (int i = 0; i < 5'001; ++i)
    packets += std::string("\xcd\x01x", 3);
  BOOST_TEST((parse_openpgp_keys(packets).error().code == Errc::limit));
  // One key under a flood of signatures that claim to be its own.
  const Taken plain("plain");
  std::string flood(plain.packets[0].whole);
  flood += plain.packets[1].whole;
  for (int i = 0; i < 300; ++i)
    flood += plain.packets[2].whole;
  const auto flooded = parse_openpgp_keys(flood);
  BOOST_REQUIRE(flooded);
  BOOST_REQUIRE(flooded->refused.size() == 1U);
  BOOST_TEST(has(flooded->refused[0], "more than 200 packets"));
}

BOOST_AUTO_TEST_CASE(an_exponent_as_long_as_the_modulus_is_not_tried) {
  const auto mpi = [](unsigned bits) {
    std::string number = {static_cast<char>(bits >> 8), static_cast<char>(bits)};
    return number + '\xff' + std::string(bits / 8 - 1, '\x01');
  };
  std::string body = std::string("\x04\x60\x00\x00\x00\x01", 6) + mpi(4096) + mpi(4096);
  const std::string packet =
      std::string("\x99") + static_cast<char>(body.size() >> 8) + static_cast<char>(body.size()) + body;
  const auto read = parse_openpgp_keys(packet);
  BOOST_REQUIRE(read);
  BOOST_REQUIRE(read->refused.size() == 1U);
  BOOST_TEST(has(read->refused[0], "exponent"));
}

BOOST_AUTO_TEST_CASE(what_is_cut_off_is_no_key) {
  const std::string whole = key("plain").bytes;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto read = parse_openpgp_key(std::string_view(whole).substr(0, size));
    if (read) BOOST_TEST(!encryption_part(*read, now), "usable after " << size << " octets");
  }
  for (const char* text : {"", "nothing", "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nxx",
                           "-----BEGIN PGP MESSAGE-----\n\n=aaaa\n-----END PGP MESSAGE-----\n"})
    BOOST_TEST(!parse_openpgp_keys(text));
}

BOOST_AUTO_TEST_SUITE_END()
