#include "net/tls.hpp"

#include <algorithm>
#include <array>
#include <sstream>

#include <boost/asio/ssl/error.hpp>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/ascii.hpp"
#include "base/hex.hpp"
#include "net/tls_context.hpp"

namespace postern::net {
namespace {

namespace ssl = boost::asio::ssl;

// NIST SP 800-52r2 §3.3.1: forward secrecy, AEAD first. TLS 1.3 suites are OpenSSL's own default.
constexpr std::string_view aead_ciphers =
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256:"
    "ECDHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384:DHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr std::string_view cbc_ciphers =
    ":ECDHE-ECDSA-AES256-SHA384:ECDHE-RSA-AES256-SHA384:ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA256";
constexpr const char* classic_groups = "X25519:P-256:P-384:X448:P-521";
constexpr const char* hybrid_group = "X25519MLKEM768";  // OpenSSL 3.5 and later

std::string openssl_reason() {
  std::array<char, 256> text{};
  const unsigned long code = ERR_peek_last_error();
  ERR_error_string_n(code, text.data(), text.size());
  ERR_clear_error();
  return text.data();
}

std::string joined(const std::vector<std::string>& groups) {
  std::string list;
  for (const std::string& group : groups)
    list += (list.empty() ? "" : ":") + group;
  return list;
}

std::vector<std::string> groups_of_this_openssl() {
  std::vector<std::string> groups;
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> scratch(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  if (SSL_CTX_set1_groups_list(scratch.get(), hybrid_group) == 1) groups.emplace_back(hybrid_group);
  ERR_clear_error();
  std::istringstream list(classic_groups);
  for (std::string group; std::getline(list, group, ':');)
    groups.push_back(group);
  return groups;
}

void set_policy(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context, std::string(aead_ciphers).append(cbc_ciphers).c_str());
  SSL_CTX_set1_groups_list(context, joined(offered_groups()).c_str());
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);  // idle connections keep no record buffers
  // A mail peer that ends without close_notify is not cutting our messages: those end with their own mark.
  SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);
}

/// Certificates and names are reported, not enforced: `meets` decides, for each message.
int accept_any(int, X509_STORE_CTX*) {
  return 1;
}

/// A session that is resumed has no chain to show to anybody.
void resume_nothing(SSL_CTX* context) {
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(context, 0);
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

using Digest = std::array<unsigned char, EVP_MAX_MD_SIZE>;

std::string format_fingerprint(const Digest& digest, unsigned length) {
  return "sha256:" + format_hex(std::span(digest).first(length));
}

std::string fingerprint(X509* certificate) {
  Digest digest{};
  unsigned length = 0;
  if (X509_digest(certificate, EVP_sha256(), digest.data(), &length) != 1) return "";
  return format_fingerprint(digest, length);
}

std::string key_fingerprint(X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  if (size <= 0) return "";
  Digest digest{};
  unsigned length = 0;
  const bool digested =
      EVP_Digest(der, static_cast<std::size_t>(size), digest.data(), &length, EVP_sha256(), nullptr) == 1;
  OPENSSL_free(der);
  return digested ? format_fingerprint(digest, length) : "";
}

std::vector<std::string> above_the_leaf(const STACK_OF(X509) * chain) {
  std::vector<std::string> found;
  for (int i = 1; i < sk_X509_num(chain); ++i)
    found.push_back(fingerprint(sk_X509_value(chain, i)));
  return found;
}

bool add_record(SSL* ssl, const TlsaData& record) {
  return SSL_dane_tlsa_add(ssl, record.usage, record.selector, record.matching,
                           reinterpret_cast<const unsigned char*>(record.data.data()), record.data.size()) > 0;
}

void demand_dane(SSL* ssl, const TlsDemands& demands) {
  // RFC 7672 §3.1.1: DANE-EE(3) vouches for the key alone. §3.2.3 would take a common name where there is no other; RFC
  // 9525 §2 has taken that back.
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  bool ready = SSL_dane_enable(ssl, demands.tlsa_base.c_str()) > 0;
  SSL_dane_set_flags(ssl, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
  for (const std::string& name : demands.tlsa_names)
    ready = ready && SSL_add1_host(ssl, name.c_str()) == 1;
  // A record that OpenSSL does not take matches nothing; what then matches is still one of those that were given.
  for (const TlsaData& record : demands.tlsa)
    (void)add_record(ssl, record);
  ERR_clear_error();
  if (!ready) throw TlsFailed("the TLSA records cannot be matched here", false);
}

/// The verdict of public authorities, which DANE takes the place of in the handshake itself.
void judge_by_authorities(SSL* ssl, X509* certificate, TlsSession& session) {
  const std::unique_ptr<X509_STORE_CTX, decltype(&X509_STORE_CTX_free)> check(X509_STORE_CTX_new(),
                                                                              X509_STORE_CTX_free);
  session.chain_error = "the certificate chain could not be checked";
  X509_STORE* store = SSL_CTX_get_cert_store(SSL_get_SSL_CTX(ssl));
  if (!check || X509_STORE_CTX_init(check.get(), store, certificate, SSL_get_peer_cert_chain(ssl)) != 1) return;
  X509_STORE_CTX_set_default(check.get(), "ssl_server");
  X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(check.get()), SSL_get_security_level(ssl));
  session.chain_valid = X509_verify_cert(check.get()) == 1;
  session.chain_error = session.chain_valid ? "" : X509_verify_cert_error_string(X509_STORE_CTX_get_error(check.get()));
  if (session.chain_valid) session.authorities = above_the_leaf(X509_STORE_CTX_get0_chain(check.get()));
  ERR_clear_error();
}

void judge_by_tlsa(SSL* ssl, TlsSession& session) {
  TlsaData record;
  const unsigned char* data = nullptr;
  std::size_t size = 0;
  if (SSL_get0_dane_tlsa(ssl, &record.usage, &record.selector, &record.matching, &data, &size) < 0) {
    const long verified = SSL_get_verify_result(ssl);
    session.dane_error =
        verified == X509_V_OK ? "no TLSA record could be used" : X509_verify_cert_error_string(verified);
    return;
  }
  record.data.assign(reinterpret_cast<const char*>(data), size);
  session.tlsa = std::move(record);
}

}  // namespace

