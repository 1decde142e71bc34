// The octets of one message while it is read: a small one on the heap; a large one in a sealed memory file, which the
// worker is given as it is, so that it is in this machine's memory once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/descriptor.hpp"
#include "base/error.hpp"

namespace postern::inspect {

class Message {
 public:
  /// On the heap.
  explicit Message(std::string bytes) : own_(std::move(bytes)) {}
  /// A sealed memory file, which is mapped; an unsealed one could shrink under its reader and is refused.
  [[nodiscard]] static Result<Message> map(Descriptor file);

  ~Message();
  Message(Message&& other) noexcept;
  Message& operator=(Message&&) = delete;

  [[nodiscard]] std::string_view bytes() const { return file_ ? mapped_ : std::string_view(own_); }
  /// Of the memory file; -1 for a message on the heap.
  [[nodiscard]] int file() const { return file_.get(); }

 private:
  Message() = default;

  std::string own_;
  Descriptor file_;
  std::string_view mapped_;
};

/// A message that comes in pieces.
class MessageWriter {
 public:
  /// `size`: what will come, octets.
  explicit MessageWriter(std::uint64_t size);
  [[nodiscard]] Result<void> append(std::string_view bytes);
  /// Once, after the last piece.
  [[nodiscard]] Result<Message> finish();

  static constexpr std::uint64_t small = 1U << 20;  // octets; larger ones go to a memory file

 private:
  bool large_;
  std::string own_;
  Descriptor file_;
};

}  // namespace postern::inspect
