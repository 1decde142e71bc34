// A Store in memory that outlives the Spool over it, as a disk does: open another MemoryStore over the same
// Disk to "restart".
#pragma once

#include <array>
#include <map>
#include <memory>
#include <mutex>

#include "spool/store.hpp"

namespace postern::test {

struct Disk {
  std::mutex mutex;
  std::array<std::map<std::string, std::string, std::less<>>, spool::table_count> tables;
  std::uint64_t sequence = 0;

  [[nodiscard]] std::map<std::string, std::string, std::less<>>& operator[](spool::Table table) {
    return tables[static_cast<std::size_t>(table)];
  }
};

class MemoryStore final : public spool::Store {
 public:
  explicit MemoryStore(std::shared_ptr<Disk> disk) : disk_(std::move(disk)) {}

  Result<void> write(const std::vector<const spool::Batch*>& batches, bool) override {
    const std::lock_guard lock(disk_->mutex);
    for (const spool::Batch* batch : batches) {
      for (const spool::Batch::Operation& operation : batch->operations) {
        ++disk_->sequence;
        if (operation.erase) {
          (*disk_)[operation.table].erase(operation.key);
        } else {
          (*disk_)[operation.table][operation.key] = operation.value;
        }
      }
    }
    return {};
  }

  Result<std::optional<std::string>> get(spool::Table table, std::string_view key) override {
    const std::lock_guard lock(disk_->mutex);
    const auto found = (*disk_)[table].find(key);
    if (found == (*disk_)[table].end()) return std::optional<std::string>();
    return std::optional(found->second);
  }

  Result<void> scan(spool::Table table, std::string_view from, std::string_view to,
                    const std::function<bool(std::string_view, std::string_view)>& visit) override {
    std::map<std::string, std::string, std::less<>> seen;  // a snapshot: `visit` may write
    {
      const std::lock_guard lock(disk_->mutex);
      auto& table_now = (*disk_)[table];
      seen = {table_now.lower_bound(from), to.empty() ? table_now.end() : table_now.lower_bound(to)};
    }
    for (const auto& [key, value] : seen) {
      if (!visit(key, value)) break;
    }
    return {};
  }

  std::uint64_t sequence() override {
    const std::lock_guard lock(disk_->mutex);
    return disk_->sequence;
  }
  bool failed() const override { return false; }
  Result<void> reopen() override { return {}; }

 private:
  std::shared_ptr<Disk> disk_;
};

}  // namespace postern::test
