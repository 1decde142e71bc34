// Two lines: a name of a certificate, and a host. What matches has as many labels, and a wildcard stands for one.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/ascii.hpp"
#include "mail/tls.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(bytes.find('\n'), bytes.size());
  const std::string_view pattern = bytes.substr(0, end), host = bytes.substr(std::min(end + 1, bytes.size()));
  (void)postern::mail::parse_pin(bytes);
  (void)postern::mail::normal_group(bytes);
  if (!postern::mail::certificate_name_matches(pattern, host)) return 0;
  if (std::ranges::count(pattern, '.') != std::ranges::count(host, '.')) __builtin_trap();
  if (pattern.find('*', 1) != std::string_view::npos && postern::lowered(pattern) != postern::lowered(host))
    __builtin_trap();
  return 0;
}
