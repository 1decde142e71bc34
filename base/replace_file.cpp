#include "base/replace_file.hpp"

#include <cstdio>
#include <string>

#include <fcntl.h>
#include <unistd.h>

#include "base/descriptor.hpp"

namespace postern {
namespace {

namespace fs = std::filesystem;

Result<void> trouble(const char* what, const fs::path& path) {
  return fail(Errc::io, std::string(what) + " " + path.string());
}

Result<void> write_whole(const fs::path& path, std::string_view bytes) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file) return trouble("cannot write", path);
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(file.get(), bytes.data(), bytes.size());
    if (wrote <= 0) return trouble("cannot write", path);
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return ::fsync(file.get()) == 0 ? Result<void>{} : trouble("cannot write", path);
}

}  // namespace

Result<void> replace_file(const fs::path& file, std::string_view bytes) {
  const fs::path beside = file.string() + ".new";
  if (auto written = write_whole(beside, bytes); !written) return written;
  if (::rename(beside.c_str(), file.c_str()) != 0) return trouble("cannot rename", beside);
  const Descriptor folder(::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return folder && ::fsync(folder.get()) == 0 ? Result<void>{} : trouble("cannot sync", file.parent_path());
}

}  // namespace postern
