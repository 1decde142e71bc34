#include "inspect/message.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include <sys/mman.h>
#include <sys/stat.h>

#include "inspect/fd_passing.hpp"

namespace postern::inspect {

Result<Message> Message::map(Descriptor file) {
  struct stat about{};
  if (!is_sealed(file.get()) || fstat(file.get(), &about) != 0)
    return fail(Errc::invalid, "a message to inspect is no sealed memory file");
  Message message;
  if (const auto size = static_cast<std::size_t>(about.st_size); size > 0) {
    void* at = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
    if (at == MAP_FAILED) return fail(Errc::unavailable, std::string("mapping a message: ") + std::strerror(errno));
    message.mapped_ = {static_cast<const char*>(at), size};
  }
  message.file_ = std::move(file);
  return message;
}

Message::Message(Message&& other) noexcept
    : own_(std::move(other.own_)),
      file_(std::move(other.file_)),
      mapped_(std::exchange(other.mapped_, std::string_view())) {}

Message::~Message() {
  if (!mapped_.empty()) munmap(const_cast<char*>(mapped_.data()), mapped_.size());
}

MessageWriter::MessageWriter(std::uint64_t size) : large_(size > small) {
  if (!large_) own_.reserve(size);
}

Result<void> MessageWriter::append(std::string_view bytes) {
  if (!large_) {
    own_ += bytes;
    return {};
  }
  if (!file_) {
    auto made = make_memory_file();
    if (!made) return fail(made.error());
    file_ = std::move(*made);
  }
  return write_all(file_.get(), bytes);
}

Result<Message> MessageWriter::finish() {
  if (!file_) return Message(std::move(own_));
  if (auto sealed = seal(file_.get()); !sealed) return fail(sealed.error());
  return Message::map(std::move(file_));
}

}  // namespace postern::inspect
