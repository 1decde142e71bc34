#include "base/kept_file.hpp"

#include <cstdio>
#include <fstream>
#include <iterator>

#include <fcntl.h>
#include <unistd.h>

#include "base/descriptor.hpp"

namespace postern {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> trouble(const char* what, const fs::path& path) {
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
  if (::fsync(file.get()) != 0) return trouble("cannot write", path);
  return {};
}

}  // namespace

Result<void> write_kept(const fs::path& file, std::string_view magic, std::string_view bytes) {
  const fs::path beside = file.string() + ".new";
  if (auto written = write_whole(beside, std::string(magic) + std::string(bytes)); !written) return written;
  if (::rename(beside.c_str(), file.c_str()) != 0) return trouble("cannot rename", beside);
  const Descriptor folder(::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::fsync(folder.get()) != 0) return trouble("cannot sync", file.parent_path());
  return {};
}

Result<std::optional<std::string>> read_kept(const fs::path& file, std::string_view magic) {
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    std::error_code error;
    if (!fs::exists(file, error)) return std::nullopt;
    return trouble("cannot read", file);
  }
  std::string bytes{std::istreambuf_iterator<char>(in), {}};
  if (!bytes.starts_with(magic)) return damaged(file);
  return bytes.substr(magic.size());
}

}  // namespace postern
