// The little SQL that the key store and the portal speak, the same to SQLite and PostgreSQL. Only sql_soci.cpp knows
// the library. What goes wrong is thrown as a Fault; the stores catch it where a call ends.
//
// Statements name their parameters (:1, :2 …) each once and in order. Types: bigint and text; bytes are base64.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace postern::crypto::sql {

using Value = std::variant<std::monostate, std::int64_t, std::string>;
using Values = std::vector<Value>;
using Row = std::vector<Value>;

/// Whatever the database calls it: an expression without a declared type is text to one and a number to the other.
[[nodiscard]] std::int64_t number(const Value& value);
[[nodiscard]] std::string text(const Value& value);
[[nodiscard]] bool is_null(const Value& value);

struct Fault {
  Error error;
  bool connection_lost = false;
};

class Session {
 public:
  virtual ~Session() = default;
  [[nodiscard]] virtual std::vector<Row> query(const std::string& statement, const Values& values) = 0;
  /// The one number that a statement gives; nothing where it gives none. The session keeps it prepared: for what is
  /// asked with each message, of tables that are what they stay.
  [[nodiscard]] virtual std::optional<std::int64_t> number_now(const std::string& statement) = 0;
  /// Gives how many rows it changed.
  virtual std::int64_t execute(const std::string& statement, const Values& values) = 0;
  [[nodiscard]] virtual bool is_sqlite() const = 0;
};

/// Committed, or undone where it ends otherwise. With SQLite it is the only one that writes from its beginning on, so
/// that what it has read still holds when it writes.
class Transaction {
 public:
  explicit Transaction(Session& session);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Session& session_;
  bool open_ = true;
};

/// Sessions that are opened when they are needed and kept. Thread-safe.
class Pool {
 public:
  using Open = std::function<std::unique_ptr<Session>()>;
  Pool(Open open, std::size_t most, Duration patience) : open_(std::move(open)), most_(most), patience_(patience) {}

  /// Runs it with a session, again with a new one where the connection was lost: what it does must bear that.
  template <class Work>
  auto run(Work&& work) -> std::invoke_result_t<Work, Session&> {
    for (bool again = true;; again = false) {
      std::unique_ptr<Session> session = take();
      const Returns returns{*this, session};
      try {
        return work(*session);
      } catch (const Fault& fault) {
        if (!fault.connection_lost) throw;
        session.reset();
        forget_idle();
        if (!again) throw;
      }
    }
  }

  /// The same, with a Fault as an Error.
  template <class Work>
  auto attempt(Work&& work) -> Result<std::invoke_result_t<Work, Session&>> {
    try {
      if constexpr (std::is_void_v<std::invoke_result_t<Work, Session&>>) {
        run(work);
        return {};
      } else {
        return run(work);
      }
    } catch (const Fault& fault) {
      return fail(fault.error);
    }
  }

 private:
  struct Returns {
    Pool& pool;
    std::unique_ptr<Session>& session;
    ~Returns() { pool.give_back(std::move(session)); }
  };
  [[nodiscard]] std::unique_ptr<Session> take();
  void give_back(std::unique_ptr<Session> session);
  void forget_idle();

  Open open_;
  std::size_t most_;
  Duration patience_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<Session>> idle_;
  std::size_t lent_ = 0;
};

}  // namespace postern::crypto::sql
