#include "crypto/cbor.hpp"

#include <cstdint>

namespace postern::crypto {
namespace {

constexpr unsigned deepest = 4;

// RFC 8949 §3.1
enum Major : unsigned { unsigned_number, negative_number, bytes, text, array, map, tag, simple };

struct Head {
  unsigned major = 0;
  std::uint64_t argument = 0;
};

/// Taken off the front.
std::optional<Head> take_head(std::string_view& in) {
  if (in.empty()) return std::nullopt;
  const auto first = static_cast<unsigned char>(in.front());
  in.remove_prefix(1);
  const unsigned major = first >> 5, info = first & 31U;
  if (info < 24) return Head{major, info};
  if (info > 27) return std::nullopt;  // reserved, or an indefinite length
  const std::size_t octets = std::size_t(1) << (info - 24);
  if (in.size() < octets) return std::nullopt;
  std::uint64_t argument = 0;
  for (const char octet : in.substr(0, octets))
    argument = argument << 8 | static_cast<unsigned char>(octet);
  in.remove_prefix(octets);
  return Head{major, argument};
}

bool skip(std::string_view& in, unsigned depth);

/// Each takes an octet at least, so that a count that is too large ends with the input.
bool skip_all(std::string_view& in, std::uint64_t count, unsigned depth) {
  for (; count > 0; --count)
    if (!skip(in, depth)) return false;
  return true;
}

bool skip(std::string_view& in, unsigned depth) {
  const auto head = take_head(in);
  if (!head) return false;
  switch (head->major) {
    case unsigned_number:
    case negative_number:
    case simple: return true;
    case bytes:
    case text:
      if (head->argument > in.size()) return false;
      in.remove_prefix(head->argument);
      return true;
    case array: return depth < deepest && skip_all(in, head->argument, depth + 1);
    case map: return depth < deepest && head->argument <= in.size() && skip_all(in, 2 * head->argument, depth + 1);
    default: return false;
  }
}

std::optional<std::string_view> string_of(Major major, std::string_view in) {
  const auto head = take_head(in);
  if (!head || head->major != major || head->argument != in.size()) return std::nullopt;
  return in;
}

/// Taken off the front.
std::optional<std::string_view> take_item(std::string_view& in) {
  const auto size = cbor_size(in);
  if (!size) return std::nullopt;
  const std::string_view item = in.substr(0, *size);
  in.remove_prefix(*size);
  return item;
}

}  // namespace

std::optional<std::size_t> cbor_size(std::string_view in) {
  std::string_view rest = in;
  if (!skip(rest, 0)) return std::nullopt;
  return in.size() - rest.size();
}

std::optional<std::map<std::string_view, std::string_view>> cbor_map(std::string_view in) {
  if (cbor_size(in) != in.size()) return std::nullopt;
  const auto head = take_head(in);
  if (head->major != map) return std::nullopt;
  std::map<std::string_view, std::string_view> entries;
  for (std::uint64_t i = 0; i < head->argument; ++i) {
    const auto key = take_item(in), value = take_item(in);
    const auto name = key ? string_of(text, *key) : std::nullopt;
    if (!name || !value || !entries.emplace(*name, *value).second) return std::nullopt;
  }
  return entries;
}

std::optional<std::string_view> cbor_bytes(std::string_view in) {
  return string_of(bytes, in);
}

std::optional<std::string_view> cbor_text(std::string_view in) {
  return string_of(text, in);
}

}  // namespace postern::crypto
