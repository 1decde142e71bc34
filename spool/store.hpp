// The engine under the queue: ordered keys in a few tables, atomic batches, one sync. RocksDB behind it
// today; small enough that a shared engine (PostgreSQL, for several gateway nodes) can stand behind it later.
// Keys sort as bytes. Blocking, thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace postern::spool {

enum class Table : std::uint8_t { meta, message, recipient, schedule, body, outbox, facts, rendition, pickup };
inline constexpr std::size_t table_count = 9;

struct Batch {
  struct Operation {
    Table table;
    bool erase = false;
    std::string key, value;
  };
  std::vector<Operation> operations;

  void put(Table table, std::string key, std::string value) {
    operations.push_back({table, false, std::move(key), std::move(value)});
  }
  void erase(Table table, std::string key) { operations.push_back({table, true, std::move(key), {}}); }
};

class Store {
 public:
  virtual ~Store() = default;
  /// All of `batches` or none of them, in order. `sync`: on disk before it returns. After an Error it is not
  /// known what is on disk, and nothing more is written until `reopen` has succeeded.
  [[nodiscard]] virtual Result<void> write(const std::vector<const Batch*>& batches, bool sync) = 0;
  [[nodiscard]] virtual Result<std::optional<std::string>> get(Table table, std::string_view key) = 0;
  /// Keys in [from, to) in order until `visit` returns false. A record whose block is damaged is an Error.
  [[nodiscard]] virtual Result<void> scan(
      Table table, std::string_view from, std::string_view to,
      const std::function<bool(std::string_view key, std::string_view value)>& visit) = 0;
  /// The number of operations ever written; does not go back unless data was lost.
  [[nodiscard]] virtual std::uint64_t sequence() = 0;
  /// A write has failed, and the store was not opened anew since.
  [[nodiscard]] virtual bool failed() const = 0;
  /// Goes on with what is really on disk. What was written unsynced before may be gone.
  [[nodiscard]] virtual Result<void> reopen() = 0;
};

}  // namespace postern::spool
