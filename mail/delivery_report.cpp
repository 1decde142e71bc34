#include "mail/delivery_report.hpp"

#include <charconv>
#include <string>

#include "base/ascii.hpp"
#include "mail/headers.hpp"
#include "mail/media_type.hpp"

namespace postern::mail {
namespace {

constexpr std::size_t most_recipients = 1000, most_parts = 20;

std::string_view body_of(std::string_view entity) {
  const auto length = header_length(entity);
  return length ? entity.substr(*length) : std::string_view();
}

std::optional<MediaType> type_of(std::string_view entity) {
  const HeaderView headers(entity.substr(0, header_length(entity).value_or(entity.size())));
  const auto field = headers.first("Content-Type");
  return field ? parse_media_type(field->raw) : std::nullopt;
}

/// RFC 2046 §5.1.1
std::vector<std::string_view> parts_of(std::string_view body, std::string_view boundary) {
  std::vector<std::string_view> parts;
  const std::string delimiter = "\r\n--" + std::string(boundary);
  std::size_t begin = body.starts_with(std::string_view(delimiter).substr(2)) ? 0 : body.find(delimiter);
  if (begin != 0 && begin != std::string_view::npos) begin += 2;
  while (begin != std::string_view::npos && parts.size() < most_parts) {
    const std::size_t line_end = body.find("\r\n", begin);
    if (line_end == std::string_view::npos) break;
    const std::size_t next = body.find(delimiter, line_end);
    parts.push_back(body.substr(line_end + 2, next == std::string_view::npos ? next : next - line_end - 2));
    if (next == std::string_view::npos || body.substr(next + delimiter.size()).starts_with("--")) break;
    begin = next + 2;
  }
  return parts;
}

std::optional<DsnAction> parse_action(std::string_view text) {
  if (equals_ignoring_case(text, "failed")) return DsnAction::failed;
  if (equals_ignoring_case(text, "delayed")) return DsnAction::delayed;
  for (const char* left : {"delivered", "relayed", "expanded"})
    if (equals_ignoring_case(text, left)) return DsnAction::relayed;
  return std::nullopt;
}

/// "5.1.1", and whatever may follow it.
StatusCode parse_status(std::string_view text) {
  StatusCode status;
  const char* at = text.data();
  const char* const end = at + text.size();
  for (int* number : {&status.klass, &status.subject, &status.detail}) {
    const auto [after, error] = std::from_chars(at, end, *number);
    if (error != std::errc{} || *number < 0 || *number > 999) return {};
    at = after < end && *after == '.' ? after + 1 : after;
  }
  return status;
}

/// Groups of fields with blank lines between: the first is about the message (RFC 3464 §2.1).
std::vector<ReportedRecipient> recipients_of(std::string_view status_part) {
  std::vector<ReportedRecipient> recipients;
  std::string_view rest = body_of(status_part);
  while (!rest.empty() && recipients.size() < most_recipients) {
    while (rest.starts_with("\r\n"))
      rest.remove_prefix(2);
    const std::size_t length = header_length(rest).value_or(rest.size());
    const HeaderView group(rest.substr(0, length));
    rest.remove_prefix(length);
    const auto action = group.first("Action"), status = group.first("Status");
    const auto parsed = action ? parse_action(unfold(action->raw)) : std::nullopt;
    if (parsed) recipients.push_back({*parsed, status ? parse_status(unfold(status->raw)) : StatusCode{}});
  }
  return recipients;
}

bool is_delivery_status(std::string_view part) {
  const auto type = type_of(part);
  return type &&
         (type->type == "message/delivery-status" || type->type == "message/global-delivery-status");  // RFC 6533
}

}  // namespace

std::optional<std::vector<ReportedRecipient>> parse_delivery_report(std::string_view message) {
  const auto type = type_of(message);
  if (!type || type->type != "multipart/report") return std::nullopt;
  const auto boundary = type->parameter("boundary");
  if (!boundary || boundary->empty()) return std::nullopt;
  for (const std::string_view part : parts_of(body_of(message), *boundary)) {
    if (!is_delivery_status(part)) continue;
    auto recipients = recipients_of(part);
    if (!recipients.empty()) return recipients;
  }
  return std::nullopt;
}

}  // namespace postern::mail
