#include "portal/reply_entity.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/base64.hpp"
#include "mail/lines.hpp"
#include "portal/deposit.hpp"
#include "portal/file_name.hpp"
#include "portal/responses.hpp"

namespace postern::portal {
namespace {

constexpr std::size_t line_width = 76;  // RFC 2045 §6.8
constexpr std::size_t boundary_octets = 18;

std::string leaf(const std::string& fields, std::string_view content) {
  return fields + "Content-Transfer-Encoding: base64\r\n\r\n" + format_base64_lines(content, line_width, "\r\n");
}

std::string text_leaf(std::string_view text) {
  return leaf("Content-Type: text/plain; charset=utf-8\r\n", mail::with_crlf(text));
}

/// RFC 2045 §5.1, without parameters. A message or a multipart in base64 would be none (§6.4).
bool is_plain_type(std::string_view type) {
  const auto in_token = [](char c) { return is_alphanumeric(c) || std::string_view("!#$&^_.+-").contains(c); };
  const std::size_t slash = type.find('/');
  if (slash == std::string_view::npos || type.size() > 100) return false;
  const std::string_view major = type.substr(0, slash), minor = type.substr(slash + 1);
  const bool composite = lowered(major) == "message" || lowered(major) == "multipart";
  return !major.empty() && !minor.empty() && !composite && std::ranges::all_of(major, in_token) &&
         std::ranges::all_of(minor, in_token);
}

/// Of two forms of a name readers of mail take one or the other: there is one. One that no line can hold (RFC 5322
/// §2.1.1) gives way.
std::string disposition(const std::string& name, std::string_view type) {
  constexpr std::size_t longest_line = 998;
  const auto is_plain = [](char c) { return is_alphanumeric(c) || std::string_view(".-_ ").contains(c); };
  if (std::ranges::all_of(name, is_plain)) return "attachment;\r\n filename=\"" + name + "\"";
  const std::string line = " filename*=" + extended_value(name);
  if (line.size() > longest_line) return disposition(std::string(usual_file_name(type)), type);
  return "attachment;\r\n" + line;
}

std::string file_leaf(const ReplyFile& file) {
  const std::string type = is_plain_type(file.type) ? lowered(file.type) : "application/octet-stream";
  return leaf("Content-Type: " + type + "\r\nContent-Disposition: " + disposition(file.name, type) + "\r\n",
              file.content);
}

}  // namespace

std::string reply_entity(std::string_view text, const std::vector<ReplyFile>& files, Random& random) {
  if (files.empty()) return text_leaf(text);
  // Base64 lines cannot begin with what the boundary begins with.
  const std::string boundary = "=_" + format_base64url(random_octets(random, boundary_octets));
  std::string entity = "Content-Type: multipart/mixed; boundary=\"" + boundary + "\"\r\n\r\n";
  entity += "--" + boundary + "\r\n" + text_leaf(text);
  for (const ReplyFile& file : files)
    entity += "--" + boundary + "\r\n" + file_leaf(file);
  return entity + "--" + boundary + "--\r\n";
}

std::string reply_subject(std::string_view subject) {
  const bool is_one = lowered(subject.substr(0, 3)) == "re:";
  return is_one ? std::string(subject) : "Re: " + std::string(subject);
}

}  // namespace postern::portal
