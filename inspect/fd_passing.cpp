#include "inspect/fd_passing.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace postern::inspect {
namespace {

constexpr std::size_t most_passed = 8;
constexpr int all_seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

std::unexpected<Error> refused(const char* what) {
  return fail(errno == EPIPE || errno == ECONNRESET || errno == ENOENT || errno == ECONNREFUSED ? Errc::not_found
                                                                                                : Errc::unavailable,
              std::string(what) + ": " + std::strerror(errno));
}

union Control {
  cmsghdr header;
  std::array<char, CMSG_SPACE(sizeof(int) * most_passed)> room;
};

}  // namespace

Result<Pair> make_pipe() {
  std::array<int, 2> fds{};
  if (::pipe2(fds.data(), O_CLOEXEC) != 0) return refused("a pipe");
  return Pair{Descriptor(fds[0]), Descriptor(fds[1])};
}

Result<Pair> make_socket_pair() {
  std::array<int, 2> fds{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds.data()) != 0) return refused("a pair of sockets");
  return Pair{Descriptor(fds[0]), Descriptor(fds[1])};
}

Result<Descriptor> connect_to(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = path.string();
  if (name.size() >= sizeof address.sun_path) return fail(Errc::invalid, "the path of a socket is too long: " + name);
  std::ranges::copy(name, static_cast<char*>(address.sun_path));
  Descriptor socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (!socket || ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return refused(("connecting to " + name).c_str());
  }
  return socket;
}

Result<Descriptor> make_memory_file() {
  Descriptor file(::memfd_create("postern", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file) return refused("a memory file");
  return file;
}

Result<void> write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), std::min<std::size_t>(bytes.size(), 1U << 30));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return refused("writing to a memory file");
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

Result<void> seal(int fd) {
  if (::fcntl(fd, F_ADD_SEALS, all_seals) != 0) return refused("sealing a memory file");
  return {};
}

Result<Descriptor> seal_in_memory(std::string_view bytes) {
  auto file = make_memory_file();
  if (!file) return file;
  if (auto written = write_all(file->get(), bytes); !written) return fail(written.error());
  if (auto sealed = seal(file->get()); !sealed) return fail(sealed.error());
  return file;
}

bool is_sealed(int fd) {
  return ::fcntl(fd, F_GET_SEALS) == all_seals;
}

Result<void> send_packet(int socket, std::string_view bytes, std::span<const int> descriptors) {
  if (descriptors.size() > most_passed) return fail(Errc::limit, "too many descriptors at once");
  iovec data{const_cast<char*>(bytes.data()), bytes.size()};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  Control control{};
  if (!descriptors.empty()) {
    message.msg_control = &control;
    message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size_bytes());
  }
  ssize_t sent = 0;
  do {
    sent = ::sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0) return refused("sending to the inspection worker");
  return {};
}

Result<Packet> receive_packet(int socket, std::size_t longest, std::size_t most_descriptors) {
  Packet packet;
  packet.bytes.resize(longest);
  iovec data{packet.bytes.data(), packet.bytes.size()};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  Control control{};
  message.msg_control = most_descriptors > 0 ? &control : nullptr;
  message.msg_controllen = most_descriptors > 0 ? sizeof control : 0;
  ssize_t received = 0;
  do {
    received = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  } while (received < 0 && errno == EINTR);
  if (received < 0) return refused("receiving from a socket");
  packet.bytes.resize(static_cast<std::size_t>(received));
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(header) + i * sizeof fd, sizeof fd);
      Descriptor passed(fd);
      if (packet.descriptors.size() < most_descriptors) packet.descriptors.push_back(std::move(passed));
    }
  }
  return packet;
}

}  // namespace postern::inspect
