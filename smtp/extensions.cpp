#include "smtp/extensions.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include "base/ascii.hpp"
#include "mail/headers.hpp"

namespace postern::smtp {
namespace {

/// One to six digits, the first of them no 0; what is said otherwise is not said.
std::optional<unsigned> parse_limit(std::string_view text) {
  const bool digits = std::ranges::all_of(text, is_digit);
  if (text.empty() || text.size() > 6 || !digits || text.front() == '0') return std::nullopt;
  unsigned value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// "RCPTMAX=100 MAILMAX=5"; names that we do not know are for others.
Limits parse_limits(std::string_view words) {
  Limits found;
  while (!words.empty()) {
    const std::string_view word = words.substr(0, words.find(' '));
    words.remove_prefix(std::min(word.size() + 1, words.size()));
    const std::size_t equals = std::min(word.find('='), word.size());
    const std::optional<unsigned> value = parse_limit(word.substr(std::min(equals + 1, word.size())));
    const auto is = [name = word.substr(0, equals)](std::string_view known) {
      return mail::equals_ignoring_case(name, known);
    };
    if (is("MAILMAX")) found.mail_max = value;
    if (is("RCPTMAX")) found.rcpt_max = value;
    if (is("RCPTDOMAINMAX")) found.rcpt_domain_max = value;
  }
  return found;
}

}  // namespace

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
    if (is("CHUNKING")) found.chunking = true;
    if (is("LIMITS")) found.limits = parse_limits(argument);
    if (is("DSN")) found.dsn = true;
    if (is("SMTPUTF8")) found.utf8 = true;
    if (is("REQUIRETLS")) found.requiretls = true;
    if (is("SIZE")) {
      std::uint64_t size = 0;
      std::from_chars(argument.data(), argument.data() + argument.size(), size);
      found.size = size;
    }
  }
  return found;
}

/// RFC 9422 §4.2, §4.3
std::vector<std::size_t> next_transaction(const std::vector<mail::Address>& to, const Limits& limits) {
  std::vector<std::size_t> taken;
  std::set<std::string> domains;
  for (std::size_t i = 0; i < to.size() && taken.size() < limits.rcpt_max.value_or(rcpt_max_of_all); ++i) {
    const std::string& domain = to[i].domain().str();
    const bool room = domains.size() < limits.rcpt_domain_max.value_or(UINT32_MAX);
    if (!room && !domains.contains(domain)) continue;
    domains.insert(domain);
    taken.push_back(i);
  }
  return taken;
}

}  // namespace postern::smtp
