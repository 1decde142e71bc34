#include "spool/high_water.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

namespace postern::spool {
namespace {

/// Sequence, time, and the sum of both: a torn write is no mark.
using Form = std::array<std::uint64_t, 3>;

}  // namespace

Result<std::unique_ptr<HighWater>> HighWater::open(const std::filesystem::path& file) {
  Descriptor opened(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!opened) return fail(Errc::io, "cannot open " + file.string() + ": " + std::strerror(errno));
  std::unique_ptr<HighWater> mark(new HighWater(std::move(opened)));
  Form form{};
  const bool whole = ::pread(mark->file_.get(), form.data(), sizeof form, 0) == static_cast<ssize_t>(sizeof form);
  if (whole && form[2] == form[0] + form[1]) {
    mark->found_ = Mark{form[0], Time(Duration(static_cast<std::int64_t>(form[1])))};
  }
  return mark;
}

void HighWater::raise(Mark mark) noexcept {
  const auto ms = static_cast<std::uint64_t>(mark.at.time_since_epoch().count());
  const Form form{mark.sequence, ms, mark.sequence + ms};
  // A mark that cannot be written warns of less; it endangers nothing.
  [[maybe_unused]] const ssize_t wrote = ::pwrite(file_.get(), form.data(), sizeof form, 0);
}

}  // namespace postern::spool
