// Reads a message and answers a ProbeSet. Message and Facts cross as bytes, so that a worker process can
// stand behind this interface and the gateway would not notice.
//
// Blocking and CPU-bound: call it through net::offload. Thread-safe: one Inspector serves all pool threads.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "inspect/message.hpp"
#include "mail/probe.hpp"

namespace postern::inspect {

struct InspectLimits {
  unsigned depth = 16;  // nested multiparts and messages
  std::size_t parts = 10'000;
  std::uint64_t expanded = 512ULL << 20;  // decoded octets of the whole message
};

class Inspector {
 public:
  virtual ~Inspector() = default;
  /// mail::encode_facts' bytes. An Error is a fault of the inspector, not of the message: a message that
  /// cannot be read is a fact.
  [[nodiscard]] virtual Result<std::string> inspect(const Message& message) = 0;
  /// A small one.
  [[nodiscard]] Result<std::string> inspect(std::string message) { return inspect(Message(std::move(message))); }
};

/// In this process. Compiles the probes (an Error names the pattern that does not compile).
/// `value_key` keys the hashes of matched values.
[[nodiscard]] Result<std::unique_ptr<Inspector>> make_inspector(const mail::ProbeSet& probes, InspectLimits limits,
                                                                std::string value_key);

/// Empty where Vectorscan takes the expression, else what it says. For policy files' error texts.
[[nodiscard]] std::string pattern_fault(std::string_view expression);

}  // namespace postern::inspect
