#include "crypto/webauthn.hpp"

#include <memory>
#include <optional>

#include <boost/json.hpp>
#include <fido.h>
#include <fido/eddsa.h>
#include <fido/es256.h>
#include <fido/rs256.h>

#include "base/base64.hpp"
#include "crypto/cbor.hpp"
#include "crypto/openssl.hpp"
#include "crypto/seal.hpp"

namespace postern::crypto {
namespace {

constexpr std::size_t longest_client_data = 4096;  // octets; what browsers send has 100 to 400
constexpr std::size_t longest_authenticator_data = 4096;

// libfido2's objects with owners: its functions want a pointer to the pointer.
template <auto free_it>
struct FidoFrees {
  template <class T>
  void operator()(T* object) const {
    free_it(&object);
  }
};
using Credential = std::unique_ptr<fido_cred_t, FidoFrees<fido_cred_free>>;
using AssertionCheck = std::unique_ptr<fido_assert_t, FidoFrees<fido_assert_free>>;
using Es256 = std::unique_ptr<es256_pk_t, FidoFrees<es256_pk_free>>;
using Eddsa = std::unique_ptr<eddsa_pk_t, FidoFrees<eddsa_pk_free>>;
using Rs256 = std::unique_ptr<rs256_pk_t, FidoFrees<rs256_pk_free>>;
using PublicKey = std::shared_ptr<const void>;  // one of the three, as fido_assert_verify takes it

const unsigned char* octets(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string copied(const unsigned char* data, std::size_t size) {
  return data == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(data), size);
}

// Public keys

template <class Key, auto make, auto read>
PublicKey read_key(std::string_view text) {
  Key key(make());
  if (key && read(key.get(), text.data(), text.size()) == FIDO_OK) return PublicKey(std::move(key));
  return nullptr;
}

/// Nothing where the octets are none of the algorithm: a point that is not on the curve is none.
PublicKey public_key(int algorithm, std::string_view text) {
  switch (algorithm) {
    case COSE_ES256: return read_key<Es256, es256_pk_new, es256_pk_from_ptr>(text);
    case COSE_EDDSA: return read_key<Eddsa, eddsa_pk_new, eddsa_pk_from_ptr>(text);
    case COSE_RS256: return read_key<Rs256, rs256_pk_new, rs256_pk_from_ptr>(text);
    default: return nullptr;
  }
}

// What the browser says (§5.8.1)

/// §7.1 steps 7 to 10, §7.2 steps 11 to 14.
Result<void> check_client_data(std::string_view json, std::string_view type, std::string_view challenge,
                               std::string_view origin) {
  if (json.size() > longest_client_data) return fail(Errc::limit, "the client data is too long");
  boost::system::error_code error;
  const boost::json::value parsed = boost::json::parse({json.data(), json.size()}, error);
  const boost::json::object* said = error ? nullptr : parsed.if_object();
  if (said == nullptr) return fail(Errc::invalid, "the client data is no JSON object");
  const auto says = [said](std::string_view name, std::string_view value) {
    const boost::json::value* found = said->if_contains({name.data(), name.size()});
    const boost::json::string* text = found == nullptr ? nullptr : found->if_string();
    return text != nullptr && std::string_view(text->data(), text->size()) == value;
  };
  if (!says("type", type)) return fail(Errc::denied, "the client data is of another kind");
  if (!says("challenge", format_base64url(challenge))) return fail(Errc::denied, "the challenge is another one");
  if (!says("origin", origin)) return fail(Errc::denied, "the origin is another one");
  if (const boost::json::value* crossed = said->if_contains("crossOrigin"); crossed != nullptr && *crossed != false)
    return fail(Errc::denied, "a page of another origin asked");
  return {};
}

// What the authenticator says (§6.1)

enum Flag : unsigned { user_present = 1, has_credential = 64, has_extensions = 128 };

constexpr std::size_t before_credential = 37;  // hash, flags, counter

struct AuthenticatorData {
  unsigned flags = 0;
  std::uint32_t counter = 0;
  std::string_view rest;
};

/// §7.1 steps 13 and 14, §7.2 steps 15 and 16. User verification is "preferred": whether it took place decides nothing.
Result<AuthenticatorData> read_authenticator_data(const RelyingParty& rp, std::string_view data) {
  if (data.size() < before_credential) return fail(Errc::invalid, "the authenticator data is too short");
  if (data.size() > longest_authenticator_data) return fail(Errc::limit, "the authenticator data is too long");
  if (data.substr(0, 32) != sha256(rp.id)) return fail(Errc::denied, "the passkey answers to another host");
  AuthenticatorData read{static_cast<unsigned char>(data[32]), 0, data.substr(before_credential)};
  for (const char octet : data.substr(33, 4))
    read.counter = read.counter << 8 | static_cast<unsigned char>(octet);
  if ((read.flags & user_present) == 0) return fail(Errc::denied, "nobody was present");
  return read;
}

/// Do the extensions, where there are some, end what is left? libfido2 looks at neither.
bool ends_well(const AuthenticatorData& data, std::string_view left) {
  if ((data.flags & has_extensions) == 0) return left.empty();
  return !left.empty() && cbor_size(left) == left.size();
}

/// §6.5.1: AAGUID, the length of the identifier, the identifier, the key; then extensions.
bool has_one_credential(const AuthenticatorData& data) {
  constexpr std::size_t before_id = 16 + 2;
  if ((data.flags & has_credential) == 0 || data.rest.size() < before_id) return false;
  const std::size_t size =
      std::size_t{static_cast<unsigned char>(data.rest[16])} << 8 | static_cast<unsigned char>(data.rest[17]);
  if (size == 0 || size > longest_credential_id || size > data.rest.size() - before_id) return false;
  const std::string_view key = data.rest.substr(before_id + size);
  const auto key_size = cbor_size(key);
  return key_size && ends_well(data, key.substr(*key_size));
}

/// Which of the three (§7.1 step 16) is in the key, and libfido2 wants to be told before it reads it.
Credential read_credential(std::string_view authenticator_data) {
  for (const int algorithm : {COSE_ES256, COSE_EDDSA, COSE_RS256}) {
    Credential credential(fido_cred_new());
    if (credential && fido_cred_set_type(credential.get(), algorithm) == FIDO_OK &&
        fido_cred_set_authdata_raw(credential.get(), octets(authenticator_data), authenticator_data.size()) == FIDO_OK)
      return credential;
  }
  return nullptr;
}

/// §7.1 step 19. Who made the authenticator is not asked ("none"); a browser hands on a statement that is signed by the
/// passkey itself (§5.1.3), and then it must be right.
Result<void> check_attestation(const RelyingParty& rp, const Registration& said, std::string_view format,
                               std::string_view statement, fido_cred_t* credential) {
  if (format == "none") {
    if (statement != "\xA0") return fail(Errc::invalid, "an attestation of none says something");  // §8.7
    return {};
  }
  if (format != "packed") return fail(Errc::denied, "there is an attestation that nobody asked for");
  const bool right =
      fido_cred_set_fmt(credential, "packed") == FIDO_OK &&
      fido_cred_set_rp(credential, rp.id.c_str(), nullptr) == FIDO_OK &&
      fido_cred_set_clientdata(credential, octets(said.client_data), said.client_data.size()) == FIDO_OK &&
      fido_cred_set_attstmt(credential, octets(statement), statement.size()) == FIDO_OK &&
      fido_cred_x5c_len(credential) == 0 && fido_cred_verify_self(credential) == FIDO_OK;  // §8.2
  if (!right) return fail(Errc::denied, "the attestation is not by the passkey itself");
  return {};
}

}  // namespace

Result<Passkey> read_registration(const RelyingParty& rp, std::string_view challenge, const Registration& said) {
  const ErrorQueue errors;
  fido_init(0);
  if (auto checked = check_client_data(said.client_data, "webauthn.create", challenge, rp.origin); !checked)
    return fail(checked.error());
  const auto object = cbor_map(said.attestation);  // §6.5.4
  if (!object || !object->contains("fmt") || !object->contains("attStmt") || !object->contains("authData"))
    return fail(Errc::invalid, "the attestation object cannot be read");
  const auto format = cbor_text(object->at("fmt")), authenticator_data = cbor_bytes(object->at("authData"));
  if (!format || !authenticator_data) return fail(Errc::invalid, "the attestation object cannot be read");
  const auto data = read_authenticator_data(rp, *authenticator_data);
  if (!data) return fail(data.error());
  if (!has_one_credential(*data)) return fail(Errc::invalid, "the authenticator data has no passkey");
  const Credential credential = read_credential(*authenticator_data);
  if (!credential) return fail(Errc::invalid, "the passkey has a key of no kind that is taken");
  Passkey passkey{
      copied(fido_cred_id_ptr(credential.get()), fido_cred_id_len(credential.get())), fido_cred_type(credential.get()),
      copied(fido_cred_pubkey_ptr(credential.get()), fido_cred_pubkey_len(credential.get())), data->counter};
  if (!public_key(passkey.algorithm, passkey.key)) return fail(Errc::invalid, "the passkey has a key that is none");
  if (auto checked = check_attestation(rp, said, *format, object->at("attStmt"), credential.get()); !checked)
    return fail(checked.error());
  return passkey;
}

Result<std::uint32_t> check_assertion(const RelyingParty& rp, std::string_view challenge, const Passkey& passkey,
                                      const Assertion& said) {
  const ErrorQueue errors;
  fido_init(0);
  if (auto checked = check_client_data(said.client_data, "webauthn.get", challenge, rp.origin); !checked)
    return fail(checked.error());
  const auto data = read_authenticator_data(rp, said.authenticator_data);
  if (!data) return fail(data.error());
  if (!ends_well(*data, data->rest)) return fail(Errc::invalid, "the authenticator data has something behind it");
  const PublicKey key = public_key(passkey.algorithm, passkey.key);
  const AssertionCheck check(fido_assert_new());
  if (!key || !check) return fail(Errc::corrupt, "the passkey's key cannot be used");
  // §7.2 steps 19 and 20
  const bool right =
      fido_assert_set_rp(check.get(), rp.id.c_str()) == FIDO_OK &&
      fido_assert_set_clientdata(check.get(), octets(said.client_data), said.client_data.size()) == FIDO_OK &&
      fido_assert_set_count(check.get(), 1) == FIDO_OK && fido_assert_set_up(check.get(), FIDO_OPT_TRUE) == FIDO_OK &&
      fido_assert_set_authdata_raw(check.get(), 0, octets(said.authenticator_data), said.authenticator_data.size()) ==
          FIDO_OK &&
      fido_assert_set_sig(check.get(), 0, octets(said.signature), said.signature.size()) == FIDO_OK &&
      fido_assert_verify(check.get(), 0, passkey.algorithm, key.get()) == FIDO_OK;
  if (!right) return fail(Errc::denied, "the signature is not the passkey's");
  // §7.2 step 21: one that counts has gone on; where it has not there may be two of it.
  if ((data->counter != 0 || passkey.counter != 0) && data->counter <= passkey.counter)
    return fail(Errc::denied, "the passkey's counter went back");
  return data->counter;
}

}  // namespace postern::crypto
