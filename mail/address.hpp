// Mail addresses and domains, parsed once (RFC 5321 §4.1.2). Everything behind this header deals in these types, not
// strings.
//
// A Domain is lower case ASCII without a trailing dot: an internationalised one is kept in its form for the DNS
// ("xn--…", RFC 5891). A local part may hold UTF-8 (RFC 6531 §3.3); who may not pass such an address on asks
// is_ascii(). It keeps its case and is compared exactly, except by `same_mailbox`, which is how people mean it.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "base/codec.hpp"
#include "base/error.hpp"
#include "base/utf8.hpp"

namespace postern::mail {

class Domain {
 public:
  Domain() = default;
  /// "clinic.example", "klinik-münchen.example" or "[192.0.2.1]"; at most 255 octets, labels of at most 63.
  [[nodiscard]] static Result<Domain> parse(std::string_view text);

  [[nodiscard]] const std::string& str() const { return text_; }
  [[nodiscard]] bool is_literal() const { return text_.starts_with('['); }
  [[nodiscard]] bool empty() const { return text_.empty(); }
  auto operator<=>(const Domain&) const = default;

 private:
  explicit Domain(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

/// A configured pattern: "clinic.example" is that domain alone, ".clinic.example" is everything below it and itself.
[[nodiscard]] bool domain_matches(std::string_view pattern, const Domain& domain);

class Address {
 public:
  Address() = default;
  /// `local@domain`; a quoted local part is unquoted where that changes nothing. Local part at most 64 octets.
  [[nodiscard]] static Result<Address> parse(std::string_view text);

  [[nodiscard]] const std::string& local() const { return local_; }  // as written, quotes included
  [[nodiscard]] const Domain& domain() const { return domain_; }
  [[nodiscard]] bool is_ascii() const { return postern::is_ascii(local_); }
  [[nodiscard]] std::string str() const { return local_ + "@" + domain_.str(); }
  auto operator<=>(const Address&) const = default;

 private:
  Address(std::string local, Domain domain) : local_(std::move(local)), domain_(std::move(domain)) {}
  std::string local_;
  Domain domain_;
};

[[nodiscard]] bool same_mailbox(const Address& a, const Address& b);

/// Nothing: the null reverse-path "<>" (RFC 5321 §4.5.5).
using ReversePath = std::optional<Address>;
[[nodiscard]] std::string format_path(const ReversePath& path);  // with angle brackets

void encode(Writer& out, const Address& address);
[[nodiscard]] Address decode_address(Reader& in);
void encode(Writer& out, const ReversePath& path);
[[nodiscard]] ReversePath decode_reverse_path(Reader& in);

}  // namespace postern::mail
