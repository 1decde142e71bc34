// How far the store was known to be on disk, kept outside the store: a disk that lies about syncing, or a
// restored copy, shows as a store that ends before the mark.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

#include "base/clock.hpp"
#include "base/descriptor.hpp"
#include "base/error.hpp"

namespace postern::spool {

class HighWater {
 public:
  struct Mark {
    std::uint64_t sequence = 0;
    Time at{};
  };
  [[nodiscard]] static Result<std::unique_ptr<HighWater>> open(const std::filesystem::path& file);

  /// What the file held when it was opened.
  [[nodiscard]] const std::optional<Mark>& found() const { return found_; }
  /// After each sync, to a sequence that this sync made durable. Not synced itself: it may lag, never run
  /// ahead.
  void raise(Mark mark) noexcept;

 private:
  explicit HighWater(Descriptor file) : file_(std::move(file)) {}
  Descriptor file_;
  std::optional<Mark> found_;
};

}  // namespace postern::spool
