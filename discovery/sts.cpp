#include "discovery/sts.hpp"

#include <algorithm>
#include <charconv>

#include "base/ascii.hpp"
#include "base/utf8.hpp"
#include "discovery/tag_list.hpp"

namespace postern::discovery {
namespace {

constexpr std::string_view version = "STSv1", record_version = "v=STSv1";
constexpr std::size_t longest_id = 32, longest_age = 10;  // octets

bool is_id(std::string_view id) {
  return !id.empty() && id.size() <= longest_id && std::ranges::all_of(id, is_alphanumeric);
}

/// Visible characters of UTF-8, with spaces between them.
bool is_value(std::string_view value) {
  if (value.empty()) return false;
  while (!value.empty()) {
    const Utf8Character character = decode_utf8(value);
    if (character.octets == 0 || character.code < 0x20 || character.code == 0x7f) return false;
    value.remove_prefix(character.octets);
  }
  return true;
}

std::optional<mail::StsMode> parse_mode(std::string_view text) {
  for (const auto mode : {mail::StsMode::none, mail::StsMode::testing, mail::StsMode::enforce}) {
    if (lowered(text) == mail::format_sts_mode(mode)) return mode;
  }
  return std::nullopt;
}

std::optional<std::chrono::seconds> parse_age(std::string_view text) {
  std::uint64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (text.empty() || text.size() > longest_age || error != std::errc() || end != text.data() + text.size())
    return std::nullopt;
  return std::min(std::chrono::seconds(seconds), longest_sts_age);
}

std::unexpected<Error> bad(const std::string& what) {
  return fail(Errc::invalid, "the MTA-STS policy " + what);
}

/// The fields so far; of version, mode and max_age the first counts (§3.2).
struct Fields {
  std::optional<std::string> version;
  std::optional<mail::StsMode> mode;
  std::optional<std::chrono::seconds> max_age;
  std::vector<std::string> mx;

  Result<void> take(std::string_view key, std::string_view value) {
    if (!is_field_name(key)) return bad("has a line that is no field");
    if (!is_value(value)) return bad("has a field without a proper value");
    const std::string name = lowered(key);
    if (name == "version" && !version) version = value;
    if (name == "mode" && !mode && !(mode = parse_mode(value))) return bad("has a mode that nobody knows");
    if (name == "max_age" && !max_age && !(max_age = parse_age(value))) return bad("has a max_age that is no number");
    if (name != "mx") return {};
    auto pattern = is_ascii(value) ? mail::parse_sts_pattern(value) : std::nullopt;
    if (!pattern) return bad("has an mx that is no host name");
    mx.push_back(std::move(*pattern));
    return {};
  }
};

}  // namespace

std::optional<std::string> parse_sts_records(const std::vector<std::string>& records) {
  const auto is_sts = [](const std::string& text) { return claims_version(text, record_version); };
  if (std::ranges::count_if(records, is_sts) != 1) return std::nullopt;
  const auto tags = parse_tag_list(*std::ranges::find_if(records, is_sts), record_version);
  if (!tags) return std::nullopt;
  std::optional<std::string> id;
  for (const Tag& tag : *tags) {
    if (!is_extension_value(tag.value)) return std::nullopt;
    if (tag.name != "id") continue;
    if (id || !is_id(tag.value)) return std::nullopt;
    id = tag.value;
  }
  return id;
}

Result<mail::StsPolicy> parse_sts_policy(std::string_view body) {
  if (body.size() > longest_sts_policy) return bad("is too long");
  Fields fields;
  while (!body.empty()) {
    const std::size_t end = std::min(body.find('\n'), body.size());
    std::string_view line = body.substr(0, end);
    body.remove_prefix(std::min(end + 1, body.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return bad("has a line that is no field");
    if (auto taken = fields.take(line.substr(0, colon), trimmed(line.substr(colon + 1))); !taken)
      return fail(taken.error());
  }
  if (fields.version != version) return bad("is of no version that is known");
  if (!fields.mode) return bad("says no mode");
  if (!fields.max_age) return bad("says no max_age");
  if (fields.mx.empty() && *fields.mode != mail::StsMode::none) return bad("names no mx");
  return mail::StsPolicy{*fields.mode, std::move(fields.mx), *fields.max_age};
}

bool is_sts_media_type(std::string_view content_type) {
  return lowered(trimmed(content_type.substr(0, content_type.find(';')))) == "text/plain";
}

}  // namespace postern::discovery
