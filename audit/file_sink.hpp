// An append-only file of JSON lines, one per event; opened again after SIGHUP or when it was rotated away.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "audit/event.hpp"
#include "base/error.hpp"

namespace postern::audit {

class FileSink {
 public:
  [[nodiscard]] static Result<std::unique_ptr<FileSink>> open(std::string path, JsonOptions options);
  virtual ~FileSink() = default;
  /// The id of the last event in the file, so that a cursor that fell behind does not write twice; 0: none.
  [[nodiscard]] virtual std::uint64_t last_event_id() const = 0;
  [[nodiscard]] virtual Result<void> append(const Event& event, std::uint64_t event_id) = 0;
  /// Written through to disk.
  [[nodiscard]] virtual Result<void> flush() = 0;
};

}  // namespace postern::audit
