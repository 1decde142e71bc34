// Two lines: a name of a certificate, and a host. What matches has as many labels, and a wildcard stands for one.
#include <algorithm>

#include "base/ascii.hpp"
#include "fuzz/target.hpp"
#include "mail/tls.hpp"

using namespace postern;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text(data, size);
  const std::size_t end = std::min(bytes.find('\n'), bytes.size());
  const std::string_view pattern = bytes.substr(0, end), host = bytes.substr(std::min(end + 1, bytes.size()));
  (void)mail::parse_pin(bytes);
  (void)mail::normal_group(bytes);
  if (!mail::certificate_name_matches(pattern, host)) return 0;
  require(std::ranges::count(pattern, '.') == std::ranges::count(host, '.'));
  require(pattern.find('*', 1) == std::string_view::npos || lowered(pattern) == lowered(host));
  return 0;
}
