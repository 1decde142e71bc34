// The address of a link in a message, as a browser would read it (WHATWG URL §4.4), where it leads to the web or to
// mail.
//
//   safe_link(" ht\ntps:\\\\example.com/a b")   // "https://example.com/a%20b"
//   safe_link("java\tscript:alert(1)")          // nothing
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postern::portal {

/// http, https and mailto. Nothing for another scheme, a relative address (it would lead into this server), a host with
/// credentials before it ("https://bank.example@evil.example"), and for what is longer than 4,000 octets.
[[nodiscard]] std::optional<std::string> safe_link(std::string_view address);

}  // namespace postern::portal
