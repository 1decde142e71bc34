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
  mail::TlsFacts facts{version_of(session.version), session.cipher, session.group,      session.chain_valid,
                       session.chain_error,         session.names,  session.fingerprint};
  facts.key_fingerprint = session.key_fingerprint;
  facts.authorities.insert(session.authorities.begin(), session.authorities.end());
  facts.vouched_by.insert(session.vouched_by.begin(), session.vouched_by.end());
  if (session.tlsa) {
    facts.tlsa = {session.tlsa->usage, session.tlsa->selector, session.tlsa->matching, session.tlsa->data};
  }
  facts.dane_error = session.dane_error;
  return facts;
}

net::TlsDemands tls_demands(const mail::TlsRequirement& requirement) {
  net::TlsDemands demands;
  for (const mail::TlsaRecord& record : requirement.tlsa)
    demands.tlsa.push_back({record.usage, record.selector, record.matching, record.data});
  demands.tlsa_base = requirement.tlsa_base;
  demands.tlsa_names.assign(requirement.tlsa_names.begin(), requirement.tlsa_names.end());
  demands.groups.assign(requirement.groups.begin(), requirement.groups.end());
  return demands;
}

}  // namespace postern::smtp
