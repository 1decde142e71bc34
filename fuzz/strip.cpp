// One octet for the cuts, then a message: our own fields go, wherever it is cut, and nothing else changes.
#include <algorithm>

#include "fuzz/target.hpp"
#include "mail/headers.hpp"
#include "mail/strip_attached.hpp"

using namespace postern;
using namespace postern::mail;
using fuzz::require;

namespace {

const std::vector<std::string> names = {"X-Key", "X-Postern-Trace"};

bool is_ours(std::string_view name) {
  return std::ranges::any_of(names, [&](const std::string& one) { return equals_ignoring_case(one, name); });
}

std::string passed(BodyStripper& stripper, std::string_view body, std::size_t piece) {
  std::string out;
  for (; !body.empty(); body.remove_prefix(std::min(piece, body.size())))
    out += stripper.pass(body.substr(0, piece));
  return out + stripper.end();
}

/// What is left is the text with whole pieces missing.
bool is_rest_of(std::string_view rest, std::string_view text) {
  std::size_t at = 0;
  for (const char c : text) {
    if (at < rest.size() && rest[at] == c) ++at;
  }
  return at == rest.size();
}

void check_section(std::string_view section) {
  const std::string kept = without_fields(section, names);
  const HeaderView before(section), after(kept);
  require(is_rest_of(kept, section) && without_fields(kept, names) == kept);
  require(std::ranges::none_of(after.fields(), [](const Field& field) { return is_ours(field.name); }));
  if (before.malformed()) return;
  std::string expected;
  for (const Field& field : before.fields()) {
    if (!is_ours(field.name)) expected += section.substr(field.at, field.size);
  }
  require(kept.starts_with(expected));
}

std::string passed_report(std::string_view body, std::size_t piece) {
  ReportStripper stripper(names);
  return passed(stripper, body, piece);
}

void check_report(std::string_view body, std::size_t piece) {
  const std::string kept = passed_report(body, body.size() + 1);
  require(passed_report(body, piece) == kept);
  require(is_rest_of(kept, body));
  for (const std::string& name : names) {
    const std::string line = "\r\n" + name + ": secret\r\n folded\r\n";
    const std::string text = std::string(body) + line + "Subject: x\r\n";
    require(passed_report(text, piece) == passed_report(std::string(body) + "\r\nSubject: x\r\n", piece));
  }
}

std::string passed_attached(std::string_view section, std::string_view body, std::size_t piece) {
  AttachedStripper stripper(names, section);
  return passed(stripper, body, piece);
}

/// As it came, and as one part of many, with an attached message behind it.
void check_attached(std::string_view section, std::string_view body, std::size_t piece) {
  const std::string kept = passed_attached(section, body, body.size() + 1);
  require(passed_attached(section, body, piece) == kept);
  require(is_rest_of(kept, body));
  const std::string boundary = "=_of_ours_alone";
  if (body.contains(boundary)) return;
  const std::string mixed = "Content-Type: multipart/mixed; boundary=\"" + boundary + "\"\r\n\r\n";
  const std::string before =
      "--" + boundary + "\r\n" + std::string(body) + "\r\n--" + boundary + "\r\nContent-Type: message/rfc822\r\n\r\n";
  for (const std::string& name : names) {
    const std::string text = before + name + ": secret\r\n folded\r\nSubject: x\r\n";
    require(passed_attached(mixed, text, piece) == passed_attached(mixed, before + "Subject: x\r\n", piece));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view message = fuzz::text(data + 1, size - 1);
  const std::size_t length = header_length(message).value_or(message.size());
  check_section(message.substr(0, length));
  check_attached(message.substr(0, length), message.substr(length), 1 + data[0]);
  check_report(message, 1 + data[0]);
  return 0;
}
