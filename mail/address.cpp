#include "mail/address.hpp"

#include <algorithm>
#include <memory>

#include <idn2.h>

#include "base/ascii.hpp"
#include "mail/headers.hpp"

namespace postern::mail {
namespace {

constexpr std::size_t longest_domain = 255, longest_label = 63, longest_local = 64;

/// RFC 5321 §4.1.2 atext, as RFC 5322 §3.2.3 has it.
bool is_atext(char c) {
  return is_alphanumeric(c) || std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

/// RFC 5321 §4.1.2 sub-domain; the underscore is tolerated because such host names exist.
bool valid_label(std::string_view label) {
  const auto allowed = [](char c) { return is_alphanumeric(c) || c == '-' || c == '_'; };
  return !label.empty() && label.size() <= longest_label && std::ranges::all_of(label, allowed) &&
         label.front() != '-' && label.back() != '-';
}

bool valid_name(std::string_view name) {
  while (true) {
    const std::size_t dot = name.find('.');
    if (!valid_label(name.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    name.remove_prefix(dot + 1);
  }
}

/// RFC 5321 §4.1.3: "[192.0.2.1]" or "[IPv6:2001:db8::1]". What is inside is checked where it is dialled.
bool valid_literal(std::string_view text) {
  if (text.size() < 3 || !text.ends_with(']')) return false;
  const auto allowed = [](char c) { return is_alphanumeric(c) || c == '.' || c == ':' || c == '-'; };
  return std::ranges::all_of(text.substr(1, text.size() - 2), allowed);
}

/// Beyond ASCII all characters are atext (RFC 6531 §3.3).
bool is_dot_atom(std::string_view text) {
  if (text.empty() || text.front() == '.' || text.back() == '.' || text.find("..") != std::string_view::npos)
    return false;
  return is_utf8(text) && std::ranges::all_of(text, [](char c) {
           return c == '.' || is_atext(c) || static_cast<unsigned char>(c) >= 0x80;
         });
}

/// The content of a Quoted-string (RFC 5321 §4.1.2), or nothing where it is not one.
std::optional<std::string> unquote(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::nullopt;
  if (!is_utf8(text)) return std::nullopt;
  text = text.substr(1, text.size() - 2);
  std::string content;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') return std::nullopt;
    if (text[i] == '\\' && ++i == text.size()) return std::nullopt;
    content += text[i];
  }
  return content;
}

std::optional<std::string> normal_local(std::string_view text) {
  if (is_dot_atom(text)) return std::string(text);
  const std::optional<std::string> content = unquote(text);
  if (!content) return std::nullopt;
  return is_dot_atom(*content) ? *content : std::string(text);
}

/// The '@' that ends the local part: the last one outside quotes.
std::size_t find_at(std::string_view text) {
  if (!text.starts_with('"')) return text.rfind('@');
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i + 1 < text.size() && text[i + 1] == '@' ? i + 1 : std::string_view::npos;
    }
  }
  return std::string_view::npos;
}

/// "münchen.example" → "xn--mnchen-3ya.example" (RFC 5891, without the transitional mappings of UTS #46).
std::optional<std::string> name_for_dns(std::string_view name) {
  char* ascii = nullptr;
  const int failed = idn2_to_ascii_8z(std::string(name).c_str(), &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const std::unique_ptr<char, decltype(&idn2_free)> owned(ascii, idn2_free);
  if (failed != IDN2_OK) return std::nullopt;
  return std::string(ascii);
}

}  // namespace

Result<Domain> Domain::parse(std::string_view text) {
  if (text.ends_with('.') && text.size() > 1) text.remove_suffix(1);
  if (!is_ascii(text)) {
    const std::optional<std::string> name = is_utf8(text) ? name_for_dns(text) : std::nullopt;
    if (!name || !is_ascii(*name)) return fail(Errc::invalid, "not a domain name (IDNA2008)");
    return parse(*name);
  }
  if (text.empty() || text.size() > longest_domain) return fail(Errc::invalid, "a domain has 1 to 255 octets");
  const bool valid = text.starts_with('[') ? valid_literal(text) : valid_name(text);
  if (!valid) return fail(Errc::invalid, "not a domain name (ASCII letters, digits, hyphens and dots)");
  return Domain(lowered(text));
}

bool domain_matches(std::string_view pattern, const Domain& domain) {
  const std::string& name = domain.str();
  if (!pattern.starts_with('.')) return equals_ignoring_case(pattern, name);
  if (equals_ignoring_case(pattern.substr(1), name)) return true;
  return name.size() > pattern.size() &&
         equals_ignoring_case(pattern, std::string_view(name).substr(name.size() - pattern.size()));
}

Result<Address> Address::parse(std::string_view text) {
  const std::size_t at = find_at(text);
  if (at == std::string_view::npos || at == 0)
    return fail(Errc::invalid, "not an address: local-part@domain is expected");
  if (at > longest_local) return fail(Errc::invalid, "a local part has at most 64 octets");
  std::optional<std::string> local = normal_local(text.substr(0, at));
  if (!local) return fail(Errc::invalid, "the local part is malformed");
  Result<Domain> domain = Domain::parse(text.substr(at + 1));
  if (!domain) return fail(domain.error());
  return Address(std::move(*local), std::move(*domain));
}

bool same_mailbox(const Address& a, const Address& b) {
  return a.domain() == b.domain() && equals_ignoring_case(a.local(), b.local());
}

std::string format_path(const ReversePath& path) {
  return path ? "<" + path->str() + ">" : "<>";
}

void encode(Writer& out, const Address& address) {
  out.bytes(address.str());
}

Address decode_address(Reader& in) {
  Result<Address> address = Address::parse(in.bytes(longest_local + 1 + longest_domain));
  if (!address) {
    in.reject();
    return {};
  }
  return std::move(*address);
}

void encode(Writer& out, const ReversePath& path) {
  out.boolean(path.has_value());
  if (path) encode(out, *path);
}

ReversePath decode_reverse_path(Reader& in) {
  if (!in.boolean()) return std::nullopt;
  return decode_address(in);
}

}  // namespace postern::mail
