// Files of partners' keys, good and bad.
#include "crypto/key_import.hpp"

#include <filesystem>
#include <fstream>

#include <boost/test/unit_test.hpp>
#include <openssl/pkcs12.h>
#include <sys/stat.h>

#include "base/base64.hpp"
#include "crypto/key_export.hpp"
#include "crypto/ldif.hpp"
#include "tests/support/key_room.hpp"
#include "tests/support/mail_certificate.hpp"
#include "tests/support/pkcs7.hpp"

namespace {

using namespace postern;
using namespace postern::crypto;
using postern::test::der_of;
using postern::test::mail_certificate;
using postern::test::pkcs7_of;
using postern::test::Pki;
using postern::test::secret;
using Names = std::vector<std::string>;
namespace fs = std::filesystem;

/// Of OpenSSL 3 by default; of old Windows with the algorithms given.
std::string pkcs12_of(const Pki& own, const Pki& issuer, const char* password, int of_key = 0, int of_certificates = 0,
                      int rounds = 1) {
  STACK_OF(X509)* chain = sk_X509_new_null();
  sk_X509_push(chain, issuer.certificate.get());
  PKCS12* made = PKCS12_create(password, "own", own.key.get(), own.certificate.get(), chain, of_key, of_certificates,
                               rounds, rounds, 0);
  std::string der = made == nullptr ? "" : der_of<PKCS12>(made, i2d_PKCS12);
  PKCS12_free(made);
  sk_X509_free(chain);
  return der;
}

struct Room {
  test::Folder folder;
  ImportOptions options;
  Room() { options.now = SystemClock().now(); }

  Import read(std::string_view bytes) { return import_bytes(bytes, "file", options); }
  Names addresses(std::string_view bytes) {
    const Import import = read(bytes);
    return import.keys.size() == 1 ? import.keys[0].addresses : Names{std::to_string(import.keys.size()) + " keys"};
  }
  std::string reason(std::string_view bytes) {
    const Import import = read(bytes);
    BOOST_TEST(import.keys.empty());
    BOOST_TEST(import.identities.empty());
    return import.rejected.size() == 1 ? import.rejected[0].reason : std::to_string(import.rejected.size());
  }
  void write(const std::string& name, std::string_view bytes) {
    fs::create_directories((folder.path() / name).parent_path());
    std::ofstream(folder.path() / name, std::ios::binary) << bytes;
  }
};

const Pki root = test::authority("root");
const Pki ann = mail_certificate(&root, {.alternative = {"Ann@LAB.example"}});
const std::string ann_pem = test::pem_of(ann), ann_der = test::certificate_bytes(ann);

}  // namespace

BOOST_TEST_DONT_PRINT_LOG_VALUE(std::vector<std::string>)

BOOST_FIXTURE_TEST_SUITE(key_import, Room)

BOOST_AUTO_TEST_CASE(what_a_file_is_its_content_says) {
  const Names expected = {"ann@lab.example"};
  BOOST_TEST(addresses(ann_der) == expected);
  BOOST_TEST(addresses(ann_pem) == expected);
  BOOST_TEST(addresses("Bag Attributes\n  friendlyName: x\n" + ann_pem) == expected);
  BOOST_TEST(addresses(pkcs7_of({ann})) == expected);
  BOOST_TEST(addresses("-----BEGIN PKCS7-----\n" + format_base64(pkcs7_of({ann})) + "\n-----END PKCS7-----\n") ==
             expected);
  BOOST_TEST(addresses("dn: cn=ann\nuserCertificate;binary:: " + format_base64(ann_der) + "\n") == expected);
  BOOST_TEST(addresses("version: 1\n\ndn: cn=ann\nuserSMIMECertificate:: " + format_base64(pkcs7_of({ann})) + "\n") ==
             expected);
}

BOOST_AUTO_TEST_CASE(what_was_imported_is_pinned_and_says_where_it_came_from) {
  const KeyRecord key = read(ann_pem).keys.at(0);
  BOOST_TEST((key.trust == Trust::pinned));
  BOOST_TEST(key.source == "import: file");
  BOOST_TEST(key.fingerprint == Certificate::parse_der(ann_der)->fingerprint());
  BOOST_TEST(key.bytes == ann_der);
  BOOST_TEST((key.not_after == Certificate::parse_der(ann_der)->not_after()));
}

