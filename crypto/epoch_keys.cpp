#include "crypto/epoch_keys.hpp"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <map>
#include <mutex>
#include <set>

#include <fcntl.h>
#include <unistd.h>

#include "base/descriptor.hpp"
#include "base/log.hpp"
#include "crypto/seal.hpp"

namespace postern::crypto {
namespace {

namespace fs = std::filesystem;

Descriptor open_file(const fs::path& path, int flags) {
  return Descriptor(::open(path.c_str(), flags | O_CLOEXEC, 0600));
}

std::unexpected<Error> io_failure(const std::string& what, const fs::path& path) {
  return fail(Errc::io, what + " " + path.string() + ": " + std::strerror(errno));
}

Result<void> sync_folder(const fs::path& dir) {
  const Descriptor folder = open_file(dir, O_RDONLY | O_DIRECTORY);
  if (!folder || ::fsync(folder.get()) != 0) return io_failure("cannot sync", dir);
  return {};
}

/// The whole of `bytes`, on disk.
Result<void> write_and_sync(const Descriptor& file, std::string_view bytes, const fs::path& path) {
  if (!file) return io_failure("cannot open", path);
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(file.get(), bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return io_failure("cannot write", path);
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  if (::fsync(file.get()) != 0) return io_failure("cannot sync", path);
  return {};
}

Result<std::string> read_small(const fs::path& path) {
  const Descriptor file = open_file(path, O_RDONLY);
  std::string bytes(256, '\0');
  const ssize_t got = file ? ::read(file.get(), bytes.data(), bytes.size()) : -1;
  if (got < 0) return io_failure("cannot read", path);
  bytes.resize(static_cast<std::size_t>(got));
  return bytes;
}

class FileEpochKeys final : public EpochKeys {
 public:
  FileEpochKeys(fs::path dir, Secret kek, Random& random, Duration period, Access access)
      : dir_(std::move(dir)), kek_(std::move(kek)), random_(random), period_(period), access_(access) {}

  Result<void> load() {
    std::error_code error;
    if (access_ == Access::write) {
      fs::create_directories(dir_, error);
      if (error) return fail(Errc::io, "cannot make " + dir_.string() + ": " + error.message());
      fs::permissions(dir_, fs::perms::owner_all, error);
    }
    std::vector<fs::path> found, shut;
    for (const fs::directory_entry& entry : fs::directory_iterator(dir_, error))
      found.push_back(entry.path());
    if (error) return fail(Errc::io, "cannot read " + dir_.string() + ": " + error.message());
    for (const fs::path& path : found) {
      const Result<bool> opened = load_one(path);
      if (!opened) return fail(opened.error());
      if (!*opened) shut.push_back(path);
    }
    return judge_shut(shut);
  }

  Result<EpochNumber> current(Time now) override {
    if (access_ == Access::read) return read_only();
    const auto epoch = static_cast<EpochNumber>(now.time_since_epoch() / period_);
    const std::lock_guard lock(mutex_);
    if (keys_.contains(epoch)) return epoch;
    Secret key = make_key(random_);
    if (auto written = write_new(epoch, key); !written) return fail(written.error());
    keys_.emplace(epoch, std::move(key));
    return epoch;
  }

  Result<std::string> wrap(EpochNumber epoch, const Secret& message_key) override {
    const std::lock_guard lock(mutex_);
    const auto found = keys_.find(epoch);
    if (found == keys_.end()) return gone(epoch);
    return wrap_key(found->second, message_key);
  }

  Result<Secret> unwrap(EpochNumber epoch, std::string_view wrapped) override {
    const std::lock_guard lock(mutex_);
    const auto found = keys_.find(epoch);
    if (found == keys_.end()) return gone(epoch);
    return unwrap_key(found->second, wrapped);
  }

  std::vector<EpochNumber> known() const override {
    const std::lock_guard lock(mutex_);
    std::vector<EpochNumber> numbers(dying_.begin(), dying_.end());
    for (const auto& [number, key] : keys_)
      numbers.push_back(number);
    return numbers;
  }

  Result<void> destroy(EpochNumber epoch) override {
    if (access_ == Access::read) return read_only();
    const std::lock_guard lock(mutex_);
    keys_.erase(epoch);
    dying_.insert(epoch);  // until it is gone from the disk, too, somebody must come back for it
    if (auto erased = erase_file(epoch); !erased) return erased;
    dying_.erase(epoch);
    return {};
  }

 private:
  static constexpr std::size_t wrapped_size = key_size + 8;

  static std::unexpected<Error> gone(EpochNumber epoch) {
    return fail(Errc::not_found, "the key of epoch " + std::to_string(epoch) + " is destroyed or was never here");
  }

  static std::unexpected<Error> read_only() { return fail(Errc::denied, "the epoch keys are open for reading only"); }

  [[nodiscard]] fs::path path_of(EpochNumber epoch) const { return dir_ / (std::to_string(epoch) + ".key"); }

  /// May be called again after it failed half-way.
  Result<void> erase_file(EpochNumber epoch) {
    const fs::path path = path_of(epoch), gone = dir_ / (std::to_string(epoch) + ".gone");
    if (fs::exists(path) && ::rename(path.c_str(), gone.c_str()) != 0) return io_failure("cannot rename", path);
    if (!fs::exists(gone)) return sync_folder(dir_);
    // On disk before a byte is overwritten: half-overwritten under its old name it would look like another
    // KEK's.
    if (auto synced = sync_folder(dir_); !synced) return synced;
    return overwrite_and_unlink(gone);
  }

  Result<void> overwrite_and_unlink(const fs::path& path) {
    std::string noise(wrapped_size, '\0');
    random_.fill(std::span(reinterpret_cast<std::uint8_t*>(noise.data()), noise.size()));
    const Descriptor file = open_file(path, O_WRONLY);
    if (auto overwritten = write_and_sync(file, noise, path); !overwritten) return overwritten;
    if (::unlink(path.c_str()) != 0) return io_failure("cannot unlink", path);
    return sync_folder(dir_);
  }

  /// What a crash left half done: a key that was not yet born, a key that was being destroyed.
  Result<void> finish_half_done(const fs::path& path) {
    if (access_ == Access::read) return {};
    if (path.extension() == ".gone") return overwrite_and_unlink(path);
    std::error_code ignored;
    if (path.extension() == ".new") fs::remove(path, ignored);
    return {};
  }

  /// False: a key file that does not open with this KEK.
  Result<bool> load_one(const fs::path& path) {
    if (path.extension() != ".key") {
      if (auto finished = finish_half_done(path); !finished) return fail(finished.error());
      return true;
    }
    const std::string stem = path.stem().string();
    EpochNumber number = 0;
    const auto parsed = std::from_chars(stem.data(), stem.data() + stem.size(), number);
    if (parsed.ec != std::errc() || parsed.ptr != stem.data() + stem.size()) return true;
    const Result<std::string> wrapped = read_small(path);
    if (!wrapped) return fail(wrapped.error());
    Result<Secret> key = unwrap_key(kek_, *wrapped);
    if (!key) return false;
    keys_.emplace(number, std::move(*key));
    return true;
  }

  /// Where nothing opens the KEK is wrong; where something does, the KEK is right and the file is damaged.
  Result<void> judge_shut(const std::vector<fs::path>& shut) {
    if (shut.empty()) return {};
    if (keys_.empty()) {
      return fail(Errc::corrupt,
                  shut.front().string() + " does not open with this KEK: it is another KEK's, or damaged");
    }
    for (const fs::path& path : shut) {
      log::error("spool: {} is damaged: what was sealed in that time cannot be opened", path.string());
      if (access_ == Access::read) continue;
      const fs::path aside = dir_ / (path.stem().string() + ".damaged");
      if (::rename(path.c_str(), aside.c_str()) != 0) return io_failure("cannot rename", path);
    }
    return {};
  }

  /// Born whole or not at all: written beside, synced, renamed, folder synced.
  Result<void> write_new(EpochNumber epoch, const Secret& key) {
    const fs::path path = path_of(epoch), beside = path.string() + ".new";
    {
      const Descriptor file = open_file(beside, O_WRONLY | O_CREAT | O_TRUNC);
      if (auto written = write_and_sync(file, wrap_key(kek_, key), beside); !written) return written;
    }
    if (::rename(beside.c_str(), path.c_str()) != 0) return io_failure("cannot rename", beside);
    return sync_folder(dir_);
  }

  fs::path dir_;
  Secret kek_;
  Random& random_;
  Duration period_;
  Access access_;
  mutable std::mutex mutex_;
  std::map<EpochNumber, Secret> keys_;
  std::set<EpochNumber> dying_;  // destroyed, but still on the disk: an operation on its file failed
};

}  // namespace

Result<std::unique_ptr<EpochKeys>> EpochKeys::open(fs::path dir, Secret kek, Random& random, Duration period,
                                                   Access access) {
  auto keys = std::make_unique<FileEpochKeys>(std::move(dir), std::move(kek), random, period, access);
  if (auto loaded = keys->load(); !loaded) return fail(loaded.error());
  return keys;
}

}  // namespace postern::crypto
