// One octet for the cuts, then a message: our own fields go, wherever it is cut, and nothing else changes.
#include "mail/strip.hpp"

#include <algorithm>

#include "fuzz/target.hpp"
#include "mail/headers.hpp"

using namespace postern;
using namespace postern::mail;
using fuzz::require;

namespace {

const std::vector<std::string> names = {"X-Key", "X-Postern-Trace"};

bool is_ours(std::string_view name) {
  return std::ranges::any_of(names, [&](const std::string& one) { return equals_ignoring_case(one, name); });
}

std::string passed(std::string_view body, std::size_t piece) {
  ReportStripper stripper(names);
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

void check_report(std::string_view body, std::size_t piece) {
  const std::string kept = passed(body, body.size() + 1);
  require(passed(body, piece) == kept);
  require(is_rest_of(kept, body));
  for (const std::string& name : names) {
    const std::string line = "\r\n" + name + ": secret\r\n folded\r\n";
    const std::string text = std::string(body) + line + "Subject: x\r\n";
    require(passed(text, piece) == passed(std::string(body) + "\r\nSubject: x\r\n", piece));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view message = fuzz::text(data + 1, size - 1);
  check_section(message.substr(0, header_length(message).value_or(message.size())));
  check_report(message, 1 + data[0]);
  return 0;
}
