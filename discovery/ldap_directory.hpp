// A directory of people's keys, as an administrator describes it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/secret.hpp"
#include "mail/address.hpp"
#include "net/tls.hpp"

namespace postern::discovery {

struct LdapServer {
  std::string url;  // as it was written: "ldaps://directory.lab.example"
  std::string host;
  std::uint16_t port = 636;
  bool start_tls = false;  // first, always: nothing is said in the clear
};

struct LdapDirectory {
  LdapServer server;
  std::string base;  // "ou=people,dc=lab,dc=example"
  std::string filter = "(mail={address})";
  std::vector<std::string> domains;  // whose people it knows: "lab.example", ".lab.example" and below; never none
  bool proves = false;               // its word alone binds a key to the address
  std::string bind_dn;               // empty: anonymous
  std::shared_ptr<const Secret> password;
  std::shared_ptr<const net::TlsClient> tls;  // trusts whom the administrator trusts about this directory
  std::chrono::milliseconds patience{8'000};  // of the look-ups of its addresses, and again of all that follows
};

/// "ldaps://HOST[:PORT]", or "ldap://HOST[:PORT]" for StartTLS, and no more. By name: its certificate is for that.
[[nodiscard]] Result<LdapServer> parse_ldap_url(std::string_view text);
/// A distinguished name (RFC 4514).
[[nodiscard]] Result<std::string> parse_ldap_dn(std::string_view text);
/// A filter (RFC 4515) with {address} in it.
[[nodiscard]] Result<std::string> parse_ldap_filter(std::string_view text);
/// No octet of the address means anything in the filter but itself.
[[nodiscard]] std::string ldap_filter(const std::string& filter, const mail::Address& address);

}  // namespace postern::discovery
