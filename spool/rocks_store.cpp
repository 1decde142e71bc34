#include "spool/rocks_store.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <shared_mutex>

#include <fcntl.h>
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/descriptor.hpp"
#include "base/log.hpp"

namespace postern::spool {
namespace {

namespace fs = std::filesystem;

constexpr std::array<const char*, table_count> table_names = {"default", "message", "recipient", "schedule", "body",
                                                              "outbox",  "facts",   "rendition", "pickup"};

bool holds_chunks(Table table) {
  return table == Table::body || table == Table::rendition;
}

std::unexpected<Error> failure(const std::string& what, const rocksdb::Status& status) {
  const Errc code = status.IsCorruption() ? Errc::corrupt : status.IsNoSpace() ? Errc::limit : Errc::io;
  return fail(code, what + ": " + status.ToString());
}

/// RocksDB's own words, into the operator's log. Its usual LOG file lies on the disk of the spool, and there a second
/// line after one that could not be written ends the process (an assertion of WritableFileWriter, in Debian's build,
/// too).
class LogLines final : public rocksdb::Logger {
 public:
  LogLines() : rocksdb::Logger(rocksdb::InfoLogLevel::WARN_LEVEL) {}
  using rocksdb::Logger::Logv;
  void LogHeader(const char*, va_list) override {}
  void Logv(const char*, va_list) override {}
  void Logv(rocksdb::InfoLogLevel level, const char* format, va_list arguments) override {
    if (level < GetInfoLogLevel() || level == rocksdb::InfoLogLevel::HEADER_LEVEL) return;
    std::array<char, 512> line{};
    std::vsnprintf(line.data(), line.size(), format, arguments);
    if (level < rocksdb::InfoLogLevel::ERROR_LEVEL) {
      log::debug("spool: rocksdb: {}", line.data());
    } else {
      log::warning("spool: rocksdb: {}", line.data());
    }
  }
};

rocksdb::DBOptions db_options() {
  rocksdb::DBOptions options;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  // Point-in-time: replay up to the first damage, never past it. A recycled WAL would make old bytes look
  // like damage or damage look like old bytes; with 7.8 point-in-time recovery switches recycling off by
  // itself.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  options.recycle_log_file_num = 0;
  options.track_and_verify_wals_in_manifest = true;
  // All tables are written out together. Else the body's table runs ahead, old WALs stay alive for the small
  // ones' sake, and RocksDB refuses to open when one of those is damaged ("SST file is ahead of WALs").
  options.atomic_flush = true;
  options.max_total_wal_size = 256ULL << 20;
  options.db_write_buffer_size = 64ULL << 20;
  options.max_open_files = 256;
  options.max_background_jobs = 2;
  // Tables are written out bit by bit: ext4 makes a WAL's sync wait for what they have dirtied.
  options.bytes_per_sync = 1ULL << 20;
  options.info_log = std::make_shared<LogLines>();
  return options;
}

rocksdb::ColumnFamilyOptions table_options(std::size_t table, const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions options;
  rocksdb::BlockBasedTableOptions blocks;
  blocks.block_cache = cache;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(blocks));
  options.compression = rocksdb::kNoCompression;  // bodies are sealed, the rest is small
  options.write_buffer_size = holds_chunks(static_cast<Table>(table)) ? 32U << 20 : 8U << 20;
  return options;
}

/// Hard links cost nothing and keep the bytes, whatever recovery does to the names.
void link_wal_files(const fs::path& dir) {
  std::error_code error;
  const fs::path beside = dir / "wal-before";
  fs::create_directories(beside, error);
  for (const fs::directory_entry& entry : fs::directory_iterator(dir, error)) {
    if (entry.path().extension() == ".log") fs::create_hard_link(entry.path(), beside / entry.path().filename(), error);
  }
}

/// A newer version's tables would make RocksDB refuse with words that help nobody.
Result<void> check_tables(const fs::path& dir) {
  std::vector<std::string> there;
  if (!rocksdb::DB::ListColumnFamilies(db_options(), dir.string(), &there).ok()) return {};  // a new one
  for (const std::string& name : there) {
    if (std::ranges::find(table_names, name) != table_names.end()) continue;
    return fail(Errc::too_new, "the spool was written by a newer version of Postern (it has a table '" + name +
                                   "'); nothing was changed");
  }
  return {};
}

/// Ours, beside RocksDB's own: taken before anything is touched, and its failure needs no guessing from a
/// text.
class FolderLock {
 public:
  Result<void> take(const fs::path& dir) {
    const fs::path file = dir / "in-use";
    fd_ = Descriptor(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!fd_) return fail(Errc::denied, "cannot open " + file.string() + ": " + std::strerror(errno));
    if (::flock(fd_.get(), LOCK_EX | LOCK_NB) == 0) return {};
    return fail(Errc::unavailable, "the spool at " + dir.string() + " is in use by another process");
  }

 private:
  Descriptor fd_;
};

/// Enough for the whole group, so that its bodies are copied once.
std::size_t size_of(const std::vector<const Batch*>& batches) {
  constexpr std::size_t each = 16;  // tag, table, lengths
  std::size_t total = each;
  for (const Batch* batch : batches) {
    for (const Batch::Operation& operation : batch->operations) {
      total += operation.key.size() + operation.value.size() + each;
    }
  }
  return total;
}

class RocksStore final : public Store {
 public:
  RocksStore(fs::path dir, bool read_only) : dir_(std::move(dir)), read_only_(read_only) {}
  ~RocksStore() override { close(); }

  Result<void> start() {
    if (!read_only_) {
      if (auto taken = lock_.take(dir_); !taken) return taken;
    }
    if (auto known = check_tables(dir_); !known) return known;
    if (!read_only_) link_wal_files(dir_);
    return open();
  }

