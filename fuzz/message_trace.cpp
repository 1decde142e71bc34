// A file that somebody exported from Exchange: rows, or an error; what is printed of it is bounded and clean. The same
// bytes as our own events must do no harm either.
#include <algorithm>

#include "fuzz/target.hpp"
#include "gateway/coverage.hpp"
#include "gateway/csv.hpp"

using namespace postern;
using namespace postern::gateway;
using fuzz::require;

namespace {

std::string quoted(const CsvRow& row) {
  std::string line;
  for (const std::string& field : row) {
    line += line.empty() ? "\"" : ",\"";
    for (const char c : field)
      line += c == '"' ? std::string("\"\"") : std::string(1, c);
    line += '"';
  }
  return line + "\r\n";
}

/// RFC 4180: written with quotes it is read the same.
void check_csv(std::string_view text) {
  const auto rows = parse_csv(text);
  if (!rows) return;
  std::string again;
  std::vector<CsvRow> full;
  for (const CsvRow& row : *rows) {
    if (row.size() == 1 && row.front().empty()) continue;  // a blank line is no row
    full.push_back(row);
    again += quoted(row);
  }
  require(parse_csv(again) == full);
}

const std::vector<policy::Tenant>& tenants() {
  static const std::vector<policy::Tenant> all = [] {
    policy::Tenant clinic;
    clinic.name = "clinic";
    clinic.domains = {"clinic.example"};
    return std::vector{clinic};
  }();
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text(data, size);
  check_csv(text);
  const auto seen = read_seen(text);
  const auto traced = read_message_trace(text);
  if (!traced) return 0;
  require(std::ranges::none_of(*traced, [](const TracedMail& mail) { return mail.recipient.empty(); }));
  const Coverage all = coverage(*traced, {}, tenants());
  require(all.missed.size() == all.outbound && all.outbound <= traced->size());
  const Coverage some = coverage(*traced, seen.value_or(Seen{}), tenants());
  require(some.outbound == all.outbound && some.missed.size() <= all.missed.size());
  const std::string shown = format_coverage(all);
  require(std::ranges::none_of(shown, [](unsigned char c) { return (c < ' ' && c != '\n') || c == 0x7f; }));
  require(static_cast<std::size_t>(std::ranges::count(shown, '\n')) == all.missed.size() + 1);
  return 0;
}
