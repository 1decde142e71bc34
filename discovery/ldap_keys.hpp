// Certificates and OpenPGP keys in directories that the administrator names, over TLS that proves the directory. It may
// be anywhere: the egress policy is about hosts that strangers name.
#pragma once

#include <memory>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "discovery/dns.hpp"
#include "discovery/key_source.hpp"
#include "discovery/ldap_directory.hpp"
#include "net/stream.hpp"

namespace postern::discovery {

using LdapDirectories = std::shared_ptr<const std::vector<LdapDirectory>>;

/// `origin`: KeyOrigin::ldap for certificates (RFC 4523: userCertificate; RFC 2798: userSMIMECertificate), or
/// ldap_openpgp for pgpKey. Asks those whose `domains` cover the address, one after the other, until one knows it.
[[nodiscard]] std::unique_ptr<KeySource> make_ldap_source(KeyOrigin origin, LdapDirectories directories,
                                                          Resolver& resolver, net::Dialer& dialer, const Clock& clock,
                                                          Random& random);

}  // namespace postern::discovery
