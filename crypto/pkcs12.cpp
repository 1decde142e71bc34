#include "crypto/pkcs12.hpp"

#include <optional>

#include <openssl/asn1t.h>
#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <openssl/x509.h>

#include "crypto/openssl.hpp"

namespace postern::crypto {
namespace {

using Safe = std::unique_ptr<PKCS12, Frees<PKCS12_free>>;
using LibraryContext = std::unique_ptr<OSSL_LIB_CTX, Frees<OSSL_LIB_CTX_free>>;
using Key = std::unique_ptr<EVP_PKEY, Frees<EVP_PKEY_free>>;
using KeyInfo = std::unique_ptr<PKCS8_PRIV_KEY_INFO, Frees<PKCS8_PRIV_KEY_INFO_free>>;

template <class Stack, auto free_one>
struct FreesAll {
  void operator()(Stack* stack) const { OPENSSL_sk_pop_free(reinterpret_cast<OPENSSL_STACK*>(stack), free_one); }
};
void free_content(void* content) {
  PKCS7_free(static_cast<PKCS7*>(content));
}
void free_bag(void* bag) {
  PKCS12_SAFEBAG_free(static_cast<PKCS12_SAFEBAG*>(bag));
}
using Contents = std::unique_ptr<STACK_OF(PKCS7), FreesAll<STACK_OF(PKCS7), free_content>>;
using Bags = std::unique_ptr<STACK_OF(PKCS12_SAFEBAG), FreesAll<STACK_OF(PKCS12_SAFEBAG), free_bag>>;

constexpr long most_rounds = 1'000'000;  // OpenSSL writes 2048, Windows 2000, careful people 600,000
constexpr int most_bags = 1'000, deepest_bags = 4;

/// RC2-40 is in the legacy provider: beside the default one in a context of its own, so that nothing else of this
/// process can use it. Its keys are written out and read again before anybody signs with them.
OSSL_LIB_CTX* legacy_context() {
  static OSSL_LIB_CTX* const made = [] {
    OSSL_LIB_CTX* context = OSSL_LIB_CTX_new();
    (void)OSSL_PROVIDER_load(context, "default");
    (void)OSSL_PROVIDER_load(context, "legacy");  // where it is not installed, old files do not open
    return context;
  }();
  return made;
}

template <class T>
using Asn1 = std::unique_ptr<T, void (*)(T*)>;

/// The parameters of an algorithm as what they must be; nothing where they are something else.
template <class T>
Asn1<T> parameters(const X509_ALGOR* algorithm, const ASN1_ITEM* item, void (*free_it)(T*)) {
  return {static_cast<T*>(ASN1_TYPE_unpack_sequence(item, algorithm->parameter)), free_it};
}

bool is_few(const ASN1_INTEGER* rounds) {
  std::int64_t number = 0;
  return rounds != nullptr && ASN1_INTEGER_get_int64(&number, rounds) == 1 && number > 0 && number <= most_rounds;
}

/// Hashing that takes long is how a stranger's file would keep us busy. What is not known here is not computed: scrypt
/// takes memory besides.
bool is_affordable(const X509_ALGOR* algorithm) {
  if (algorithm == nullptr) return false;
  if (OBJ_obj2nid(algorithm->algorithm) != NID_pbes2) {
    const auto old = parameters<PBEPARAM>(algorithm, ASN1_ITEM_rptr(PBEPARAM), PBEPARAM_free);
    return old && is_few(old->iter);
  }
  const auto pbes2 = parameters<PBE2PARAM>(algorithm, ASN1_ITEM_rptr(PBE2PARAM), PBE2PARAM_free);
  if (!pbes2 || OBJ_obj2nid(pbes2->keyfunc->algorithm) != NID_id_pbkdf2) return false;
  const auto pbkdf2 = parameters<PBKDF2PARAM>(pbes2->keyfunc, ASN1_ITEM_rptr(PBKDF2PARAM), PBKDF2PARAM_free);
  return pbkdf2 && is_few(pbkdf2->iter);
}

class Reading {
 public:
  Reading(const Secret& password, const ErrorQueue& errors) : password_(password.text()), errors_(errors) {}
  ~Reading() { OPENSSL_cleanse(password_.data(), password_.size()); }
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;

  Result<void> read(PKCS12* safe) {
    if (auto right = check_mac(safe); !right) return right;
    const Contents contents(PKCS12_unpack_authsafes(safe));
    if (!contents) return errors_.fail(Errc::invalid, "a PKCS#12 file without contents");
    for (int i = 0; i < sk_PKCS7_num(contents.get()); ++i) {
      if (auto done = read_content(sk_PKCS7_value(contents.get(), i)); !done) return done;
    }
    return {};
  }

  Pkcs12 found;

 private:
  Result<void> check_mac(PKCS12* safe) {
    if (PKCS12_mac_present(safe) == 0) return fail(Errc::invalid, "a PKCS#12 file without a check of its password");
    const ASN1_INTEGER* rounds = nullptr;
    PKCS12_get0_mac(nullptr, nullptr, nullptr, &rounds, safe);
    if (rounds != nullptr && !is_few(rounds)) return too_costly();
    // An empty password is written as none by some, and as an empty one by others.
    if (PKCS12_verify_mac(safe, password_.c_str(), static_cast<int>(password_.size())) == 1) return {};
    none_ = password_.empty() && PKCS12_verify_mac(safe, nullptr, 0) == 1;
    if (none_) return {};
    return errors_.fail(Errc::denied, password_.empty() ? "a PKCS#12 file that needs its password"
                                                        : "the password does not open this PKCS#12 file");
  }

