// Private keys in a token (SoftHSM): what is there, what is not, a wrong PIN, a token that goes and comes back.
#include "crypto/pkcs11.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <boost/test/unit_test.hpp>
#include <openssl/evp.h>

#include "crypto/certificate.hpp"
#include "crypto/signing_identity.hpp"
#include "tests/support/key_room.hpp"

namespace {

using namespace postern;
using namespace postern::crypto;
using postern::test::secret;
namespace fs = std::filesystem;

constexpr const char* module_path = "/usr/lib/softhsm/libsofthsm2.so";

/// A token "clinic" with the key "seal", in a folder; the library finds it by its configuration.
struct Token {
  test::Folder folder;
  test::Pki own = test::authority("seal");
  Pkcs11Key key{"clinic", "", "seal", "", std::nullopt, module_path};

  Token() {
    BOOST_REQUIRE_MESSAGE(fs::exists(module_path), "softhsm2 is not installed (dev.d/packages.txt)");
    fs::create_directory(folder.path() / "tokens");
    std::ofstream(folder.path() / "conf") << "directories.tokendir = " << (folder.path() / "tokens").string() << "\n";
    ::setenv("SOFTHSM2_CONF", (folder.path() / "conf").c_str(), 1);
    std::ofstream(folder.path() / "key.pem") << test::key_pem_of(own);
    run("--init-token --free --label clinic --so-pin 1234 --pin 567890");
    run("--import " + (folder.path() / "key.pem").string() + " --token clinic --label seal --id a1b2 --pin 567890");
  }
  ~Token() { close(); }

  static void run(const std::string& arguments) {
    BOOST_REQUIRE(std::system(("softhsm2-util " + arguments + " > /dev/null").c_str()) == 0);
  }
  /// The module outlives a test, as it would in a daemon: a token that is not there closes it.
  void close() const {
    Pkcs11Key none = key;
    none.token = "closing";
    (void)open_pkcs11(none, {});
  }
  Errc error(const Pkcs11Key& of, const char* pin) const { return open_pkcs11(of, secret(pin)).error().code; }
  [[nodiscard]] bool signs(const PrivateKey& with) const {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    std::string signature(1024, '\0');
    auto* out = reinterpret_cast<unsigned char*>(signature.data());
    const auto* text = reinterpret_cast<const unsigned char*>("text");
    std::size_t size = signature.size();
    if (EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, with.get()) != 1 ||
        EVP_DigestSign(context.get(), out, &size, text, 4) != 1)
      return false;
    return EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, own.key.get()) == 1 &&
           EVP_DigestVerify(context.get(), out, size, text, 4) == 1;
  }
};

}  // namespace

BOOST_TEST_DONT_PRINT_LOG_VALUE(postern::Errc)

BOOST_FIXTURE_TEST_SUITE(pkcs11, Token)

BOOST_AUTO_TEST_CASE(a_key_in_a_token_signs) {
  const auto opened = open_pkcs11(key, secret("567890\n"));
  BOOST_REQUIRE(opened.has_value());
  BOOST_TEST((opened->algorithm() == KeyAlgorithm::p256));
  BOOST_TEST(signs(*opened));
  Pkcs11Key by_id = key;
  by_id.label.clear();
  by_id.id = "\xA1\xB2";
  BOOST_TEST(signs(open_pkcs11(by_id, secret("567890")).value()));
}

BOOST_AUTO_TEST_CASE(an_identity_is_joined_with_its_key_and_no_other) {
  SigningIdentity identity;
  identity.bytes = test::certificate_bytes(own);
  std::ofstream(folder.path() / "pin") << "567890\n";
  Pkcs11Key with_pin = key;
  with_pin.pin = SecretRef{SecretRef::Kind::file, "pin"};
  identity.key = KeyReference(with_pin);
  BOOST_TEST(signs(load_signing_key(identity, folder.path()).value()));
  identity.bytes = test::certificate_bytes(test::authority("another"));
  BOOST_TEST(load_signing_key(identity, folder.path()).error().code == Errc::invalid);
}

BOOST_AUTO_TEST_CASE(what_is_not_there) {
  Pkcs11Key other = key;
  other.label = "none";
  BOOST_TEST(error(other, "567890") == Errc::not_found);
  other.token = "none";
  BOOST_TEST(error(other, "567890") == Errc::unavailable);
  other.module = "/nowhere.so";
  BOOST_TEST(error(other, "567890") == Errc::unavailable);
}

BOOST_AUTO_TEST_CASE(a_wrong_pin_is_denied_and_not_tried_again_until_it_changes) {
  BOOST_TEST(error(key, "000000") == Errc::denied);
  BOOST_TEST(open_pkcs11(key, secret("000000")).error().text.find("refused this PIN before") != std::string::npos);
  BOOST_TEST(signs(open_pkcs11(key, secret("567890")).value()));
  BOOST_TEST(error(key, "000000") == Errc::denied);  // although the token is open now
}

BOOST_AUTO_TEST_CASE(a_token_that_goes_is_unavailable_and_comes_back) {
  const auto away = [&](bool gone) {
    fs::rename(folder.path() / (gone ? "tokens" : "away"), folder.path() / (gone ? "away" : "tokens"));
  };
  auto opened = open_pkcs11(key, secret("567890"));
  BOOST_REQUIRE(opened.has_value());
  away(true);
  BOOST_TEST(error(key, "567890") == Errc::unavailable);
  BOOST_TEST(!signs(*opened));
  away(false);
  BOOST_TEST(error(key, "567890") == Errc::unavailable);  // a key of the broken session is still in somebody's hands
  opened = Result<PrivateKey>(fail(Errc::invalid, "let go"));
  BOOST_TEST(signs(open_pkcs11(key, secret("567890")).value()));
}

BOOST_AUTO_TEST_SUITE_END()
