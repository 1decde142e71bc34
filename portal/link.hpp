// Addresses of the portal: what it is called, and what a notice links to.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/secret.hpp"

namespace postern::portal {

/// The host, in lower case, of a URL that links can begin with: "https://HOST" or "https://HOST:PORT", without a path.
[[nodiscard]] Result<std::string> host_of(std::string_view url);

/// "https://secure.clinic.example/m/<lookup>/<link secret>"
[[nodiscard]] std::string format_link(const std::string& url, const std::string& lookup, const Secret& link);

}  // namespace postern::portal
