#include "discovery/ldap_directory.hpp"

#include <algorithm>
#include <charconv>

#include "base/ascii.hpp"
#include "discovery/ldap_codec.hpp"

namespace postern::discovery {
namespace {

constexpr std::string_view placeholder = "{address}";
constexpr std::uint16_t plain_port = 389, tls_port = 636;

std::string replaced(std::string text, std::string_view by) {
  for (std::size_t at = text.find(placeholder); at != std::string::npos; at = text.find(placeholder, at + by.size()))
    text.replace(at, placeholder.size(), by);
  return text;
}

bool is_host_name(const std::string& text) {
  const auto domain = mail::Domain::parse(text);
  const bool numbers = std::ranges::all_of(text, [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
  return domain && !domain->is_literal() && !numbers;
}

}  // namespace

Result<LdapServer> parse_ldap_url(std::string_view text) {
  LdapServer server;
  server.url = text;
  server.start_tls = text.starts_with("ldap://");
  server.port = server.start_tls ? plain_port : tls_port;
  const bool known = server.start_tls || text.starts_with("ldaps://");
  std::string_view rest = known ? text.substr(text.find("//") + 2) : std::string_view();
  if (const std::size_t colon = rest.find(':'); colon != std::string_view::npos) {
    const std::string_view digits = rest.substr(colon + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), server.port);
    if (error != std::errc() || end != digits.data() + digits.size() || server.port == 0) rest = {};
    rest = rest.substr(0, colon);
  }
  server.host = lowered(rest);
  if (!is_host_name(server.host))
    return fail(Errc::invalid,
                "a directory is \"ldaps://HOST[:PORT]\", or \"ldap://HOST[:PORT]\" with StartTLS; HOST is a name, "
                "which its certificate is for");
  return server;
}

Result<std::string> parse_ldap_dn(std::string_view text) {
  std::string name(text);
  if (name.empty() || !is_ldap_dn(name))
    return fail(Errc::invalid, "not a distinguished name, like \"ou=people,dc=lab,dc=example\" (RFC 4514)");
  return name;
}

Result<std::string> parse_ldap_filter(std::string_view text) {
  std::string filter(text);
  if (!filter.contains(placeholder)) return fail(Errc::invalid, "the filter is without {address}");
  if (!is_ldap_filter(replaced(filter, "a")))
    return fail(Errc::invalid, "not a filter, like \"(mail={address})\" (RFC 4515)");
  return filter;
}

std::string ldap_filter(const std::string& filter, const mail::Address& address) {
  constexpr std::string_view digits = "0123456789abcdef", harmless = "@.-_+";
  std::string escaped;
  for (const char c : address.str()) {
    const auto octet = static_cast<unsigned char>(c);
    if (is_alphanumeric(c) || harmless.contains(c)) {
      escaped += c;
    } else {
      escaped += {'\\', digits[octet >> 4], digits[octet & 0xF]};  // RFC 4515 §3
    }
  }
  return replaced(filter, escaped);
}

}  // namespace postern::discovery
