// Descriptors: ours to close, sealed in memory, and passed over a UNIX seqpacket socket. The one file of inspect/ that
// knows sockets; nothing here reaches beyond this machine.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace postern::inspect {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() { close(); }
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] explicit operator bool() const { return fd_ >= 0; }
  void close();

 private:
  int fd_ = -1;
};

struct Pair {
  Descriptor first, second;  // of a pipe: to read, to write
};

[[nodiscard]] Result<Pair> make_pipe();
[[nodiscard]] Result<Pair> make_socket_pair();
[[nodiscard]] Result<Descriptor> connect_to(const std::filesystem::path& socket);

/// A memory file that nobody can change any more, whoever holds it.
[[nodiscard]] Result<Descriptor> seal_in_memory(std::string_view bytes);
[[nodiscard]] bool is_sealed(int fd);

/// One packet with its descriptors, without waiting. A peer that is gone is Errc::not_found.
[[nodiscard]] Result<void> send_packet(int socket, std::string_view bytes, std::span<const int> descriptors);

struct Packet {
  std::string bytes;  // empty: the peer closed
  std::vector<Descriptor> descriptors;
};
/// Waits. Descriptors beyond `most_descriptors` are closed at once; a packet longer than `longest` is cut.
[[nodiscard]] Result<Packet> receive_packet(int socket, std::size_t longest, std::size_t most_descriptors);

}  // namespace postern::inspect
