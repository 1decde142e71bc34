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

std::string_view field_name(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return {};
  std::string_view name = line.substr(0, colon);
  while (name.ends_with(' ') || name.ends_with('\t'))
    name.remove_suffix(1);
  return name;
}

std::string BodyStripper::pass(std::string_view piece) {
  std::string out;
  out.reserve(piece.size());
  while (!piece.empty()) {
    const std::size_t end = piece.find('\n');
    const bool complete = end != std::string_view::npos;
    std::string_view line = piece.substr(0, complete ? end + 1 : piece.size());
    piece.remove_prefix(line.size());
    std::string begun;
    if (!line_.empty() || !complete) {
      line_ += line;
      if (!complete && line_.size() <= longest_line) break;
      begun = std::exchange(line_, {});
      line = begun;
    }
    // Not beyond: where the pieces are cut must not matter.
    if (keeps(line.substr(0, longest_line), !long_line_)) out += line;
    long_line_ = !complete;
  }
  return out;
}

std::string BodyStripper::end() {
  std::string rest = std::exchange(line_, {});
  return rest.empty() || keeps(rest, !long_line_) ? rest : "";
}

bool BodyStripper::begins_ours(std::string_view line) const {
  return is_one_of(field_name(line), names_);
}

bool ReportStripper::keeps(std::string_view line, bool begins) {
  if (begins && !continues_field(line)) cutting_ = begins_ours(line);
  return !cutting_;
}

}  // namespace postern::mail