const std::vector<std::string>& offered_groups() {
  static const std::vector<std::string> groups = groups_of_this_openssl();
  return groups;
}

bool reads_tlsa(const TlsaData& record) {
  // Asked at each delivery to a domain with DANE, and a context takes long to make.
  static const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context = [] {
    std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> made(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
    if (made && SSL_CTX_dane_enable(made.get()) != 1) made.reset();
    return made;
  }();
  ERR_clear_error();
  if (!context) return false;
  const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context.get()), SSL_free);
  const bool taken = ssl && SSL_dane_enable(ssl.get(), "example") > 0 && add_record(ssl.get(), record);
  ERR_clear_error();
  return taken;
}

bool TlsClientContext::prepare(SSL* ssl) const {
  if (!demands.groups.empty() && SSL_set1_groups_list(ssl, joined(demands.groups).c_str()) != 1) {
    ERR_clear_error();
    throw TlsFailed("this gateway's OpenSSL does not offer " + joined(demands.groups), false);
  }
  if (!demands.tlsa.empty()) {
    demand_dane(ssl, demands);
    return false;
  }
  if (purpose.empty()) return false;
  // The session's owner may be gone before the connection's last ticket arrives.
  SSL_set_ex_data(ssl, keeper_index(), new Keeper{shared, purpose});
  const TlsSessionPtr known = shared->sessions.take(purpose);
  return known && SSL_set_session(ssl, known.get()) == 1;
}

Result<std::shared_ptr<const TlsServer>> TlsServer::make(const TlsServerOptions& options) {
  auto server = std::make_shared<TlsServerContext>();
  set_policy(server->context.native_handle());
  if (options.aead_only) SSL_CTX_set_cipher_list(server->context.native_handle(), aead_ciphers.data());
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
    for (const NamedAuthority& one : options.named_authorities) {
      if (auto added = server->named_authorities.add(one); !added) return fail(added.error());
    }
    if (!server->named_authorities.empty()) resume_nothing(server->context.native_handle());
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
  if (SSL_CTX_dane_enable(context) != 1) return fail(Errc::unavailable, "OpenSSL does no DANE", openssl_reason());
  // OpenSSL's own cache finds sessions by number; ours by what they are for.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, keep_session);
  return std::make_shared<TlsClientContext>(std::move(shared));
}

TlsSession describe(SSL* ssl, bool by_dane) {
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
  if (by_dane) {
    judge_by_tlsa(ssl, session);
    judge_by_authorities(ssl, certificate, session);
  } else {
    const long verified = SSL_get_verify_result(ssl);
    session.chain_valid = verified == X509_V_OK;
    if (!session.chain_valid) session.chain_error = X509_verify_cert_error_string(verified);
    if (session.chain_valid) session.authorities = above_the_leaf(SSL_get0_verified_chain(ssl));
  }
  session.names = dns_names(certificate);
  session.fingerprint = fingerprint(certificate);
  session.key_fingerprint = key_fingerprint(certificate);
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
