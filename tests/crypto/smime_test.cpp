// What we seal, opened by OpenSSL's own reader: octet for octet the entity, whatever it is made of.
#include "crypto/smime.hpp"

#include <set>

#include <boost/test/unit_test.hpp>

#include "crypto/recipient_key.hpp"
#include "tests/crypto/cms_reader.hpp"

namespace {

using namespace postern;
using namespace postern::test;
using crypto::ContentCipher;
using crypto::RsaTransport;
using crypto::SignatureForm;

const std::string type = "Content-Type: text/plain; charset=utf-8\r\n\r\n";

std::string every_octet() {
  std::string all;
  for (int i = 0; i < 256; ++i)
    all += static_cast<char>(i);
  return all;
}

const std::pair<const char*, std::string> entities[] = {
    {"text", type + "Hello\r\n"},
    {"no body", type},
    {"nothing at all", ""},
    {"no line end at the end", type + "Hello"},
    {"only a line end", "\r\n"},
    {"eight bit",
     "Content-Transfer-Encoding: 8bit\r\n\r\nGr\xc3\xbc\xc3\x9f"
     "e \xff\xfe\r\n"},
    {"every octet", "Content-Transfer-Encoding: binary\r\n\r\n" + every_octet() + every_octet()},
    {"bare CR and LF", type + "a\rb\nc\r\n\n\r\r\n"},
    {"blanks at line ends", type + "a  \r\n \t\r\n\r\n\r\n"},
    {"dashes", type + "--\r\n----\r\n-- \r\n--=_\r\n"},
    {"a long line", type + std::string(100'000, 'x') + "\r\n"},
};

MailPki recipient(const std::string& kind) {
  static const MailPki root = mail_authority("recipients' root");
  return issue_mail(&root, {.addresses = {"bob@lab.example"}, .key = kind});
}
const MailPki& senders_root() {
  static const MailPki root = mail_authority("senders' root");
  return root;
}
crypto::SmimeSigner signer(const std::string& kind) {
  const MailPki ann = issue_mail(&senders_root(), {.addresses = {"ann@clinic.example"}, .key = kind});
  return {.certificate = reread(ann.certificate), .key = ann.key, .chain = {}};
}

std::string encrypted(std::string_view entity, const std::vector<MailPki>& to,
                      ContentCipher cipher = ContentCipher::aes256_cbc,
                      RsaTransport transport = RsaTransport::by_certificate) {
  std::vector<crypto::Certificate> certificates;
  for (const MailPki& one : to)
    certificates.push_back(reread(one.certificate));
  const auto sealed = crypto::encrypt_smime(entity, certificates, cipher, transport);
  BOOST_REQUIRE_MESSAGE(sealed.has_value(), (sealed ? "" : sealed.error().text + ": " + sealed.error().detail));
  BOOST_TEST(ERR_peek_error() == 0UL);
  return *sealed;
}
std::string signed_as(std::string_view entity, const crypto::SmimeSigner& by, SignatureForm form) {
  const auto made = crypto::sign_smime(entity, by, form);
  BOOST_REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error().text + ": " + made.error().detail));
  BOOST_TEST(ERR_peek_error() == 0UL);
  return *made;
}
std::string form_of(const std::string& sealed) {
  return text_form(read_cms(decode_base64(split_mime(sealed).body)).get());
}
bool has(std::string_view text, std::string_view what) {
  return text.contains(what);
}

BOOST_AUTO_TEST_SUITE(smime)

BOOST_AUTO_TEST_SUITE(encryption)

BOOST_AUTO_TEST_CASE(every_kind_of_key_opens_every_entity_octet_for_octet) {
  for (const char* kind : {"rsa2048", "p256", "p384", "p521"}) {
    for (const ContentCipher cipher : {ContentCipher::aes256_cbc, ContentCipher::aes256_gcm}) {
      for (const auto& [name, entity] : entities) {
        const MailPki bob = recipient(kind);
        const auto opened = open_cms(encrypted(entity, {bob}, cipher), bob);
        BOOST_TEST((opened == entity), kind << ", " << name);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(twenty_five_megabytes) {
  std::string entity = type;
  while (entity.size() < 25'000'000)
    entity += "0123456789 abcdefghij\r\n";
  const MailPki bob = recipient("p256");
  for (const ContentCipher cipher : {ContentCipher::aes256_cbc, ContentCipher::aes256_gcm})
    BOOST_TEST((open_cms(encrypted(entity, {bob}, cipher), bob) == entity));
  const auto parts = split_signed(signed_as(entity, signer("p256"), SignatureForm::clear));
  BOOST_REQUIRE(parts.has_value());
  BOOST_TEST((parts->entity == entity));
  BOOST_TEST(check_signature(parts->signature, &parts->entity, senders_root()).has_value());
}

BOOST_AUTO_TEST_CASE(the_entity_says_what_it_is) {
  const auto cbc = split_mime(encrypted(type, {recipient("p256")}));
  BOOST_TEST(cbc.fields ==
             "Content-Type: application/pkcs7-mime; smime-type=enveloped-data;\r\n name=\"smime.p7m\"\r\n"
             "Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=\"smime.p7m\"\r\n");
  const auto gcm = split_mime(encrypted(type, {recipient("p256")}, ContentCipher::aes256_gcm));
  BOOST_TEST(has(gcm.fields, "smime-type=authEnveloped-data;"));
}

BOOST_AUTO_TEST_CASE(the_algorithms_are_those_of_the_specification) {
  const std::string rsa = form_of(encrypted(type, {recipient("rsa2048")}));
  BOOST_TEST(has(rsa, "pkcs7-envelopedData"));
  BOOST_TEST(has(rsa, "aes-256-cbc"));
  BOOST_TEST(has(rsa, "rsaEncryption"));
  const std::string ecdh = form_of(encrypted(type, {recipient("p384")}, ContentCipher::aes256_gcm));
  BOOST_TEST(has(ecdh, "authEnvelopedData"));
  BOOST_TEST(has(ecdh, "aes-256-gcm"));
  BOOST_TEST(has(ecdh, "dhSinglePass-stdDH-sha256kdf-scheme"));
  BOOST_TEST(has(ecdh, "id-aes256-wrap"));
}

BOOST_AUTO_TEST_CASE(every_recipient_opens_it_and_nobody_else) {
  const std::vector<MailPki> to = {recipient("rsa2048"), recipient("p256"), recipient("p384")};
  for (const ContentCipher cipher : {ContentCipher::aes256_cbc, ContentCipher::aes256_gcm}) {
    const std::string sealed = encrypted(type + "for three", to, cipher);
    for (const MailPki& one : to)
      BOOST_TEST((open_cms(sealed, one) == type + "for three"));
    BOOST_TEST(!open_cms(sealed, recipient("p256/other")).has_value());
    BOOST_TEST(!open_cms(sealed, recipient("rsa2048/other")).has_value());
  }
}

BOOST_AUTO_TEST_CASE(a_certificate_that_is_given_twice_is_in_it_once) {
  const MailPki bob = recipient("p256");
  const CmsPtr cms = read_cms(decode_base64(split_mime(encrypted(type, {bob, bob, recipient("rsa2048")})).body));
  BOOST_TEST(sk_CMS_RecipientInfo_num(CMS_get0_RecipientInfos(cms.get())) == 2);
}

BOOST_AUTO_TEST_CASE(no_two_messages_are_alike) {
  std::set<std::string> all;
  for (int i = 0; i < 20; ++i)
    all.insert(encrypted(type, {recipient("p256")}));
  BOOST_TEST(all.size() == 20U);
}

BOOST_AUTO_TEST_CASE(a_changed_octet_is_noticed_with_gcm) {
  const MailPki bob = recipient("p256");
  const std::string sealed = encrypted(type + "the dose is 10 mg", {bob}, ContentCipher::aes256_gcm);
  const auto [fields, body] = split_mime(sealed);
  std::string der = decode_base64(body);
  der[der.size() - 20] ^= 1;  // the last octets of the content; the tag's follow
  const CmsPtr cms = read_cms(der);
  BOOST_REQUIRE(cms);
  const crypto::Bio out = crypto::write_bio();
  BOOST_TEST(CMS_decrypt(cms.get(), bob.key.get(), bob.certificate.get(), nullptr, out.get(), CMS_BINARY) != 1);
  ERR_clear_error();
}

BOOST_AUTO_TEST_CASE(lengths_are_definite_throughout) {
  // BER of indefinite length ends with its end-of-contents octets; not every reader takes it.
  const std::string der = decode_base64(split_mime(encrypted(type + "x", {recipient("p256")})).body);
  BOOST_TEST(static_cast<unsigned char>(der[1]) != 0x80U);
  unsigned char* again = nullptr;
  const int size = i2d_CMS_ContentInfo(read_cms(der).get(), &again);
  BOOST_TEST((der == std::string(reinterpret_cast<char*>(again), static_cast<std::size_t>(size))));
  OPENSSL_free(again);
}

BOOST_AUTO_TEST_SUITE(oaep)

BOOST_AUTO_TEST_CASE(is_taken_where_it_is_asked_for) {
  const MailPki bob = recipient("rsa2048");
  const std::string sealed = encrypted(type, {bob}, ContentCipher::aes256_cbc, RsaTransport::oaep);
  BOOST_TEST(has(form_of(sealed), "rsaesOaep"));
  BOOST_TEST((open_cms(sealed, bob) == type));
}

BOOST_AUTO_TEST_CASE(is_taken_where_the_certificate_demands_it) {
  MailPki bob = recipient("rsa-oaep");
  BOOST_REQUIRE(X509_get0_pubkey(reread(bob.certificate).get()) == nullptr);  // OpenSSL itself cannot load that key
  ERR_clear_error();
  const auto key = crypto::recipient_key(reread(bob.certificate));
  BOOST_REQUIRE(key.has_value());
  BOOST_TEST(key->bits == 2048);
  BOOST_TEST((key->algorithm == crypto::KeyAlgorithm::rsa));
  const std::string sealed = encrypted(type + "oaep", {bob});
  BOOST_TEST(has(form_of(sealed), "rsaesOaep"));
  bob.certificate = key->certificate;  // OpenSSL's reader needs a key that it can load, under the same name and number
  BOOST_TEST((open_cms(sealed, bob) == type + "oaep"));
}

BOOST_AUTO_TEST_CASE(with_the_digests_that_the_certificate_names) {
  // RSAES-OAEP-params: SHA-256, and MGF1 with SHA-256 (RFC 4055 §4.1).
  const char parameters[] =
      "\x30\x2f\xa0\x0f\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00"
      "\xa1\x1c\x30\x1a\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01"
      "\x05\x00";
  MailPki bob = recipient("rsa2048");
  mark_for_oaep(bob.certificate.get(), std::string(parameters, sizeof parameters - 1));
  const auto key = crypto::recipient_key(reread(bob.certificate));
  BOOST_REQUIRE(key.has_value());
  BOOST_TEST(EVP_MD_get_type(key->oaep_digest) == NID_sha256);
  BOOST_TEST(EVP_MD_get_type(key->oaep_mask) == NID_sha256);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(refusals)

void check_refused(const MailPki& to, std::string_view reason) {
  const auto sealed =
      crypto::encrypt_smime(type, {recipient("p256").certificate, reread(to.certificate)}, ContentCipher::aes256_cbc);
  BOOST_REQUIRE(!sealed.has_value());
  BOOST_TEST((sealed.error().code == Errc::invalid));
  BOOST_TEST(has(sealed.error().text, reason), sealed.error().text);
  BOOST_TEST(has(sealed.error().text, to.certificate.fingerprint()), sealed.error().text);
}

BOOST_AUTO_TEST_CASE(nobody) {
  BOOST_TEST(!crypto::encrypt_smime(type, {}, ContentCipher::aes256_cbc).has_value());
}
BOOST_AUTO_TEST_CASE(x25519) {
  check_refused(recipient("x25519"), "X25519");
}
BOOST_AUTO_TEST_CASE(ed25519) {
  check_refused(recipient("ed25519"), "Ed25519");
}
BOOST_AUTO_TEST_CASE(rsassa_pss) {
  check_refused(recipient("rsa-pss"), "RSASSA-PSS");
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(signatures)

BOOST_AUTO_TEST_CASE(a_clear_one_holds_over_every_entity_as_it_stands) {
  for (const char* kind : {"rsa2048", "p256", "p384", "p521", "rsa-pss", "rsa-pss-sha384"}) {
    for (const auto& [name, entity] : entities) {
      const auto parts = split_signed(signed_as(entity, signer(kind), SignatureForm::clear));
      BOOST_REQUIRE_MESSAGE(parts.has_value(), kind << ", " << name);
      BOOST_TEST((parts->entity == entity), kind << ", " << name);
      BOOST_TEST(check_signature(parts->signature, &parts->entity, senders_root()).has_value(), kind << ", " << name);
      const std::string changed = entity + " ";
      BOOST_TEST(!check_signature(parts->signature, &changed, senders_root()).has_value());
    }
  }
}

BOOST_AUTO_TEST_CASE(an_opaque_one_brings_every_entity_as_it_stands) {
  for (const char* kind : {"rsa2048", "p256", "p384", "rsa-pss"}) {
    for (const auto& [name, entity] : entities) {
      const auto [fields, body] = split_mime(signed_as(entity, signer(kind), SignatureForm::opaque));
      BOOST_TEST(has(fields, "application/pkcs7-mime; smime-type=signed-data;"));
      BOOST_TEST((check_signature(decode_base64(body), nullptr, senders_root()) == entity), kind << ", " << name);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_layout_is_the_one_of_rfc_8551) {
  const std::string entity = type + "Hello\r\n";
  const std::string made = signed_as(entity, signer("rsa2048"), SignatureForm::clear);
  const auto parts = split_signed(made);
  BOOST_REQUIRE(parts.has_value());
  const std::string& line = parts->boundary;
  const std::string before =
      "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\";\r\n micalg=sha-256; boundary=\"" +
      line + "\"\r\n\r\n--" + line + "\r\n" + entity + "\r\n--" + line +
      "\r\nContent-Type: application/pkcs7-signature; name=\"smime.p7s\"\r\n"
      "Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=\"smime.p7s\"\r\n\r\n";
  BOOST_TEST(made.substr(0, before.size()) == before);
  BOOST_TEST(line.size() <= 70U);  // RFC 2046 §5.1.1
}

BOOST_AUTO_TEST_CASE(micalg_is_the_digest_of_the_signature) {
  const std::pair<const char*, std::string> kinds[] = {{"rsa2048", "sha-256"}, {"p256", "sha-256"},
                                                       {"p384", "sha-384"},    {"p521", "sha-512"},
                                                       {"rsa-pss", "sha-256"}, {"rsa-pss-sha384", "sha-384"}};
  for (const auto& [kind, micalg] : kinds) {
    const std::string made = signed_as(type, signer(kind), SignatureForm::clear);
    BOOST_TEST(has(made, " micalg=" + micalg + ";"), kind);
    std::string name = micalg;
    name.erase(3, 1);
    BOOST_TEST(has(text_form(read_cms(split_signed(made)->signature).get()), "algorithm: " + name), kind);
  }
}

BOOST_AUTO_TEST_CASE(a_multipart_says_whether_it_needs_eight_bits) {
  const auto fields = [](const std::string& entity) {
    return split_mime(signed_as(entity, signer("p256"), SignatureForm::clear)).fields;
  };
  BOOST_TEST(!has(fields(type + "x\r\n"), "Transfer-Encoding"));
  BOOST_TEST(has(fields(type + "\xc3\xa4\r\n"), "\r\nContent-Transfer-Encoding: 8bit\r\n"));
  for (const std::string& odd : {type + "a\nb", type + "a\rb", type + "a\r", std::string("\n"), type + '\0'})
    BOOST_TEST(has(fields(odd), "\r\nContent-Transfer-Encoding: binary\r\n"));
}

BOOST_AUTO_TEST_CASE(no_boundary_occurs_in_what_it_bounds) {
  // Signed again and again: each boundary must be new to what is inside, those of earlier layers among it.
  std::string entity = type + "Hello\r\n";
  for (int layer = 0; layer < 6; ++layer) {
    const std::string made = signed_as(entity, signer("p256"), SignatureForm::clear);
    const auto parts = split_signed(made);
    BOOST_REQUIRE(parts.has_value());
    BOOST_TEST(!has(entity, parts->boundary));
    BOOST_TEST((parts->entity == entity));
    entity = made;
  }
}

BOOST_AUTO_TEST_CASE(it_says_when_and_what_may_be_used_for_the_answer) {
  const std::string form =
      text_form(read_cms(split_signed(signed_as(type, signer("p256"), SignatureForm::clear))->signature).get());
  for (const char* attribute : {"contentType (1.2.840.113549.1.9.3)", "messageDigest (1.2.840.113549.1.9.4)",
                                "signingTime (1.2.840.113549.1.9.5)", "S/MIME Capabilities (1.2.840.113549.1.9.15)"})
    BOOST_TEST(has(form, attribute), attribute);
  BOOST_TEST(has(form, "aes-256-cbc"));
  BOOST_TEST(!has(form, "des-ede3-cbc"));
}

BOOST_AUTO_TEST_CASE(the_chain_goes_with_it_each_certificate_once) {
  const MailPki between = issue_mail(&senders_root(), {.name = "between", .key = "p256/ca", .is_ca = true});
  const MailPki ann = issue_mail(&between, {.addresses = {"ann@clinic.example"}, .key = "rsa2048"});
  const crypto::SmimeSigner by = {
      ann.certificate, ann.key, {between.certificate, ann.certificate, reread(between.certificate)}};
  const auto parts = split_signed(signed_as(type, by, SignatureForm::clear));
  // The checker knows the root alone: without what is between, this does not hold.
  BOOST_TEST(check_signature(parts->signature, &parts->entity, senders_root()).has_value());
  STACK_OF(X509)* all = CMS_get1_certs(read_cms(parts->signature).get());
  BOOST_TEST(sk_X509_num(all) == 2);
  sk_X509_pop_free(all, X509_free);
}

BOOST_AUTO_TEST_CASE(signed_then_encrypted) {
  const MailPki bob = recipient("p256");
  for (const SignatureForm form : {SignatureForm::clear, SignatureForm::opaque}) {
    const std::string inner = signed_as(type + "Hello\r\n", signer("rsa2048"), form);
    BOOST_TEST((open_cms(encrypted(inner, {bob}), bob) == inner));
  }
}

BOOST_AUTO_TEST_SUITE(refusals)

void check_refused(const crypto::SmimeSigner& by, std::string_view reason) {
  for (const SignatureForm form : {SignatureForm::clear, SignatureForm::opaque}) {
    const auto made = crypto::sign_smime(type, by, form);
    BOOST_REQUIRE(!made.has_value());
    BOOST_TEST((made.error().code == Errc::invalid));
    BOOST_TEST(has(made.error().text, reason), made.error().text);
  }
}

BOOST_AUTO_TEST_CASE(ed25519) {
  check_refused(signer("ed25519"), "Ed25519");
}
BOOST_AUTO_TEST_CASE(x25519) {
  check_refused(signer("x25519"), "x25519");
}
BOOST_AUTO_TEST_CASE(another_key_than_the_certificates) {
  crypto::SmimeSigner by = signer("p256");
  by.key = mail_key("p256/other");
  check_refused(by, by.certificate.fingerprint());
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace
