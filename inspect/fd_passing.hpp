// Descriptors: sealed in memory, and passed over a UNIX seqpacket socket. The one file of inspect/ that
// knows sockets; nothing here reaches beyond this machine.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/descriptor.hpp"
#include "base/error.hpp"

namespace postern::inspect {

struct Pair {
  Descriptor first, second;  // of a pipe: to read, to write
};

[[nodiscard]] Result<Pair> make_pipe();
[[nodiscard]] Result<Pair> make_socket_pair();
[[nodiscard]] Result<Descriptor> connect_to(const std::filesystem::path& socket);

[[nodiscard]] Result<Descriptor> make_memory_file();
[[nodiscard]] Result<void> write_all(int fd, std::string_view bytes);
/// Nobody can change the memory file any more, whoever holds it.
[[nodiscard]] Result<void> seal(int fd);
[[nodiscard]] bool is_sealed(int fd);
/// All three.
[[nodiscard]] Result<Descriptor> seal_in_memory(std::string_view bytes);

/// One packet with its descriptors, without waiting. A peer that is gone is Errc::not_found.
[[nodiscard]] Result<void> send_packet(int socket, std::string_view bytes, std::span<const int> descriptors);

struct Packet {
  std::string bytes;  // empty: the peer closed
  std::vector<Descriptor> descriptors;
};
/// Waits. Descriptors beyond `most_descriptors` are closed at once; a packet longer than `longest` is cut.
[[nodiscard]] Result<Packet> receive_packet(int socket, std::size_t longest, std::size_t most_descriptors);

}  // namespace postern::inspect
