#include "gateway/coverage.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <span>

#include <boost/json.hpp>

#include "base/ascii.hpp"
#include "base/tainted.hpp"
#include "gateway/csv.hpp"

namespace postern::gateway {
namespace {

namespace json = boost::json;

constexpr std::string_view utf8_mark = "\xEF\xBB\xBF", utf16_mark = "\xFF\xFE";

/// Of UTF-16 (little endian) what is ASCII; the rest becomes '?': addresses and Message-IDs are what we look at.
std::string from_utf16(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at + 1 < text.size(); at += 2) {
    const auto low = static_cast<unsigned char>(text[at]);
    out += text[at + 1] == '\0' && low < 0x80 ? static_cast<char>(low) : '?';
  }
  return out;
}

/// "message_id", "MessageId" and "Message ID" are one column.
std::string column_name(std::string_view written) {
  std::string name = lowered(written);
  std::erase_if(name, [](char c) { return c == '_' || c == ' '; });
  return name;
}

using Fields = std::map<std::string, std::string>;

std::string field(const Fields& row, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const auto found = row.find(name);
    if (found != row.end() && !found->second.empty()) return found->second;
  }
  return "";
}

/// One for each recipient: "a@x.example##Receive, Send;b@y.example##Fail".
void add_row(const Fields& row, std::vector<TracedMail>& out) {
  TracedMail mail;
  mail.at = field(row, {"received", "origintimestamp", "datereceived", "date"});
  mail.message_id = field(row, {"messageid"});
  mail.sender = field(row, {"senderaddress", "sender"});
  mail.status = field(row, {"status", "deliverystatus"});
  std::string recipients = field(row, {"recipientaddress", "recipientstatus", "recipient"});
  while (!recipients.empty()) {
    const std::size_t end = std::min(recipients.find(';'), recipients.size());
    const std::string one = recipients.substr(0, end);
    recipients.erase(0, end + 1);
    const std::size_t mark = one.find("##");
    mail.recipient = one.substr(0, mark);
    TracedMail each = mail;
    if (mark != std::string::npos) each.status = one.substr(mark + 2);
    if (!each.recipient.empty()) out.push_back(std::move(each));
  }
}

Result<std::vector<TracedMail>> read_json(std::string_view text) {
  boost::system::error_code error;
  json::value root = json::parse(text, error);
  if (!error && root.is_object() && root.as_object().contains("value")) root = root.as_object().at("value");
  if (error || !root.is_array()) return fail(Errc::invalid, "the message trace is no list in JSON");
  std::vector<TracedMail> traced;
  for (const json::value& entry : root.as_array()) {
    if (!entry.is_object()) return fail(Errc::invalid, "the message trace holds what is no message");
    Fields row;
    for (const auto& [key, value] : entry.as_object()) {
      if (value.is_string()) row[column_name(key)] = std::string(value.as_string());
    }
    add_row(row, traced);
  }
  return traced;
}

Result<std::vector<TracedMail>> read_csv(std::string_view text) {
  // PowerShell's Export-Csv of old puts a "#TYPE …" line on top.
  if (text.starts_with("#TYPE")) text.remove_prefix(std::min(text.find('\n') + 1, text.size()));
  const auto rows = parse_csv(text);
  if (!rows || rows->empty()) return fail(Errc::invalid, "the message trace is no CSV");
  CsvRow columns = rows->front();
  std::ranges::transform(columns, columns.begin(), column_name);
  const auto has = [&columns](const char* name) { return std::ranges::find(columns, name) != columns.end(); };
  if (!has("messageid") || (!has("senderaddress") && !has("sender")) ||
      (!has("recipientaddress") && !has("recipientstatus") && !has("recipient"))) {
    return fail(Errc::invalid, "the message trace has no columns for Message-ID, sender and recipient");
  }
  std::vector<TracedMail> traced;
  for (const CsvRow& values : std::span(*rows).subspan(1)) {
    Fields row;
    for (std::size_t i = 0; i < std::min(values.size(), columns.size()); ++i)
      row[columns[i]] = values[i];
    add_row(row, traced);
  }
  return traced;
}

std::optional<mail::Domain> domain_of(const std::string& address) {
  const auto parsed = mail::Address::parse(address);
  return parsed ? std::optional(parsed->domain()) : std::nullopt;
}

bool is_ours(const std::string& address, const std::vector<policy::Tenant>& tenants) {
  const auto domain = domain_of(address);
  return domain && std::ranges::any_of(tenants, [&](const policy::Tenant& one) { return policy::owns(one, *domain); });
}

/// Exchange itself did not send it: it says Failed, Pending, Quarantined, FilteredAsSpam; or Expanded, for a list.
bool stayed(const std::string& status) {
  const std::string word = lowered(status);
  return std::ranges::any_of(std::initializer_list<const char*>{"fail", "pending", "quarantin", "filtered", "expanded"},
                             [&word](const char* begin) { return word.starts_with(begin); });
}

std::string shown(const std::string& text) {
  return text.empty() ? "-" : Tainted(text).cleaned(300);
}

}  // namespace

Result<std::vector<TracedMail>> read_message_trace(std::string_view file) {
  const std::string narrow = file.starts_with(utf16_mark) ? from_utf16(file.substr(utf16_mark.size())) : "";
  std::string_view text = narrow.empty() ? file : std::string_view(narrow);
  if (text.starts_with(utf8_mark)) text.remove_prefix(utf8_mark.size());
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return fail(Errc::invalid, "the message trace is empty");
  return text[first] == '[' || text[first] == '{' ? read_json(text) : read_csv(text);
}

Result<Seen> read_seen(std::string_view events) {
  Seen seen;
  while (!events.empty()) {
    const std::size_t end = std::min(events.find('\n'), events.size());
    boost::system::error_code error;
    const json::value line = json::parse(events.substr(0, end), error);
    events.remove_prefix(std::min(end + 1, events.size()));
    if (error || !line.is_object()) continue;  // the line that is being written
    const json::object& event = line.as_object();
    const json::value* id = event.if_contains("message_id");
    const json::value* to = event.if_contains("recipient");
    if (id == nullptr || to == nullptr || !id->is_string() || !to->is_string()) continue;
    const std::string recipient = lowered(to->as_string());
    if (recipient.starts_with("hmac:") || recipient.starts_with("*@"))
      return fail(Errc::invalid,
                  "these events do not hold plain addresses: take those of a sink with addresses = \"plain\"");
    seen.emplace(lowered(id->as_string()), recipient);
  }
  return seen;
}

Coverage coverage(const std::vector<TracedMail>& traced, const Seen& seen, const std::vector<policy::Tenant>& tenants) {
  Coverage result;
  for (const TracedMail& mail : traced) {
    if (stayed(mail.status) || !is_ours(mail.sender, tenants) || is_ours(mail.recipient, tenants)) continue;
    ++result.outbound;
    if (!seen.contains({lowered(mail.message_id), lowered(mail.recipient)})) result.missed.push_back(mail);
  }
  return result;
}

std::string format_coverage(const Coverage& coverage) {
  std::string out;
  for (const TracedMail& mail : coverage.missed) {
    out += shown(mail.at) + "  " + shown(mail.sender) + " -> " + shown(mail.recipient) + "  " + shown(mail.message_id) +
           "\n";
  }
  return out + std::to_string(coverage.outbound) + " outbound, " + std::to_string(coverage.missed.size()) +
         " never passed the gateway\n";
}

}  // namespace postern::gateway
