// LDAP (RFC 4511) to and from bytes; its .cpp is the only file that knows libldap. libldap waits on sockets of its own
// and never leaves a server that falls silent in the TLS handshake, so it gets none: it has one end of a pair of pipes
// in this process, and what comes out of the other is carried by whoever holds the connection and its deadline.
//
//   LdapCodec codec = LdapCodec::make().value();
//   send(codec.search(wanted).value());
//   while (!answer) answer = codec.take(received());
//
// One request at a time. Nothing here waits.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/secret.hpp"

namespace postern::discovery {

struct LdapSearch {
  std::string base, filter;
  std::vector<std::string> attributes;
  int most_entries = 5;
  int seconds = 5;  // what the server is asked to spend on it
};

struct LdapAnswer {
  int code = 0;                     // RFC 4511 §4.1.9; 0 is success
  std::string meaning;              // of the code, in libldap's words, never the server's
  std::vector<std::string> values;  // of a search: of all attributes of all entries
};

class LdapCodec {
 public:
  [[nodiscard]] static Result<LdapCodec> make();
  LdapCodec(LdapCodec&&) noexcept;
  LdapCodec& operator=(LdapCodec&&) noexcept;
  ~LdapCodec();

  // The octets of a request.
  [[nodiscard]] Result<std::string> start_tls();
  [[nodiscard]] Result<Secret> bind(const std::string& name, const Secret& password);
  [[nodiscard]] Result<std::string> search(const LdapSearch& wanted);

  /// What the server said; nothing until it is whole. An error: no LDAP, or too much of it.
  [[nodiscard]] Result<std::optional<LdapAnswer>> take(std::string_view bytes);

 private:
  struct Impl;
  explicit LdapCodec(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

[[nodiscard]] bool is_ldap_dn(const std::string& text);
[[nodiscard]] bool is_ldap_filter(const std::string& text);

}  // namespace postern::discovery