BOOST_AUTO_TEST_CASE(alternative_names_come_before_the_subject_and_a_directory_last) {
  const Pki both =
      mail_certificate(&root, {.subject = "old@lab.example", .alternative = {"a@lab.example", "b@lab.example"}});
  BOOST_TEST(addresses(test::pem_of(both)) == (Names{"a@lab.example", "b@lab.example"}));
  const Pki legacy = mail_certificate(&root, {.subject = "old@lab.example"});
  BOOST_TEST(addresses(test::pem_of(legacy)) == Names{"old@lab.example"});
  const auto entry = [](const Pki& of) {
    return "dn: cn=x\nmail: dir@lab.example\nuserCertificate;binary:: " + format_base64(test::certificate_bytes(of)) +
           "\n";
  };
  BOOST_TEST(addresses(entry(legacy)) == Names{"old@lab.example"});
  BOOST_TEST(addresses(entry(mail_certificate(&root, {}))) == Names{"dir@lab.example"});
}

BOOST_AUTO_TEST_CASE(an_administrator_binds_a_certificate_to_what_it_does_not_name) {
  options.bind_to = {"@Lab.example", "eve@other.example"};
  BOOST_TEST(addresses(ann_pem) == (Names{"@lab.example", "eve@other.example"}));
  BOOST_TEST(addresses(ann_pem + test::pem_of(root)) == (Names{"@lab.example", "eve@other.example"}));
  BOOST_TEST(addresses(test::pem_of(root)) == (Names{"@lab.example", "eve@other.example"}));  // a gateway's, by itself
  const Pki bob = mail_certificate(&root, {.alternative = {"bob@lab.example"}});
  BOOST_TEST(read(ann_pem + test::pem_of(bob)).keys.empty());
}

BOOST_AUTO_TEST_CASE(no_name_in_a_certificate_claims_a_domain) {
  BOOST_TEST(
      reason(test::pem_of(mail_certificate(&root, {.subject = "@lab.example"}))).starts_with("it names no mail"));
}

BOOST_AUTO_TEST_CASE(an_authority_is_nobodys_certificate_unless_it_names_somebody) {
  BOOST_TEST(reason(test::pem_of(root)) == "a certification authority's certificate, and nobody's own");
  const Pki own = mail_certificate(nullptr, {.alternative = {"self@lab.example"}, .is_ca = true});
  BOOST_TEST(addresses(test::pem_of(own)) == Names{"self@lab.example"});
}

BOOST_AUTO_TEST_CASE(each_thing_that_is_left_out_is_told) {
  BOOST_TEST(reason("") == "it is empty");
  BOOST_TEST(reason("hello").starts_with("neither PEM"));
  BOOST_TEST(reason(std::string(100, '\0')).starts_with("neither PEM"));
  BOOST_TEST(reason("\x30\x82").starts_with("DER, but neither"));
  BOOST_TEST(reason("-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n") == "a PEM block that is damaged");
  BOOST_TEST(reason("-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n") == "neither a certificate nor PKCS#7");
  BOOST_TEST(reason(test::pem_of(mail_certificate(&root, {}))) == "it names no mail address: --for says whose it is");
  BOOST_TEST(reason(test::pem_of(mail_certificate(&root, {.alternative = {"a@lab.example"}, .to_days = -1})))
                 .starts_with("it expired on "));
  BOOST_TEST(reason(ann_der + "x").starts_with("DER, but neither"));
  BOOST_TEST(reason(test::key_pem_of(ann)) == "a private key without its certificate");
  BOOST_TEST(reason("-----BEGIN PGP PUBLIC KEY BLOCK-----\n") == "OpenPGP keys are not read by this build");
  BOOST_TEST(reason("\x99\x01") == "OpenPGP keys are not read by this build");
}

BOOST_AUTO_TEST_CASE(a_bad_block_takes_no_good_one_with_it) {
  const std::string bad = "-----BEGIN CERTIFICATE-----\nAAAA\n",
                    worse = "-----BEGIN CERTIFICATE-----\n&&&\n-----END CERTIFICATE-----\n";
  const Import import =
      read(bad + ann_pem + worse + test::pem_of(mail_certificate(&root, {.alternative = {"b@lab.example"}})));
  BOOST_TEST(import.keys.size() == 2U);
  BOOST_REQUIRE(import.rejected.size() == 2U);
  BOOST_TEST(import.rejected[0].file == "file, block 1");
  BOOST_TEST(import.rejected[1].file == "file, block 3");
}

