#include "crypto/sql.hpp"

#include <charconv>

namespace postern::crypto::sql {

std::int64_t number(const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  const auto* text = std::get_if<std::string>(&value);
  std::int64_t number = 0;
  if (text == nullptr ||
      std::from_chars(text->data(), text->data() + text->size(), number).ptr != text->data() + text->size())
    throw Fault{{Errc::corrupt, "the database holds something else than a number where one belongs"}};
  return number;
}

std::string text(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  return {};
}

bool is_null(const Value& value) {
  return std::holds_alternative<std::monostate>(value);
}

Transaction::Transaction(Session& session) : session_(session) {
  session.execute(session.is_sqlite() ? "begin immediate" : "begin", {});
}

Transaction::~Transaction() {
  if (!open_) return;
  try {
    session_.execute("rollback", {});
  } catch (const Fault&) {  // the connection is gone, and the transaction with it
  }
}

void Transaction::commit() {
  session_.execute("commit", {});
  open_ = false;
}

std::unique_ptr<Session> Pool::take() {
  std::unique_lock lock(mutex_);
  if (!returned_.wait_for(lock, patience_, [&] { return !idle_.empty() || lent_ < most_; }))
    throw Fault{{Errc::unavailable, "all sessions with the database are busy"}};
  ++lent_;
  if (!idle_.empty()) {
    std::unique_ptr<Session> session = std::move(idle_.back());
    idle_.pop_back();
    return session;
  }
  lock.unlock();
  try {
    return open_();
  } catch (...) {
    give_back(nullptr);
    throw;
  }
}

void Pool::give_back(std::unique_ptr<Session> session) {
  {
    const std::lock_guard lock(mutex_);
    --lent_;
    if (session) idle_.push_back(std::move(session));
  }
  returned_.notify_one();
}

void Pool::forget_idle() {
  std::vector<std::unique_ptr<Session>> gone;
  const std::lock_guard lock(mutex_);
  gone.swap(idle_);
}

}  // namespace postern::crypto::sql
