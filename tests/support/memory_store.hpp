// A Store in memory that outlives the Spool over it, as a disk does: open another MemoryStore over the same
// Disk to "restart", and cut its power first to lose what was written since the last sync.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "spool/store.hpp"

namespace postern::test {

struct Disk {
  std::mutex mutex;
  std::array<std::map<std::string, std::string, std::less<>>, spool::table_count> tables;
  std::uint64_t sequence = 0;
  std::vector<std::function<void()>> undo;  // of each write since the last sync, in their order

  void cut_power() {
    const std::lock_guard lock(mutex);
    for (auto step = undo.rbegin(); step != undo.rend(); ++step)
      (*step)();
    undo.clear();
  }

  [[nodiscard]] std::map<std::string, std::string, std::less<>>& operator[](spool::Table table) {
    return tables[static_cast<std::size_t>(table)];
  }
};

class MemoryStore final : public spool::Store {
 public:
  explicit MemoryStore(std::shared_ptr<Disk> disk) : disk_(std::move(disk)) {}

  Result<void> write(const std::vector<const spool::Batch*>& batches, bool sync) override {
    const std::lock_guard lock(disk_->mutex);
    for (const spool::Batch* batch : batches) {
      for (const spool::Batch::Operation& operation : batch->operations) {
        ++disk_->sequence;
        remember(operation);
        if (operation.erase) {
          (*disk_)[operation.table].erase(operation.key);
        } else {
          (*disk_)[operation.table][operation.key] = operation.value;
        }
      }
    }
    if (sync) disk_->undo.clear();
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
  void remember(const spool::Batch::Operation& operation) {
    auto& table = (*disk_)[operation.table];
    const auto found = table.find(operation.key);
    std::optional<std::string> before;
    if (found != table.end()) before = found->second;
    disk_->undo.push_back([&table, key = operation.key, before] {
      if (before) {
        table[key] = *before;
      } else {
        table.erase(key);
      }
    });
  }

  std::shared_ptr<Disk> disk_;
};

}  // namespace postern::test
