#include "net/tls.hpp"

#include <algorithm>
#include <array>

#include <boost/asio/ssl/error.hpp>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/ascii.hpp"
#include "net/tls_context.hpp"

namespace postern::net {
namespace {

namespace ssl = boost::asio::ssl;

// NIST SP 800-52r2 §3.3.1: forward secrecy, AEAD first. TLS 1.3 suites are OpenSSL's own default.
constexpr const char* cipher_list =
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256:"
    "ECDHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384:DHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
    "ECDHE-ECDSA-AES256-SHA384:ECDHE-RSA-AES256-SHA384:ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA256";
constexpr const char* group_list = "X25519:P-256:P-384:X448:P-521";

std::string openssl_reason() {
  std::array<char, 256> text{};
  const unsigned long code = ERR_peek_last_error();
  ERR_error_string_n(code, text.data(), text.size());
  ERR_clear_error();
  return text.data();
}

void set_policy(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context, cipher_list);
  SSL_CTX_set1_groups_list(context, group_list);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);  // idle connections keep no record buffers
  // A mail peer that ends without close_notify is not cutting our messages: those end with their own mark.
  SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);
}

/// Certificates and names are reported, not enforced: `meets` decides, for each message.
int accept_any(int, X509_STORE_CTX*) {
  return 1;
}

Result<void> use_own_certificate(ssl::context& context, const std::string& chain, const Secret& key) {
  boost::system::error_code error;
  ERR_clear_error();
  context.use_certificate_chain(boost::asio::buffer(chain), error);
  if (error) return fail(Errc::invalid, "the certificate is not readable PEM", openssl_reason());
  const auto bytes = key.bytes();
  context.use_private_key(boost::asio::buffer(bytes.data(), bytes.size()), ssl::context::pem, error);
  if (error) {
    return fail(Errc::invalid, "the private key is not readable PEM, or does not belong to the certificate",
                openssl_reason());
  }
  if (SSL_CTX_check_private_key(context.native_handle()) != 1) {
    return fail(Errc::invalid, "the private key does not belong to the certificate", openssl_reason());
  }
  return {};
}

Result<void> trust(ssl::context& context, const std::string& pem, bool system_roots) {
  boost::system::error_code error;
  ERR_clear_error();
  if (system_roots) context.set_default_verify_paths(error);
  // add_certificate_authority takes every certificate of the text.
  if (!error && !pem.empty()) context.add_certificate_authority(boost::asio::buffer(pem), error);
  if (error) return fail(Errc::invalid, "the certificate authorities are not readable PEM", openssl_reason());
  return {};
}

/// Where a connection's sessions go.
struct Keeper {
  std::shared_ptr<TlsClientContext::Shared> shared;
  std::string purpose;
};
void free_keeper(void*, void* keeper, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<Keeper*>(keeper);
}
int keeper_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, free_keeper);
  return index;
}
/// With 1 the session is ours.
int keep_session(SSL* ssl, SSL_SESSION* session) {
  const auto* keeper = static_cast<const Keeper*>(SSL_get_ex_data(ssl, keeper_index()));
  if (keeper == nullptr) return 0;
  keeper->shared->sessions.put(keeper->purpose, {session, SSL_SESSION_free});
  return 1;
}

std::vector<std::string> dns_names(X509* certificate) {
  std::vector<std::string> names;
  auto* const entries =
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(entries); ++i) {
    const GENERAL_NAME* entry = sk_GENERAL_NAME_value(entries, i);
    if (entry->type != GEN_DNS) continue;
    const auto* text = reinterpret_cast<const char*>(ASN1_STRING_get0_data(entry->d.dNSName));
    std::string name(text, static_cast<std::size_t>(ASN1_STRING_length(entry->d.dNSName)));
    // "good.example\0.evil.example" reads as two names to two readers.
    if (name.find('\0') == std::string::npos) names.push_back(lowered(name));
  }
  GENERAL_NAMES_free(entries);
  return names;
}

std::string fingerprint(X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  if (X509_digest(certificate, EVP_sha256(), digest.data(), &length) != 1) return "";
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text = "sha256:";
  for (unsigned i = 0; i < length; ++i) {
    text += digits[digest[i] >> 4];
    text += digits[digest[i] & 15];
  }
  return text;
}

}  // namespace

bool TlsClientContext::prepare(SSL* ssl) const {
  if (purpose.empty()) return false;
  // The session's owner may be gone before the connection's last ticket arrives.
  SSL_set_ex_data(ssl, keeper_index(), new Keeper{shared, purpose});
  const TlsSessionPtr known = shared->sessions.take(purpose);
  return known && SSL_set_session(ssl, known.get()) == 1;
}

Result<std::shared_ptr<const TlsServer>> TlsServer::make(const TlsServerOptions& options) {
  auto server = std::make_shared<TlsServerContext>();
  set_policy(server->context.native_handle());
  if (auto own = use_own_certificate(server->context, options.certificate_pem, options.key_pem); !own) {
    return fail(own.error());
  }
  if (options.request_client_certificate) {
    if (auto trusted = trust(server->context, options.client_ca_pem, options.client_ca_pem.empty()); !trusted) {
      return fail(trusted.error());
    }
    SSL_CTX_set_verify(server->context.native_handle(), SSL_VERIFY_PEER, accept_any);
    static constexpr unsigned char session_name[] = "postern";
    SSL_CTX_set_session_id_context(server->context.native_handle(), session_name, sizeof session_name - 1);
  }
  return server;
}

Result<std::shared_ptr<const TlsClient>> TlsClient::make(const TlsClientOptions& options) {
  auto shared = std::make_shared<TlsClientContext::Shared>();
  SSL_CTX* const context = shared->context.native_handle();
  set_policy(context);
  if (auto trusted = trust(shared->context, options.ca_pem, options.system_roots); !trusted)
    return fail(trusted.error());
  if (!options.certificate_pem.empty()) {
    if (auto own = use_own_certificate(shared->context, options.certificate_pem, options.key_pem); !own) {
      return fail(own.error());
    }
  }
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, accept_any);
  // OpenSSL's own cache finds sessions by number; ours by what they are for.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, keep_session);
  return std::make_shared<TlsClientContext>(std::move(shared));
}

TlsSession describe(SSL* ssl) {
  TlsSession session;
  session.version = SSL_version(ssl);
  session.resumed = SSL_session_reused(ssl) == 1;
  session.cipher = SSL_get_cipher_name(ssl);
  if (const char* group = SSL_group_to_name(ssl, static_cast<int>(SSL_get_negotiated_group(ssl))))
    session.group = group;
  X509* certificate = SSL_get0_peer_certificate(ssl);
  if (certificate == nullptr) {
    session.chain_error = "no certificate was sent";
    return session;
  }
  const long verified = SSL_get_verify_result(ssl);
  session.chain_valid = verified == X509_V_OK;
  if (!session.chain_valid) session.chain_error = X509_verify_cert_error_string(verified);
  session.names = dns_names(certificate);
  session.fingerprint = fingerprint(certificate);
  return session;
}

bool is_incapable(const boost::system::error_code& error) {
  if (error.category() != boost::asio::error::get_ssl_category()) return false;
  const unsigned long code = static_cast<unsigned long>(error.value());
  if (ERR_GET_LIB(code) != ERR_LIB_SSL) return false;
  // An end in the middle of the handshake is what an attacker can cause.
  return ERR_GET_REASON(code) != SSL_R_UNEXPECTED_EOF_WHILE_READING;
}

}  // namespace postern::net
