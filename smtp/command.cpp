#include "smtp/command.hpp"

#include <optional>

#include "mail/headers.hpp"
#include "smtp/parameters.hpp"
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

Command parse_mail(std::string_view text) {
  const auto split = split_path(text, "FROM:");
  if (!split) return bad(replies::bad_arguments("MAIL FROM:<address>"));
  MailFrom command;
  if (!split->path.empty()) {
    auto address = mail::Address::parse(without_source_route(split->path));
    if (!address) return bad(replies::bad_path(address.error().text));
    command.from = std::move(*address);
  }
  if (auto refused = parse_parameters(split->rest, command.parameters)) return bad(std::move(*refused));
  const bool ascii = !command.from || command.from->is_ascii();
  if (!ascii && !command.parameters.utf8) return bad(replies::needs_smtputf8());
  return command;
}

Command parse_rcpt(std::string_view text) {
  const auto split = split_path(text, "TO:");
  if (!split || split->path.empty()) return bad(replies::bad_arguments("RCPT TO:<address>"));
  auto address = mail::Address::parse(without_source_route(split->path));
  if (!address) return bad(replies::bad_path(address.error().text));
  RcptTo command{std::move(*address), {}};
  if (auto refused = parse_parameters(split->rest, command.parameters)) return bad(std::move(*refused));
  return command;
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
