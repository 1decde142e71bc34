// The Inspector that reads messages in postern-inspect, behind the same interface: blocking, thread-safe, and whatever
// happens there is the outcome of that one message.
//
//   the worker is gone, stuck, or cannot fork      Error: the caller answers 451, the sender tries again
//   the reader of this message crashed             Facts that say `crashed`
//   … was not done in time                         Facts that say `timeout`
//   … said what cannot be believed                 Facts in which that is `crashed` (inspect/believe.hpp)
//
// A worker that is gone is started again by the next message, after a pause that grows while no message succeeds.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "inspect/inspector.hpp"
#include "inspect/worker_process.hpp"

namespace postern::inspect {

struct WorkerOptions {
  WorkerPlace place;
  std::chrono::milliseconds timeout{30'000};  // of one message, once it is being read
  std::uint64_t memory = 1ULL << 30;          // of one message, octets
  unsigned in_flight = 2;                     // messages at the same time; more wait, as long as `timeout`
  bool plain_text_too = false;  // false: small messages of nothing but plain text and HTML are read in this process
};

/// Starts a worker, which compiles the probes: an Error says why there is none.
[[nodiscard]] Result<std::unique_ptr<Inspector>> make_worker_inspector(const mail::ProbeSet& probes,
                                                                       InspectLimits limits, std::string value_key,
                                                                       WorkerOptions options);

}  // namespace postern::inspect
