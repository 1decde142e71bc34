#include "portal/backup.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "base/descriptor.hpp"
#include "crypto/sql.hpp"
#include "crypto/sql_soci.hpp"

namespace postern::portal {
namespace {

namespace fs = std::filesystem;

constexpr const char* keys_folder = "keys";
constexpr Duration patience = std::chrono::seconds(30);

fs::path keys_of(const Config& config) {
  return config.state / keys_folder;
}

const fs::path* sqlite_file(const Config& config) {
  return std::get_if<fs::path>(&config.store);
}

/// Those that are not there yet: a key never changes.
void copy_keys(const fs::path& from, const fs::path& to) {
  fs::create_directories(to);
  for (const fs::directory_entry& entry : fs::directory_iterator(from))
    if (entry.is_regular_file())
      fs::copy_file(entry.path(), to / entry.path().filename(), fs::copy_options::skip_existing);
}

void copy_database(const fs::path& file, const fs::path& to) {
  const auto session = crypto::sql::connect(crypto::SqliteDatabase{file}, patience);
  session->execute("vacuum into :1", {to.string()});
}

void sync_all(const fs::path& folder) {
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    const Descriptor file(::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0 || ::fsync(file.get()) != 0)
      throw fs::filesystem_error("cannot sync", entry.path(), std::error_code(errno, std::system_category()));
  }
}

template <class Work>
Result<void> attempt(Work work) {
  try {
    work();
    return {};
  } catch (const crypto::sql::Fault& fault) {
    return fail(fault.error);
  } catch (const fs::filesystem_error& error) {
    return fail(Errc::io, error.what());
  }
}

}  // namespace

Result<void> back_up(const Config& config, const fs::path& to) {
  if (fs::exists(to)) return fail(Errc::denied, to.string() + " is there already");
  return attempt([&] {
    fs::create_directories(to);
    fs::permissions(to, fs::perms::owner_all);
    // Before and after: what the database wraps with a key that was made, or destroyed, meanwhile is opened by one of
    // both.
    copy_keys(keys_of(config), to / keys_folder);
    if (const fs::path* file = sqlite_file(config)) copy_database(config.state / *file, to / file->filename());
    copy_keys(keys_of(config), to / keys_folder);
    sync_all(to);
  });
}

Result<void> restore(const Config& config, const fs::path& from) {
  const fs::path* file = sqlite_file(config);
  if (file != nullptr && fs::exists(config.state / *file))
    return fail(Errc::denied, (config.state / *file).string() + " is there: stop the portal and move it away");
  if (fs::exists(keys_of(config)) && !fs::is_empty(keys_of(config)))
    return fail(Errc::denied, keys_of(config).string() + " is not empty: stop the portal and move it away");
  return attempt([&] {
    copy_keys(from / keys_folder, keys_of(config));
    if (file != nullptr) fs::copy_file(from / file->filename(), config.state / *file);
    sync_all(config.state);
  });
}

}  // namespace postern::portal
