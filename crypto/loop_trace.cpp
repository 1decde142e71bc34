#include "crypto/loop_trace.hpp"

#include <charconv>

#include "base/codec.hpp"
#include "base/hex.hpp"
#include "crypto/hmac.hpp"

namespace postern::crypto {
namespace {

constexpr unsigned most_hops = 100;
constexpr std::string_view purpose = "postern loop trace 1";

std::int64_t seconds_of(Time at) {
  return std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
}

/// Each part with its length, so that no two subjects read alike.
std::string mac_of(const Secret& key, const TraceSubject& subject, const LoopTrace& trace) {
  Writer text;
  text.bytes(subject.tenant);
  text.bytes(subject.message_id);
  encode(text, subject.from);
  text.u64(trace.hop);
  text.u64(static_cast<std::uint64_t>(seconds_of(trace.at)));
  return format_hex(hmac_sha256(key, text.take()));
}

/// Takes "NAME=digits " off the front.
template <class N>
bool take_number(std::string_view& text, std::string_view name, N& number) {
  if (!text.starts_with(name)) return false;
  text.remove_prefix(name.size());
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end == text.data() + text.size() || *end != ' ') return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  return true;
}

}  // namespace

Secret loop_trace_key(const Secret& kek) {
  const Mac key = hmac_sha256(kek, purpose);
  return Secret(std::span(key));
}

std::string format_loop_trace(const Secret& key, const TraceSubject& subject, const LoopTrace& trace) {
  return "v1 hop=" + std::to_string(trace.hop) + " at=" + std::to_string(seconds_of(trace.at)) +
         " mac=" + mac_of(key, subject, trace);
}

std::optional<LoopTrace> parse_loop_trace(const Secret& key, const TraceSubject& subject, std::string_view value) {
  constexpr std::string_view version = "v1 ", mac = "mac=";
  LoopTrace trace;
  std::int64_t at = 0;
  if (key.empty() || !value.starts_with(version)) return std::nullopt;
  value.remove_prefix(version.size());
  if (!take_number(value, "hop=", trace.hop) || !take_number(value, "at=", at) || !value.starts_with(mac))
    return std::nullopt;
  constexpr std::int64_t year_9999 = 253'402'300'799;  // what is beyond has no milliseconds
  if (trace.hop == 0 || trace.hop > most_hops || at < 0 || at > year_9999) return std::nullopt;
  trace.at = Time(std::chrono::seconds(at));
  if (!equal_in_constant_time(value.substr(mac.size()), mac_of(key, subject, trace))) return std::nullopt;
  return trace;
}

}  // namespace postern::crypto
