#include "net/client_authorities.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

namespace postern::net {
namespace {

/// How many certificates of the text went into the store; a text with a broken one is of no use.
int add_all(X509_STORE* store, const std::string& pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
                                                     BIO_free);
  int added = 0;
  while (X509* read = PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr)) {
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(read, X509_free);
    if (X509_STORE_add_cert(store, certificate.get()) != 1) return 0;
    ++added;
  }
  const bool at_the_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  return at_the_end ? added : 0;
}

bool vouches(X509_STORE* store, SSL* ssl, X509* certificate) {
  const std::unique_ptr<X509_STORE_CTX, decltype(&X509_STORE_CTX_free)> check(X509_STORE_CTX_new(),
                                                                              X509_STORE_CTX_free);
  if (!check || X509_STORE_CTX_init(check.get(), store, certificate, SSL_get_peer_cert_chain(ssl)) != 1) return false;
  X509_STORE_CTX_set_default(check.get(), "ssl_client");
  X509_VERIFY_PARAM* const how = X509_STORE_CTX_get0_param(check.get());
  X509_VERIFY_PARAM_set_auth_level(how, SSL_get_security_level(ssl));
  // An issuing authority may be named without its root: everything else below that root proves nothing then.
  X509_VERIFY_PARAM_set_flags(how, X509_V_FLAG_PARTIAL_CHAIN);
  return X509_verify_cert(check.get()) == 1;
}

}  // namespace

Result<void> ClientAuthorities::add(const NamedAuthority& authority) {
  Named named{authority.name, {X509_STORE_new(), X509_STORE_free}};
  ERR_clear_error();
  const bool readable = named.store && add_all(named.store.get(), authority.pem) > 0;
  ERR_clear_error();
  if (!readable) return fail(Errc::invalid, authority.name + ": the certificate authorities are not readable PEM");
  named_.push_back(std::move(named));
  return {};
}

std::vector<std::string> ClientAuthorities::vouching(SSL* ssl) const {
  std::vector<std::string> names;
  X509* const certificate = SSL_get0_peer_certificate(ssl);
  if (certificate == nullptr) return names;
  ERR_clear_error();
  for (const Named& one : named_) {
    if (vouches(one.store.get(), ssl, certificate)) names.push_back(one.name);
  }
  ERR_clear_error();
  return names;
}

}  // namespace postern::net