  Result<void> open() {
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    const auto cache = rocksdb::NewLRUCache(16U << 20);
    const std::size_t there = read_only_ ? tables_there() : table_count;
    for (std::size_t i = 0; i < there; ++i)
      families.emplace_back(table_names[i], table_options(i, cache));
    rocksdb::DB* db = nullptr;
    const rocksdb::Status status =
        read_only_ ? rocksdb::DB::OpenForReadOnly(db_options(), dir_.string(), families, &handles_, &db)
                   : rocksdb::DB::Open(db_options(), dir_.string(), families, &handles_, &db);
    if (!status.ok()) return failure("the spool at " + dir_.string() + " cannot be opened", status);
    db_.reset(db);
    return {};
  }

  Result<void> write(const std::vector<const Batch*>& batches, bool sync) override {
    if (read_only_) return fail(Errc::denied, "the spool is open for reading only");
    const std::shared_lock lock(mutex_);
    if (failed_ || !db_) return fail(Errc::unavailable, "the spool waits to be opened anew after a failed write");
    rocksdb::WriteBatch together(size_of(batches));
    for (const Batch* batch : batches) {
      for (const Batch::Operation& operation : batch->operations) {
        rocksdb::ColumnFamilyHandle* table = handle(operation.table);
        if (operation.erase) {
          together.Delete(table, operation.key);
        } else {
          together.Put(table, operation.key, operation.value);
        }
      }
    }
    rocksdb::WriteOptions options;
    options.sync = sync;
    const rocksdb::Status status = db_->Write(options, &together);
    if (status.ok()) return {};
    failed_ = true;  // what reached the disk is unknown: nothing more is promised before the store is opened anew
    return failure("the spool cannot be written", status);
  }

  Result<std::optional<std::string>> get(Table table, std::string_view key) override {
    const std::shared_lock lock(mutex_);
    if (!db_) return fail(Errc::unavailable, "the spool is being opened anew");
    if (is_missing(table)) return std::optional<std::string>();
    rocksdb::ReadOptions options;
    options.fill_cache = !holds_chunks(table);  // nobody reads a chunk again soon
    std::string value;
    const rocksdb::Status status = db_->Get(options, handle(table), slice(key), &value);
    if (status.IsNotFound()) return std::optional<std::string>();
    if (!status.ok()) return failure("a record cannot be read", status);
    return std::optional(std::move(value));
  }

  Result<void> scan(Table table, std::string_view from, std::string_view to,
                    const std::function<bool(std::string_view, std::string_view)>& visit) override {
    const std::shared_lock lock(mutex_);
    if (!db_) return fail(Errc::unavailable, "the spool is being opened anew");
    if (is_missing(table)) return {};
    rocksdb::ReadOptions options;
    const rocksdb::Slice end = slice(to);
    if (!to.empty()) options.iterate_upper_bound = &end;
    const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator(options, handle(table)));
    for (at->Seek(slice(from)); at->Valid(); at->Next()) {
      if (!visit(at->key().ToStringView(), at->value().ToStringView())) break;
    }
    if (!at->status().ok()) return failure("a table cannot be read", at->status());
    return {};
  }

  std::uint64_t sequence() override {
    const std::shared_lock lock(mutex_);
    return db_ ? db_->GetLatestSequenceNumber() : 0;
  }

  bool failed() const override { return failed_; }

  Result<void> reopen() override {
    const std::unique_lock lock(mutex_);
    log::warning("spool: opening the store anew after a failed write");
    close();
    if (auto opened = open(); !opened) return fail(Errc::unavailable, opened.error().text);
    failed_ = false;
    return {};
  }

 private:
  static rocksdb::Slice slice(std::string_view text) { return {text.data(), text.size()}; }
  /// Tables are only ever added, at the end: who may not write sees a spool of an earlier version without them.
  [[nodiscard]] std::size_t tables_there() const {
    std::vector<std::string> names;
    if (!rocksdb::DB::ListColumnFamilies(db_options(), dir_.string(), &names).ok()) return table_count;
    return std::min(names.size(), table_count);
  }
  [[nodiscard]] bool is_missing(Table table) const { return static_cast<std::size_t>(table) >= handles_.size(); }
  rocksdb::ColumnFamilyHandle* handle(Table table) { return handles_[static_cast<std::size_t>(table)]; }

  void close() {
    if (!db_) return;
    for (rocksdb::ColumnFamilyHandle* handle : handles_)
      db_->DestroyColumnFamilyHandle(handle);
    handles_.clear();
    db_->Close();
    db_.reset();
  }

  fs::path dir_;
  bool read_only_;
  FolderLock lock_;
  std::shared_mutex mutex_;
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;
  std::atomic<bool> failed_ = false;
};

Result<std::unique_ptr<Store>> open_store(const fs::path& dir, bool read_only) {
  auto store = std::make_unique<RocksStore>(dir, read_only);
  if (auto opened = store->start(); !opened) return fail(opened.error());
  return store;
}

}  // namespace

Result<std::unique_ptr<Store>> open_rocks_store(const fs::path& dir) {
  return open_store(dir, false);
}

Result<std::unique_ptr<Store>> open_rocks_store_read_only(const fs::path& dir) {
  return open_store(dir, true);
}

void forget_wal_before(const fs::path& dir) {
  std::error_code ignored;
  fs::remove_all(dir / "wal-before", ignored);
}

fs::path keep_wal_before(const fs::path& dir, Time found) {
  const fs::path kept = dir / ("wal-damaged-" + std::to_string(found.time_since_epoch().count()));
  std::error_code ignored;
  fs::rename(dir / "wal-before", kept, ignored);
  return kept;
}

}  // namespace postern::spool
