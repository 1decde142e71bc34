#include "mail/strip_attached.hpp"

#include <algorithm>
#include <array>

#include "base/ascii.hpp"
#include "mail/headers.hpp"
#include "mail/media_type.hpp"

namespace postern::mail {
namespace {

constexpr std::size_t longest_value = 4096;  // octets of a Content-Type; what is longer is not understood
constexpr std::size_t most_levels = 100;

bool is_message(std::string_view type) {
  // RFC 6532 §3.7, RFC 6533 §6.3
  static constexpr std::array<std::string_view, 4> types = {"message/rfc822", "text/rfc822-headers", "message/global",
                                                            "message/global-headers"};
  return std::ranges::find(types, type) != types.end();
}

/// RFC 2045 §6.2: those that leave lines as they are.
bool is_identity(std::string_view encoding) {
  const std::string word = lowered(unfold(encoding));
  return word.empty() || word == "7bit" || word == "8bit" || word == "binary";
}

}  // namespace

AttachedStripper::AttachedStripper(std::vector<std::string> names, std::string_view section)
    : BodyStripper(std::move(names)) {
  const HeaderView headers(section);
  if (const auto type = headers.first("Content-Type")) type_ = type->raw;
  if (const auto encoding = headers.first("Content-Transfer-Encoding")) encoding_ = encoding->raw;
  end_header();
}

bool AttachedStripper::keeps(std::string_view line, bool begins) {
  if (!begins) return !cutting_;
  if (line.starts_with("--") && is_boundary(line)) return true;
  return !in_header_ || keeps_header_line(line);
}

/// RFC 2046 §5.1.1: a boundary of an outer multipart ends all that is inside.
bool AttachedStripper::is_boundary(std::string_view line) {
  const std::string_view text = trimmed(line.substr(2), " \t\r\n");
  for (std::size_t level = levels_.size(); level > 0; --level) {
    const std::string& boundary = levels_[level - 1].boundary;
    if (!text.starts_with(boundary)) continue;
    const std::string_view rest = text.substr(boundary.size());
    if (!rest.empty() && rest != "--") continue;
    const bool last = !rest.empty();
    levels_.resize(last ? level - 1 : level);
    cutting_ = false;
    in_header_ = false;  // of what follows the last part
    if (!last) begin_header(false);
    return true;
  }
  return false;
}

bool AttachedStripper::keeps_header_line(std::string_view line) {
  if (line == "\r\n") {
    end_header();
    return true;
  }
  if (continues_field(line)) {
    if (collecting_ != nullptr && collecting_->size() < longest_value) *collecting_ += line;
    return !cutting_;
  }
  const std::string_view name = field_name(line);
  collecting_ = nullptr;
  if (type_.empty() && equals_ignoring_case(name, "Content-Type")) collecting_ = &type_;
  if (encoding_.empty() && equals_ignoring_case(name, "Content-Transfer-Encoding")) collecting_ = &encoding_;
  if (collecting_ != nullptr) *collecting_ = line.substr(line.find(':') + 1);
  const bool ours = attached_ && begins_ours(line);
  left_signed_ = left_signed_ || (ours && inside_signed());
  cutting_ = ours && !inside_signed();
  return !cutting_;
}

void AttachedStripper::begin_header(bool attached) {
  in_header_ = true;
  attached_ = attached;
  type_.clear();
  encoding_.clear();
  collecting_ = nullptr;
}

void AttachedStripper::end_header() {
  in_header_ = false;
  cutting_ = false;
  const auto media = parse_media_type(type_);
  // RFC 2046 §5.1.5: in a digest a part is a message, if it does not say otherwise.
  const bool in_digest = !attached_ && !levels_.empty() && levels_.back().is_digest;
  const std::string type = media ? media->type : (in_digest && type_.empty() ? "message/rfc822" : "text/plain");
  if (is_message(type) && is_identity(encoding_)) return begin_header(true);
  const auto boundary = media ? media->parameter("boundary") : std::nullopt;
  if (!type.starts_with("multipart/") || !boundary || boundary->empty() || levels_.size() >= most_levels) return;
  const bool is_sealed = type == "multipart/signed" || type == "multipart/encrypted";  // RFC 1847
  levels_.push_back({std::string(*boundary), is_sealed || inside_signed(), type == "multipart/digest"});
}

}  // namespace postern::mail
