#include "smtp/command.hpp"

#include <charconv>
#include <limits>
#include <optional>

#include "mail/headers.hpp"
#include "smtp/replies.hpp"

namespace postern::smtp {
namespace {

using mail::equals_ignoring_case;

/// "VERB rest" → the verb; `rest` without blanks on either side.
std::string_view take_word(std::string_view& rest) {
  const std::size_t end = std::min(rest.find(' '), rest.size());
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(end);
  while (rest.starts_with(' '))
    rest.remove_prefix(1);
  while (rest.ends_with(' '))
    rest.remove_suffix(1);
  return word;
}

/// 1 to 20 digits (RFC 1870 §3, RFC 3030 §2); what is greater than a number can be is the greatest.
std::optional<std::uint64_t> parse_number(std::string_view text) {
  if (text.size() > 20) return std::nullopt;
  std::uint64_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || parsed.ptr != text.data() + text.size()) return std::nullopt;
  if (parsed.ec == std::errc::result_out_of_range) return std::numeric_limits<std::uint64_t>::max();
  return parsed.ec == std::errc() ? std::optional(value) : std::nullopt;
}

BadCommand bad(mail::Reply reply) {
  return {std::move(reply), false};
}

/// A name or an address literal (RFC 5321 §4.1.1.1), leniently: it is evidence of nothing, but it goes into
/// our trace header.
bool is_host_name(std::string_view name) {
  constexpr std::string_view allowed = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-._:[]";
  return !name.empty() && name.size() <= 255 && name.find_first_not_of(allowed) == std::string_view::npos;
}

Command parse_helo(std::string_view name, bool extended) {
  if (!is_host_name(name)) return bad(replies::bad_arguments(extended ? "EHLO hostname" : "HELO hostname"));
  return Helo{std::string(name), extended};
}

/// "FROM:<path> parameters" after MAIL: the path without brackets, and what follows it.
struct PathAndRest {
  std::string_view path, rest;
};
std::optional<PathAndRest> split_path(std::string_view text, std::string_view keyword) {
  if (!equals_ignoring_case(text.substr(0, keyword.size()), keyword)) return std::nullopt;
  text.remove_prefix(keyword.size());
  while (text.starts_with(' '))
    text.remove_prefix(1);  // RFC 5321 §3.3 forbids the blank; many send it
  if (!text.starts_with('<')) return std::nullopt;
  bool quoted = false;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (text[i] == '>' && !quoted) {
      std::string_view rest = text.substr(i + 1);
      if (!rest.empty() && rest.front() != ' ') return std::nullopt;
      return PathAndRest{text.substr(1, i - 1), rest};
    }
  }
  return std::nullopt;
}

/// RFC 5321 §4.1.1.3: a source route is accepted and ignored.
std::string_view without_source_route(std::string_view path) {
  if (!path.starts_with('@')) return path;
  const std::size_t colon = path.find(':');
  return colon == std::string_view::npos ? path : path.substr(colon + 1);
}

/// What MAIL's parameters may be, each once.
struct ParameterReader {
  mail::MailParameters& into;
  bool had_size = false, had_body = false;

  /// Nothing, or why not.
  std::optional<mail::Reply> take(std::string_view parameter) {
    const std::size_t equals = std::min(parameter.find('='), parameter.size());
    const std::string_view name = parameter.substr(0, equals);
    const std::string_view value = parameter.substr(std::min(equals + 1, parameter.size()));
    if (equals_ignoring_case(name, "SIZE")) return size(value);
    if (equals_ignoring_case(name, "BODY")) return body(value);
    return replies::unknown_parameter();  // RFC 5321 §4.1.1.11: what we did not announce
  }

 private:
  std::optional<mail::Reply> size(std::string_view value) {  // RFC 1870
    const auto size = parse_number(value);
    if (!size || std::exchange(had_size, true)) return replies::bad_arguments("SIZE=octets, once");
    into.size = *size;
    return std::nullopt;
  }
  std::optional<mail::Reply> body(std::string_view value) {  // RFC 6152
    into.eight_bit = equals_ignoring_case(value, "8BITMIME");
    const bool known = into.eight_bit || equals_ignoring_case(value, "7BIT");
    if (!known || std::exchange(had_body, true)) return replies::bad_arguments("BODY=7BIT or BODY=8BITMIME, once");
    return std::nullopt;
  }
};

Command parse_mail(std::string_view text) {
  const auto split = split_path(text, "FROM:");
  if (!split) return bad(replies::bad_arguments("MAIL FROM:<address>"));
  MailFrom command;
  if (!split->path.empty()) {
    auto address = mail::Address::parse(without_source_route(split->path));
    if (!address) return bad(replies::bad_path(address.error().text));
    command.from = std::move(*address);
  }
  std::string_view rest = split->rest;
  take_word(rest);  // the blank before the first parameter
  ParameterReader parameters{command.parameters};
  while (!rest.empty()) {
    if (auto refused = parameters.take(take_word(rest))) return bad(std::move(*refused));
  }
  return command;
}

Command parse_rcpt(std::string_view text) {
  const auto split = split_path(text, "TO:");
  if (!split || split->path.empty()) return bad(replies::bad_arguments("RCPT TO:<address>"));
  auto address = mail::Address::parse(without_source_route(split->path));
  if (!address) return bad(replies::bad_path(address.error().text));
  std::string_view rest = split->rest;
  take_word(rest);
  if (!rest.empty()) return bad(replies::unknown_parameter());
  return RcptTo{std::move(*address)};
}

/// RFC 3030 §2
Command parse_bdat(std::string_view text) {
  const auto size = parse_number(take_word(text));
  const bool last = equals_ignoring_case(text, "LAST");
  if (!size || (!text.empty() && !last)) return BadCommand{replies::bad_arguments("BDAT size [LAST]"), true};
  return Bdat{*size, last};
}

template <class Known>
Command without_arguments(std::string_view rest, const char* syntax) {
  if (!rest.empty()) return bad(replies::bad_arguments(syntax));
  return Known{};
}

}  // namespace

Command parse_command(std::string_view line) {
  std::string_view rest = line;
  const std::string_view verb = take_word(rest);
  const auto is = [verb](std::string_view name) { return equals_ignoring_case(verb, name); };
  if (is("MAIL")) return parse_mail(rest);
  if (is("RCPT")) return parse_rcpt(rest);
  if (is("BDAT")) return parse_bdat(rest);
  if (is("DATA")) return without_arguments<Data>(rest, "DATA");
  if (is("EHLO")) return parse_helo(rest, true);
  if (is("HELO")) return parse_helo(rest, false);
  if (is("STARTTLS")) return without_arguments<StartTls>(rest, "STARTTLS");
  if (is("RSET")) return without_arguments<Rset>(rest, "RSET");
  if (is("QUIT")) return without_arguments<Quit>(rest, "QUIT");
  if (is("NOOP")) return Noop{};
  if (is("VRFY")) return Vrfy{};
  if (is("HELP")) return Help{};
  if (is("EXPN") || is("AUTH") || is("ETRN") || is("TURN")) return bad(replies::not_implemented());
  return bad(replies::unknown_command());
}

}  // namespace postern::smtp
