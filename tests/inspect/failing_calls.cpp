#include "tests/inspect/failing_calls.hpp"

#include <cerrno>
#include <cstddef>

#include <poll.h>
#include <sys/socket.h>
#include <sys/types.h>

namespace postern::inspect {
namespace {

thread_local unsigned failing = 0, made = 0;
thread_local bool counting = false;

/// True: this one fails.
bool fails() {
  return counting && ++made == failing;
}

template <class R>
R refuse(int error) {
  errno = error;
  return static_cast<R>(-1);
}

}  // namespace

void fail_call(unsigned number) {
  failing = number;
  made = 0;
  counting = number != 0;
}

unsigned calls_made() {
  return made;
}

}  // namespace postern::inspect

// NOLINTBEGIN: the linker wants these names
extern "C" {
using postern::inspect::fails;
using postern::inspect::refuse;

int __real_memfd_create(const char* name, unsigned flags);
int __wrap_memfd_create(const char* name, unsigned flags) {
  return fails() ? refuse<int>(EMFILE) : __real_memfd_create(name, flags);
}
ssize_t __real_write(int fd, const void* data, std::size_t size);
ssize_t __wrap_write(int fd, const void* data, std::size_t size) {
  return fails() ? refuse<ssize_t>(ENOSPC) : __real_write(fd, data, size);
}
int __real_fcntl(int fd, int command, long argument);
int __wrap_fcntl(int fd, int command, long argument) {
  return fails() ? refuse<int>(EPERM) : __real_fcntl(fd, command, argument);
}
int __real_pipe2(int* fds, int flags);
int __wrap_pipe2(int* fds, int flags) {
  return fails() ? refuse<int>(EMFILE) : __real_pipe2(fds, flags);
}
int __real_socketpair(int domain, int type, int protocol, int* fds);
int __wrap_socketpair(int domain, int type, int protocol, int* fds) {
  return fails() ? refuse<int>(EMFILE) : __real_socketpair(domain, type, protocol, fds);
}
ssize_t __real_sendmsg(int socket, const msghdr* message, int flags);
ssize_t __wrap_sendmsg(int socket, const msghdr* message, int flags) {
  return fails() ? refuse<ssize_t>(ECONNRESET) : __real_sendmsg(socket, message, flags);
}
ssize_t __real_recvmsg(int socket, msghdr* message, int flags);
ssize_t __wrap_recvmsg(int socket, msghdr* message, int flags) {
  return fails() ? refuse<ssize_t>(ECONNRESET) : __real_recvmsg(socket, message, flags);
}
int __real_poll(pollfd* fds, nfds_t count, int timeout);
int __wrap_poll(pollfd* fds, nfds_t count, int timeout) {
  return fails() ? refuse<int>(ENOMEM) : __real_poll(fds, count, timeout);
}
ssize_t __real_read(int fd, void* data, std::size_t size);
ssize_t __wrap_read(int fd, void* data, std::size_t size) {
  return fails() ? refuse<ssize_t>(EIO) : __real_read(fd, data, size);
}
pid_t __real_fork();
pid_t __wrap_fork() {
  return fails() ? refuse<pid_t>(EAGAIN) : __real_fork();
}
}
// NOLINTEND
