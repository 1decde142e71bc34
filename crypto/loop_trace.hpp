// What we write on mail that may come back to us, so that its second arrival is known for a loop. It only counts: mail
// with it is inspected and protected like any other. Nobody else can make one, and one from another message (another
// tenant, Message-ID or reverse path) is none.
//
//   field: "X-Postern-Trace: v1 hop=1 at=1764228981 mac=<64 hexadecimal digits>"
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/secret.hpp"
#include "mail/address.hpp"

namespace postern::crypto {

inline constexpr std::string_view loop_trace_name = "X-Postern-Trace";

/// From the KEK, so that nodes with one KEK know each other's.
[[nodiscard]] Secret loop_trace_key(const Secret& kek);

struct TraceSubject {
  std::string tenant, message_id;
  mail::ReversePath from;
};
struct LoopTrace {
  unsigned hop = 1;  // so often it has left, this time included
  Time at{};         // in whole seconds
};

[[nodiscard]] std::string format_loop_trace(const Secret& key, const TraceSubject& subject, const LoopTrace& trace);
/// Of a field's value; nothing where it is not ours, or not about this message.
[[nodiscard]] std::optional<LoopTrace> parse_loop_trace(const Secret& key, const TraceSubject& subject,
                                                        std::string_view value);

}  // namespace postern::crypto
