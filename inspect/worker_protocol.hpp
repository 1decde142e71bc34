// What the gateway and postern-inspect say to each other.
//
//   gateway → worker, control socket   one packet "postern-inspect 1" with a sealed memory file: encode_task(Task)
//   worker → gateway, control socket   one packet: "ready", or why not
//   gateway → worker, control socket   per message, one packet "message" with three descriptors: the message as a
//                                      sealed memory file, and the writing ends of two pipes, facts and status
//   child → gateway, facts             mail::encode_facts' bytes, then the end
//   worker → gateway, status           `forked`, then how the child ended; or `not_forked`. `forked` twice where a
//                                      second child had to read it
//
// The child reads hostile bytes and has the facts pipe only. What it says is believed as far as inspect/believe.hpp
// goes; the status is the word of the process that forked it and never looks into a message. Closing the reading end of
// status kills the child. Closing the control socket ends the worker and its children.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "inspect/inspector.hpp"
#include "mail/probe.hpp"

namespace postern::inspect {

inline constexpr std::string_view hello = "postern-inspect 1", ready = "ready", one_message = "message";
inline constexpr std::size_t longest_packet = 512;
inline constexpr std::size_t longest_facts = 16U << 20;

enum class Status : char { forked = 'f', not_forked = 'n', ended_well = 'x', ended_badly = 'c' };

struct Task {
  mail::ProbeSet probes;
  InspectLimits limits;
  std::string value_key;
  std::chrono::milliseconds timeout{30'000};  // of one message
  std::uint64_t memory = 1ULL << 30;          // of one message, octets
};

[[nodiscard]] std::string encode_task(const Task& task);
[[nodiscard]] Result<Task> decode_task(std::string_view bytes);

}  // namespace postern::inspect
