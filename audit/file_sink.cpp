#include "audit/file_sink.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <utility>

#include <boost/json.hpp>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/descriptor.hpp"

namespace postern::audit {
namespace {

constexpr off_t longest_line = 4 << 20;

std::unexpected<Error> failed(const std::string& path, std::string_view what) {
  const int error = errno;
  const Errc code = error == ENOSPC || error == EDQUOT ? Errc::limit : Errc::io;
  return fail(code, "'" + path + "' cannot be " + std::string(what) + ": " + std::strerror(error));
}

off_t size_of(int fd) {
  struct stat status{};
  return ::fstat(fd, &status) == 0 ? status.st_size : 0;
}

/// The bytes of [from, to), or fewer where the disk does not give them.
std::string read_range(int fd, off_t from, off_t to) {
  std::string bytes(static_cast<std::size_t>(to - from), '\0');
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = ::pread(fd, bytes.data() + done, bytes.size() - done, from + static_cast<off_t>(done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    done += static_cast<std::size_t>(n);
  }
  bytes.resize(done);
  return bytes;
}

/// Cuts a last line that a crash left unfinished: the event is still in the outbox and will be written again.
Result<void> cut_torn_line(const std::string& path, int fd) {
  const off_t size = size_of(fd);
  const off_t from = size > longest_line ? size - longest_line : 0;
  const std::string tail = read_range(fd, from, size);
  if (tail.empty() || tail.back() == '\n') return {};
  const std::size_t end = tail.rfind('\n');
  if (end == std::string::npos && from > 0) return fail(Errc::corrupt, "'" + path + "' ends in no line of events");
  const off_t keep = end == std::string::npos ? 0 : from + static_cast<off_t>(end) + 1;
  if (::ftruncate(fd, keep) != 0) return failed(path, "repaired");
  return {};
}

std::uint64_t id_of(std::string_view line) {
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(line, error);
  if (error || !value.is_object()) return 0;
  const boost::json::value* id = value.as_object().if_contains("id");
  if (id == nullptr) return 0;
  const auto number = id->to_number<std::uint64_t>(error);
  return error ? 0 : number;
}

/// Of the last line that is an event; a line that something else wrote is passed over.
std::uint64_t last_id_in(int fd) {
  const off_t size = size_of(fd);
  const off_t from = size > longest_line ? size - longest_line : 0;
  std::string tail = read_range(fd, from, size);
  while (!tail.empty()) {
    tail.pop_back();                                 // the final line end
    const std::size_t start = tail.rfind('\n') + 1;  // npos + 1 is 0
    if (const std::uint64_t id = id_of(std::string_view(tail).substr(start)); id != 0) return id;
    tail.resize(start);
  }
  return 0;
}

class FileSinkOnDisk final : public FileSink {
 public:
  FileSinkOnDisk(std::string path, JsonOptions options) : path_(std::move(path)), options_(std::move(options)) {}

  Result<void> open_file() {
    const int fd = ::open(path_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
    if (fd < 0) return failed(path_, "opened");
    Descriptor file(fd);
    struct stat status{};
    if (::fstat(fd, &status) != 0) return failed(path_, "opened");
    if (!S_ISREG(status.st_mode)) return fail(Errc::invalid, "'" + path_ + "' is not a regular file");
    if (auto cut = cut_torn_line(path_, fd); !cut) return cut;
    const std::uint64_t last = last_id_in(fd);
    if (last > last_id_) last_id_ = last;
    device_ = status.st_dev;
    inode_ = status.st_ino;
    file_ = std::move(file);
    return {};
  }

  std::uint64_t last_event_id() const override {
    const std::lock_guard lock(mutex_);
    return last_id_;
  }

  Result<void> append(const Event& event, std::uint64_t event_id) override {
    const std::string line = format_json(event, event_id, options_) + "\n";
    const std::lock_guard lock(mutex_);
    if (!file_ || rotated()) {
      if (auto opened = open_file(); !opened) return opened;
    }
    if (auto written = write_line(line); !written) return written;
    last_id_ = event_id;
    return {};
  }

  Result<void> flush() override {
    const std::lock_guard lock(mutex_);
    if (file_ && ::fdatasync(file_.get()) != 0) return failed(path_, "written to disk");
    return {};
  }

 private:
  /// logrotate moved or removed the file: what is written from now belongs into a new one.
  bool rotated() const {
    struct stat status{};
    return ::stat(path_.c_str(), &status) != 0 || status.st_dev != device_ || status.st_ino != inode_;
  }

  /// All of it or nothing: a disk that fills in the middle of a line leaves no half line.
  Result<void> write_line(std::string_view line) {
    const off_t before = size_of(file_.get());
    for (std::size_t done = 0; done < line.size();) {
      const ssize_t n = ::write(file_.get(), line.data() + done, line.size() - done);
      if (n >= 0) {
        done += static_cast<std::size_t>(n);
        continue;
      }
      if (errno == EINTR) continue;
      auto error = failed(path_, "written");
      if (done > 0 && ::ftruncate(file_.get(), before) != 0) file_ = Descriptor();  // opening again cuts the half line
      return error;
    }
    return {};
  }

  std::string path_;
  JsonOptions options_;
  mutable std::mutex mutex_;
  Descriptor file_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
  std::uint64_t last_id_ = 0;
};

}  // namespace

Result<std::unique_ptr<FileSink>> FileSink::open(std::string path, JsonOptions options) {
  auto sink = std::make_unique<FileSinkOnDisk>(std::move(path), std::move(options));
  if (auto opened = sink->open_file(); !opened) return fail(opened.error());
  return sink;
}

}  // namespace postern::audit
