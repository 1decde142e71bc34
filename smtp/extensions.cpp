#include "smtp/extensions.hpp"

#include <charconv>

#include "mail/headers.hpp"

namespace postern::smtp {

Extensions parse_extensions(const std::vector<std::string>& lines) {
  Extensions found;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::string_view line = lines[i];
    const std::size_t end = line.find(' ');
    const std::string_view keyword = line.substr(0, end);
    const std::string_view argument = end == std::string_view::npos ? "" : line.substr(end + 1);
    const auto is = [keyword](std::string_view name) { return mail::equals_ignoring_case(keyword, name); };
    if (is("STARTTLS")) found.starttls = true;
    if (is("PIPELINING")) found.pipelining = true;
    if (is("8BITMIME")) found.eight_bit = true;
    if (is("DSN")) found.dsn = true;
    if (is("SMTPUTF8")) found.utf8 = true;
    if (is("SIZE")) {
      std::uint64_t size = 0;
      std::from_chars(argument.data(), argument.data() + argument.size(), size);
      found.size = size;
    }
  }
  return found;
}

}  // namespace postern::smtp
