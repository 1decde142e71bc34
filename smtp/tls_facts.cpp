#include "smtp/tls_facts.hpp"

namespace postern::smtp {
namespace {

mail::TlsVersion version_of(int wire) {
  switch (wire) {
    case 0x0301: return mail::TlsVersion::tls1_0;
    case 0x0302: return mail::TlsVersion::tls1_1;
    case 0x0303: return mail::TlsVersion::tls1_2;
    case 0x0304: return mail::TlsVersion::tls1_3;
    default: return mail::TlsVersion::tls1_0;  // unknown counts as the weakest
  }
}

}  // namespace

mail::TlsFacts tls_facts(const net::TlsSession& session) {
  return {version_of(session.version), session.cipher, session.group,      session.chain_valid,
          session.chain_error,         session.names,  session.fingerprint};
}

}  // namespace postern::smtp
