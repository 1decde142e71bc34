#include "mail/strip.hpp"

#include <algorithm>
#include <utility>

#include "mail/headers.hpp"

namespace postern::mail {
namespace {

/// RFC 5322 §2.1.1 allows 998. What is longer is no field of ours, and is not collected.
constexpr std::size_t longest_line = 2000;

bool is_one_of(std::string_view name, const std::vector<std::string>& names) {
  return std::ranges::any_of(names, [&](const std::string& one) { return equals_ignoring_case(one, name); });
}

}  // namespace

std::string without_fields(std::string_view section, const std::vector<std::string>& names) {
  std::string kept;
  std::size_t from = 0;
  for (const Field& field : HeaderView(section).fields()) {
    if (!is_one_of(field.name, names)) continue;
    kept += section.substr(from, field.at - from);
    from = field.at + field.size;
  }
  return kept.append(section.substr(from));
}

std::string ReportStripper::pass(std::string_view piece) {
  std::string out;
  out.reserve(piece.size());
  while (!piece.empty()) {
    const std::size_t end = piece.find('\n');
    const bool complete = end != std::string_view::npos;
    line_ += piece.substr(0, complete ? end + 1 : piece.size());
    piece.remove_prefix(complete ? end + 1 : piece.size());
    if (!complete && line_.size() <= longest_line) break;
    take(line_, out);
    long_line_ = !complete;
  }
  return out;
}

std::string ReportStripper::end() {
  std::string out;
  if (!line_.empty()) take(line_, out);
  return out;
}

void ReportStripper::take(std::string& line, std::string& out) {
  const std::string whole = std::exchange(line, {});
  const bool continues = long_line_ || whole.front() == ' ' || whole.front() == '\t';
  if (!continues) cutting_ = begins_field(whole);
  if (!cutting_) out += whole;
}

bool ReportStripper::begins_field(std::string_view line) const {
  // Not beyond: where the pieces are cut must not matter.
  const std::size_t colon = line.substr(0, longest_line).find(':');
  if (colon == std::string_view::npos) return false;
  std::string_view name = line.substr(0, colon);
  while (name.ends_with(' ') || name.ends_with('\t'))
    name.remove_suffix(1);
  return is_one_of(name, names_);
}

}  // namespace postern::mail
