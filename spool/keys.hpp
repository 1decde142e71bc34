// The keys of the tables (docs/message-life.md lists them). Big-endian numbers, so that they sort as numbers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/ids.hpp"

namespace postern::spool::keys {

inline constexpr std::size_t id_size = 26;

inline void append_u32(std::string& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8)
    out.push_back(static_cast<char>(value >> shift));
}
inline void append_u64(std::string& out, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8)
    out.push_back(static_cast<char>(value >> shift));
}
inline std::uint64_t read_big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes)
    value = value << 8 | static_cast<std::uint8_t>(byte);
  return value;
}

/// The first key after everything that begins with `prefix`.
inline std::string after(std::string prefix) {
  prefix.push_back('\xff');
  return prefix;
}

// recipient, body: id + index
inline std::string indexed(const QueueId& id, std::uint32_t index) {
  std::string key = id.str();
  append_u32(key, index);
  return key;
}
inline std::uint32_t index_of(std::string_view key) {
  return static_cast<std::uint32_t>(read_big_endian(key.substr(key.size() - 4)));
}

// rendition: id + number + index
inline std::string rendition(const QueueId& id, std::uint64_t number, std::uint32_t index) {
  std::string key = id.str();
  append_u64(key, number);
  append_u32(key, index);
  return key;
}
inline constexpr std::size_t rendition_size = id_size + 8 + 4;
inline std::uint64_t rendition_number(std::string_view key) {
  return read_big_endian(key.substr(id_size, 8));
}

inline std::string big_endian(std::uint64_t value) {
  std::string out;
  append_u64(out, value);
  return out;
}

// outbox
inline std::string event(std::uint64_t sequence) {
  return big_endian(sequence);
}

// schedule: 'q' (queued) or 'h' (held) + milliseconds + id + index; 'u' + id (unjudged)
inline constexpr std::size_t timed_size = 1 + 8 + id_size + 4;
inline std::string timed(char kind, Time at, const QueueId& id, std::uint32_t index) {
  std::string key(1, kind);
  append_u64(key, static_cast<std::uint64_t>(at.time_since_epoch().count()));
  return key + indexed(id, index);
}
/// Just past everything at or before `at`.
inline std::string timed_end(char kind, Time at) {
  std::string key(1, kind);
  append_u64(key, static_cast<std::uint64_t>(at.time_since_epoch().count()) + 1);
  return key;
}
inline Time time_of(std::string_view timed_key) {
  return Time(Duration(static_cast<std::int64_t>(read_big_endian(timed_key.substr(1, 8)))));
}
inline std::string_view target_of(std::string_view timed_key) {
  return timed_key.substr(9);
}
inline std::string unjudged(const QueueId& id) {
  return "u" + id.str();
}

// meta
inline const std::string format = "format";
inline const std::string last_event = "last-event";
inline std::string cursor(const std::string& projection) {
  return "cursor/" + projection;
}
inline const std::string attempt_prefix = "attempt/";
inline std::string attempt(const QueueId& id, std::uint32_t index) {
  return attempt_prefix + indexed(id, index);
}
inline const std::string aside_prefix = "aside/";
inline const std::string holders_prefix = "holders/";
/// How many recipients have the rendition.
inline std::string holders(const QueueId& id, std::uint64_t number) {
  std::string key = holders_prefix + id.str();
  append_u64(key, number);
  return key;
}
inline constexpr std::size_t holders_size = 8 + id_size + 8;
inline const std::string rendition_octets_prefix = "rendition-octets/";
/// Of all renditions of the message.
inline std::string rendition_octets(const QueueId& id) {
  return rendition_octets_prefix + id.str();
}

inline const std::string pickup_of_prefix = "pickup-of/";
/// Of a message and its recipient's index, or of a notice and 0, to the name of a pick-up.
inline std::string pickup_of(const QueueId& id, std::uint32_t index) {
  return pickup_of_prefix + indexed(id, index);
}

}  // namespace postern::spool::keys
