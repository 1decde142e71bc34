// TLS-RPT (RFC 8460 §3): where a domain wants reports about TLS on the way to it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace postern::discovery {

/// The URIs, "mailto:…" and "https://…", of the TXT records at _smtp._tls. Empty: it wants none.
[[nodiscard]] std::vector<std::string> parse_tls_rpt_records(const std::vector<std::string>& records);

/// Of one record. An Error: it is none.
[[nodiscard]] Result<std::vector<std::string>> parse_tls_rpt(std::string_view text);

}  // namespace postern::discovery