  std::unexpected<Error> too_costly() const {
    return errors_.fail(Errc::limit,
                        "a PKCS#12 file whose password is hashed in a way that is not known, or more than " +
                            std::to_string(most_rounds) + " times");
  }
  const char* password() const { return none_ ? nullptr : password_.c_str(); }
  int length() const { return none_ ? 0 : static_cast<int>(password_.size()); }

  Result<void> read_content(PKCS7* content) {
    Bags bags;
    switch (OBJ_obj2nid(content->type)) {
      case NID_pkcs7_data: bags.reset(PKCS12_unpack_p7data(content)); break;
      case NID_pkcs7_encrypted: {
        const PKCS7_ENCRYPT* sealed = content->d.encrypted;
        if (sealed == nullptr || sealed->enc_data == nullptr || !is_affordable(sealed->enc_data->algorithm))
          return too_costly();
        bags.reset(PKCS12_unpack_p7encdata(content, password(), length()));
        break;
      }
      default: return fail(Errc::invalid, "a PKCS#12 file that is sealed to somebody's key");
    }
    if (!bags) return errors_.fail(Errc::invalid, "a part of the PKCS#12 file cannot be read");
    return read_bags(bags.get(), 0);
  }

  Result<void> read_bags(const STACK_OF(PKCS12_SAFEBAG) * bags, int depth) {
    if (depth > deepest_bags) return fail(Errc::limit, "a PKCS#12 file with bags in bags in bags");
    for (int i = 0; i < sk_PKCS12_SAFEBAG_num(bags); ++i) {
      if (++bags_ > most_bags) return fail(Errc::limit, "a PKCS#12 file with too many bags");
      if (auto done = read_bag(sk_PKCS12_SAFEBAG_value(bags, i), depth); !done) return done;
    }
    return {};
  }

  Result<void> read_bag(const PKCS12_SAFEBAG* bag, int depth) {
    switch (PKCS12_SAFEBAG_get_nid(bag)) {
      case NID_certBag:
        if (PKCS12_SAFEBAG_get_bag_nid(bag) != NID_x509Certificate) return {};
        if (X509* certificate = PKCS12_SAFEBAG_get1_cert(bag)) found.certificates.emplace_back(certificate);
        return {};
      case NID_keyBag: return keep(PKCS12_SAFEBAG_get0_p8inf(bag));
      case NID_pkcs8ShroudedKeyBag: {
        const X509_SIG* sealed = PKCS12_SAFEBAG_get0_pkcs8(bag);
        const X509_ALGOR* algorithm = nullptr;
        if (sealed != nullptr) X509_SIG_get0(sealed, &algorithm, nullptr);
        if (!is_affordable(algorithm)) return too_costly();
        const KeyInfo opened(PKCS8_decrypt_ex(sealed, password(), length(), legacy_context(), nullptr));
        return keep(opened.get());
      }
      case NID_safeContentsBag: {
        const auto* inner = PKCS12_SAFEBAG_get0_safes(bag);
        return inner == nullptr ? Result<void>() : read_bags(inner, depth + 1);
      }
      default: return {};  // CRLs, secrets
    }
  }

  Result<void> keep(const PKCS8_PRIV_KEY_INFO* info) {
    const Key key(info == nullptr ? nullptr : EVP_PKCS82PKEY(info));
    if (!key) return errors_.fail(Errc::invalid, "a private key in the PKCS#12 file cannot be read");
    found.keys.push_back(format_private_key(key.get()));
    return {};
  }

  std::string password_;
  const ErrorQueue& errors_;
  bool none_ = false;
  int bags_ = 0;
};

}  // namespace

bool looks_like_pkcs12(std::string_view der) {
  // SEQUENCE { INTEGER 3, …: a certificate begins with another SEQUENCE, PKCS #7 with an OBJECT IDENTIFIER
  if (der.size() < 8 || der[0] != 0x30) return false;
  const auto length = static_cast<unsigned char>(der[1]);
  const std::size_t header = length < 0x80 ? 2 : 2U + (length & 0x7FU);
  return der.substr(std::min(header, der.size())).starts_with(std::string_view("\x02\x01\x03", 3));
}

Result<Pkcs12> parse_pkcs12(std::string_view der, const Secret& password) {
  const ErrorQueue errors;
  PKCS12* read = PKCS12_init_ex(NID_pkcs7_data, legacy_context(), nullptr);  // what is read into it keeps the context
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  if (read == nullptr || d2i_PKCS12(&read, &at, static_cast<long>(der.size())) == nullptr)
    return errors.fail(Errc::invalid, "not a PKCS#12 file");
  const Safe safe(read);
  Reading reading(password, errors);
  if (auto done = reading.read(safe.get()); !done) return fail(done.error());
  return std::move(reading.found);
}

Secret format_private_key(EVP_PKEY* key) {
  const Bio out(BIO_new(BIO_s_secmem()));  // wiped when it is freed
  if (!out || PEM_write_bio_PKCS8PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) return {};
  const std::string_view pem = contents(out);
  return Secret(std::span(reinterpret_cast<const std::uint8_t*>(pem.data()), pem.size()));
}

}  // namespace postern::crypto