BOOST_AUTO_TEST_CASE(ldif_is_read_entry_by_entry) {
  const std::string text =
      "# a directory\n#  folded\nversion: 1\n\n"
      "dn: cn=bad\nuserCertificate;binary:: !!!\n\n"
      "dn: cn=elsewhere\nuserCertificate;binary:< file:///etc/passwd\n\n"
      "dn: cn=change\nchangetype: delete\n\n"
      "cn: no dn\n\n" +
      format_ldif({{"dn", "cn=ann"}, {"userCertificate;binary", ann_der}}) + "dn: cn=nobody\ncn: nobody\n";
  const Import import = read(text);
  BOOST_REQUIRE(import.keys.size() == 1U);
  BOOST_TEST(import.keys[0].addresses == Names{"ann@lab.example"});
  BOOST_TEST(import.rejected.size() == 4U);
  BOOST_TEST(import.rejected[1].reason == "line 9: a value that lies elsewhere is not fetched");
}

BOOST_AUTO_TEST_CASE(openpgp_keys_come_by_the_reader_that_is_given) {
  options.read_openpgp = [](std::string_view) -> Result<OpenpgpFile> {
    OpenpgpFacts key;
    key.fingerprint = std::string(40, 'a');
    key.bytes = "key";
    key.addresses = {"Bob@lab.example", "@lab.example", "nonsense"};
    return OpenpgpFile{{key}, {"another key: broken"}};
  };
  const Import import = read("-----BEGIN PGP PUBLIC KEY BLOCK-----\n");
  BOOST_REQUIRE(import.keys.size() == 1U);
  BOOST_TEST(import.keys[0].addresses == Names{"bob@lab.example"});
  BOOST_TEST((import.keys[0].kind == KeyKind::openpgp));
  BOOST_TEST(import.rejected.at(0).reason == "another key: broken");
}

// Private keys

BOOST_AUTO_TEST_CASE(a_certificate_with_its_key_is_an_identity_and_authorities_are_its_chain) {
  const Pki middle = mail_certificate(&root, {.is_ca = true});
  const Pki own = mail_certificate(&middle, {.alternative = {"seal@clinic.example"}});
  const std::string all = test::pem_of(root) + test::pem_of(middle) + test::pem_of(own) + test::key_pem_of(own);
  const Import import = read(all);
  BOOST_TEST(import.keys.empty());
  BOOST_TEST(import.rejected.empty());
  BOOST_REQUIRE(import.identities.size() == 1U);
  const SigningIdentity& identity = import.identities[0];
  BOOST_TEST(identity.addresses == Names{"seal@clinic.example"});
  BOOST_TEST(identity.chain == Names{test::certificate_bytes(middle)});
  BOOST_TEST(load_signing_key(identity, ".").has_value());
}

BOOST_AUTO_TEST_CASE(pkcs12_opens_with_its_password_whoever_wrote_it) {
  struct Form {
    int of_key, of_certificates;
  };
  for (const Form form :
       {Form{0, 0}, Form{NID_pbe_WithSHA1And3_Key_TripleDES_CBC, NID_pbe_WithSHA1And3_Key_TripleDES_CBC},
        Form{NID_aes_128_cbc, NID_aes_128_cbc}, Form{-1, -1}}) {
    options.password = secret("pass word");
    const std::string file = pkcs12_of(ann, root, "pass word", form.of_key, form.of_certificates);
    BOOST_REQUIRE(!file.empty());
    const Import import = read(file);
    BOOST_REQUIRE(import.identities.size() == 1U);
    BOOST_TEST(import.identities[0].addresses == Names{"ann@lab.example"});
    BOOST_TEST(load_signing_key(import.identities[0], ".").has_value());
    options.password = secret("another");
    BOOST_TEST(reason(file) == "the password does not open this PKCS#12 file");
    options.password = {};
    BOOST_TEST(reason(file) == "a PKCS#12 file that needs its password");
  }
}

