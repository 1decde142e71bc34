#include "portal/link.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/base64.hpp"

namespace postern::portal {

Result<std::string> host_of(std::string_view url) {
  constexpr std::string_view scheme = "https://";
  const std::string_view rest = url.starts_with(scheme) ? url.substr(scheme.size()) : "";
  const std::size_t colon = std::min(rest.find(':'), rest.size());
  const std::string_view host = rest.substr(0, colon), port = rest.substr(std::min(colon + 1, rest.size()));
  const auto in_host = [](char c) { return is_alphanumeric(c) || c == '-' || c == '.'; };
  if (host.empty() || !std::ranges::all_of(host, in_host) || !std::ranges::all_of(port, is_digit))
    return fail(Errc::invalid, "the portal's url is like \"https://secure.clinic.example\", without a path");
  return lowered(host);
}

std::string format_link(const std::string& url, const std::string& lookup, const Secret& link) {
  return url + "/m/" + lookup + "/" + format_base64url(link.text());
}

}  // namespace postern::portal
