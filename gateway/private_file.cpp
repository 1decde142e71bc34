#include "gateway/private_file.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

#include "base/descriptor.hpp"

namespace postern::gateway {

Result<void> write_private_file(const std::filesystem::path& file, std::string_view bytes) {
  const Descriptor out(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!out) return fail(Errc::io, "cannot make " + file.string() + ": " + std::strerror(errno));
  const bool written = ::write(out.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
  if (!written || ::fsync(out.get()) != 0) return fail(Errc::io, file.string() + " could not be written");
  return {};
}

}  // namespace postern::gateway
