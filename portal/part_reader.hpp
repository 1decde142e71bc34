// A part of a message, or all of it, as it is sent to a browser: one chunk of the message is in memory, whatever the
// part's size.
//
//   PartReader reader(chunk, attachment.place);         // chunk(i): the message's i-th, in plain
//   while (!(piece = reader.next()).empty()) …          // decoded octets
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/error.hpp"
#include "portal/message_view.hpp"

namespace postern::portal {

class PartReader {
 public:
  using Chunk = std::function<Result<std::string>(std::uint32_t index)>;
  PartReader(Chunk chunk, const Place& place);
  ~PartReader();
  PartReader(PartReader&&) = delete;
  /// "" at the end, and where a chunk cannot be had.
  [[nodiscard]] std::string next();

 private:
  struct Decoder;
  Chunk chunk_;
  std::uint64_t at_, end_;  // of what is still to be read of the message
  std::unique_ptr<Decoder> decoder_;
};

}  // namespace postern::portal
