#include "smtp/parameters.hpp"

#include <charconv>
#include <limits>
#include <set>

#include "mail/headers.hpp"
#include "mail/xtext.hpp"
#include "smtp/replies.hpp"

namespace postern::smtp {
namespace {

using mail::equals_ignoring_case;
using Refusal = std::optional<mail::Reply>;

constexpr std::size_t longest_envid = 100, longest_orcpt = 500;  // RFC 3461 §4.4, §4.2

/// "KEYWORD=value" or "KEYWORD"
struct Parameter {
  std::string keyword;  // upper case
  std::string_view value;
};

Parameter take_parameter(std::string_view& rest) {
  const std::size_t end = std::min(rest.find(' '), rest.size());
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(end);
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  const std::size_t equals = std::min(word.find('='), word.size());
  Parameter parameter{std::string(word.substr(0, equals)), word.substr(std::min(equals + 1, word.size()))};
  for (char& c : parameter.keyword) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return parameter;
}

/// Each keyword once, by `take(parameter)`.
template <class Take>
Refusal each_parameter(std::string_view text, Take take) {
  std::set<std::string> had;
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  while (!text.empty()) {
    const Parameter parameter = take_parameter(text);
    if (Refusal refused = take(parameter)) return refused;
    if (!had.insert(parameter.keyword).second) return replies::bad_arguments(parameter.keyword + " once");
  }
  return std::nullopt;
}

Refusal take_size(std::string_view value, mail::MailParameters& into) {  // RFC 1870
  const auto size = parse_number(value);
  if (!size) return replies::bad_arguments("SIZE=octets");
  into.size = *size;
  return std::nullopt;
}

Refusal take_body(std::string_view value, mail::MailParameters& into) {  // RFC 6152
  into.eight_bit = equals_ignoring_case(value, "8BITMIME");
  if (!into.eight_bit && !equals_ignoring_case(value, "7BIT")) {
    return replies::bad_arguments("BODY=7BIT or BODY=8BITMIME");
  }
  return std::nullopt;
}

Refusal take_ret(std::string_view value, mail::MailParameters& into) {  // RFC 3461 §4.3
  const bool full = equals_ignoring_case(value, "FULL");
  if (!full && !equals_ignoring_case(value, "HDRS")) return replies::bad_arguments("RET=FULL or RET=HDRS");
  into.ret = full ? mail::Return::full : mail::Return::headers;
  return std::nullopt;
}

Refusal take_envid(std::string_view value, mail::MailParameters& into) {  // RFC 3461 §4.4
  if (value.empty() || value.size() > longest_envid || !mail::is_xtext(value)) {
    return replies::bad_arguments("ENVID=xtext, at most 100 characters");
  }
  into.envid = value;
  return std::nullopt;
}

Refusal take_requiretls(std::string_view value, mail::MailParameters& into) {  // RFC 8689 §2
  if (!value.empty()) return replies::bad_arguments("REQUIRETLS without a value");
  into.requiretls = true;
  return std::nullopt;
}

/// RFC 3461 §4.1: NEVER alone, or a list.
Refusal take_notify(std::string_view value, mail::RecipientParameters& into) {
  mail::RecipientParameters::Notify& notify = into.notify;
  notify.stated = true;
  if (equals_ignoring_case(value, "NEVER")) return std::nullopt;
  for (bool more = true; more;) {
    const std::size_t comma = value.find(',');
    const std::string_view word = value.substr(0, comma);
    more = comma != std::string_view::npos;
    if (more) value.remove_prefix(comma + 1);
    const bool known = (equals_ignoring_case(word, "SUCCESS") && (notify.success = true)) ||
                       (equals_ignoring_case(word, "FAILURE") && (notify.failure = true)) ||
                       (equals_ignoring_case(word, "DELAY") && (notify.delay = true));
    if (!known) return replies::bad_arguments("NOTIFY=NEVER, or a list of SUCCESS, FAILURE, DELAY");
  }
  return std::nullopt;
}

/// RFC 3461 §4.2: an address type, which is an atom, and an address in xtext.
Refusal take_orcpt(std::string_view value, mail::RecipientParameters& into) {
  const std::size_t semicolon = value.find(';');
  const bool whole = semicolon != std::string_view::npos && semicolon > 0 && semicolon + 1 < value.size();
  const auto atom = [](char c) {
    return mail::is_xtext({&c, 1}) && std::string_view("()<>@,;:\\\".[]").find(c) == std::string_view::npos;
  };
  if (!whole || value.size() > longest_orcpt || !std::ranges::all_of(value.substr(0, semicolon), atom) ||
      !mail::is_xtext(value.substr(semicolon + 1))) {
    return replies::bad_arguments("ORCPT=type;xtext, at most 500 characters");
  }
  into.orcpt = value;
  return std::nullopt;
}

}  // namespace

std::optional<mail::Reply> parse_parameters(std::string_view text, mail::MailParameters& into) {
  return each_parameter(text, [&into](const Parameter& parameter) -> Refusal {
    if (parameter.keyword == "SIZE") return take_size(parameter.value, into);
    if (parameter.keyword == "BODY") return take_body(parameter.value, into);
    if (parameter.keyword == "RET") return take_ret(parameter.value, into);
    if (parameter.keyword == "ENVID") return take_envid(parameter.value, into);
    if (parameter.keyword == "REQUIRETLS") return take_requiretls(parameter.value, into);
    if (parameter.keyword == "SMTPUTF8" && parameter.value.empty()) {  // RFC 6531 §3.4
      into.utf8 = true;
      return std::nullopt;
    }
    return replies::unknown_parameter();  // RFC 5321 §4.1.1.11: what we did not announce
  });
}

std::optional<mail::Reply> parse_parameters(std::string_view text, mail::RecipientParameters& into) {
  return each_parameter(text, [&into](const Parameter& parameter) -> Refusal {
    if (parameter.keyword == "NOTIFY") return take_notify(parameter.value, into);
    if (parameter.keyword == "ORCPT") return take_orcpt(parameter.value, into);
    return replies::unknown_parameter();
  });
}

std::string format_dsn_parameters(const mail::MailParameters& parameters) {
  std::string text;
  if (parameters.ret != mail::Return::unstated) {
    text += parameters.ret == mail::Return::full ? " RET=FULL" : " RET=HDRS";
  }
  if (!parameters.envid.empty()) text += " ENVID=" + parameters.envid;
  return text;
}

std::string format_dsn_parameters(const mail::RecipientParameters& parameters) {
  std::string text;
  const auto& notify = parameters.notify;
  if (notify.stated) {
    std::string list;
    const auto add = [&list](bool wanted, const char* word) {
      if (wanted) list += (list.empty() ? "" : ",") + std::string(word);
    };
    add(notify.success, "SUCCESS");
    add(notify.failure, "FAILURE");
    add(notify.delay, "DELAY");
    text += " NOTIFY=" + (list.empty() ? "NEVER" : list);
  }
  if (!parameters.orcpt.empty()) text += " ORCPT=" + parameters.orcpt;
  return text;
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  if (text.size() > 20) return std::nullopt;
  std::uint64_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || parsed.ptr != text.data() + text.size()) return std::nullopt;
  if (parsed.ec == std::errc::result_out_of_range) return std::numeric_limits<std::uint64_t>::max();
  return parsed.ec == std::errc() ? std::optional(value) : std::nullopt;
}

}  // namespace postern::smtp