BOOST_AUTO_TEST_CASE(pkcs12_as_windows_wrote_it_for_long_opens_too) {
  std::ifstream in(SOURCE_DIR "/tests/cases/keys/windows-rc2.p12", std::ios::binary);
  const std::string file{std::istreambuf_iterator<char>(in), {}};
  options.password = secret("windows");
  options.now = Time(std::chrono::hours(24 * 365 * 56));
  const Import import = read(file);
  BOOST_REQUIRE(import.identities.size() == 1U);
  BOOST_TEST(import.identities[0].addresses == Names{"old@clinic.example"});
}

BOOST_AUTO_TEST_CASE(a_password_that_is_empty_or_none_opens_what_has_none) {
  BOOST_TEST(read(pkcs12_of(ann, root, "")).identities.size() == 1U);
  BOOST_TEST(read(pkcs12_of(ann, root, nullptr)).identities.size() == 1U);
}

BOOST_AUTO_TEST_CASE(pkcs12_that_would_keep_us_busy_is_not_begun) {
  options.password = secret("p");
  BOOST_TEST(reason(pkcs12_of(ann, root, "p", 0, 0, 1'000'001)).find("1000000 times") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(another_certificates_private_key_makes_no_identity) {
  const Import import = read(ann_pem + test::key_pem_of(root));
  BOOST_TEST(import.identities.empty());
  BOOST_TEST(import.keys.size() == 1U);
  BOOST_TEST(import.rejected.at(0).reason == "a private key without its certificate");
}

// Folders and limits

BOOST_AUTO_TEST_CASE(one_bad_file_does_not_stop_a_folder) {
  write("a.txt", "nonsense");
  write("b.jpg", ann_pem);
  write("below/c", test::pem_of(mail_certificate(&root, {.alternative = {"c@lab.example"}})));
  write("d", "");
  fs::create_symlink("/etc/passwd", folder.path() / "link");
  ::mkfifo((folder.path() / "pipe").c_str(), 0600);
  const Import import = import_path(folder.path(), options);
  BOOST_TEST(import.keys.size() == 2U);
  Names files;
  for (const Rejected& one : import.rejected)
    files.push_back(one.file);
  BOOST_TEST(files == (Names{"a.txt", "d", "link", "pipe"}));
}

BOOST_AUTO_TEST_CASE(limits_hold_and_say_so) {
  options.limits.octets = ann_pem.size();
  BOOST_TEST(addresses(ann_pem) == Names{"ann@lab.example"});
  BOOST_TEST(reason(ann_pem + " ") == "larger than " + std::to_string(ann_pem.size()) + " octets");
  options.limits = {};
  options.limits.items = 3;
  std::string many;
  for (int i = 0; i < 5; ++i)
    many += ann_pem;
  const Import import = read(many);
  BOOST_TEST(import.keys.size() == 3U);
  BOOST_TEST(import.rejected.at(0).reason == "too many blocks; the rest is not read");
  options.limits.files = 2;
  for (const char* name : {"1", "2", "3"})
    write(name, ann_pem);
  const Import folders = import_path(folder.path(), options);
  BOOST_TEST(folders.files == 2U);
  BOOST_TEST(folders.rejected.at(0).reason == "too many files: the rest is not read");
}

BOOST_AUTO_TEST_CASE(what_is_not_there_says_so) {
  const Import import = import_path(folder.path() / "nowhere", options);
  BOOST_REQUIRE(import.rejected.size() == 1U);
  BOOST_TEST(import.rejected[0].reason == "cannot be read: No such file or directory");
}

// Export

BOOST_AUTO_TEST_CASE(what_was_exported_imports_the_same) {
  const std::vector<KeyRecord> keys = read(ann_pem).keys;
  BOOST_TEST(export_text(keys) == ann_pem);
  for (const std::string& text : {export_text(keys), export_ldif(keys)}) {
    const Import back = read(text);
    BOOST_REQUIRE(back.keys.size() == 1U);
    BOOST_TEST(back.keys[0].bytes == keys[0].bytes);
    BOOST_TEST(back.keys[0].addresses == keys[0].addresses);
  }
}

BOOST_AUTO_TEST_SUITE_END()
