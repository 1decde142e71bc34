#include "portal/deposit_door.hpp"

#include <optional>

#include "base/log.hpp"
#include "net/runtime.hpp"
#include "portal/frames.hpp"

namespace postern::portal {
namespace {

constexpr std::chrono::minutes idle{10};   // between requests: posternd asks again and again
constexpr std::size_t chunks_at_once = 4;  // in memory, for each connection
constexpr Duration longest_wait = std::chrono::seconds(60);

Answer refused(const Error& error) {
  return Refused{error.code, error.text};
}
template <class T>
Answer answer_of(const Result<void>& result, T good) {
  return result ? Answer(std::move(good)) : refused(result.error());
}

}  // namespace

/// One connection, and the deposit that is arriving on it.
class DepositDoor::Visitor {
 public:
  explicit Visitor(DepositDoor& door) : door_(door) {}

  /// Nothing where the request has no answer of its own.
  net::awaitable<std::optional<Answer>> handle(Request request) {
    if (auto* begin = std::get_if<Begin>(&request)) co_return co_await take(std::move(begin->deposit));
    if (auto* chunk = std::get_if<Chunk>(&request)) {
      co_await take(std::move(chunk->sealed));
      co_return std::nullopt;
    }
    if (std::holds_alternative<Keep>(request)) co_return co_await keep();
    if (auto* revoke = std::get_if<Revoke>(&request)) {
      auto work = [&store = door_.store_, lookups = std::move(revoke->lookups)] { return store.revoke(lookups); };
      co_return answer_of(co_await net::offload(door_.pool_, std::move(work)), Kept{});
    }
    if (const auto* wanted = std::get_if<Collect>(&request)) co_return co_await door_.collect(*wanted);
    if (const auto* extend = std::get_if<Extend>(&request)) {
      auto work = [&store = door_.store_, wanted = *extend] { return store.extend(wanted.id, wanted.expires); };
      co_return answer_of(co_await net::offload(door_.pool_, std::move(work)), Kept{});
    }
    if (const auto* fetch = std::get_if<FetchReply>(&request)) {
      auto work = [&store = door_.store_, wanted = *fetch] { return store.reply_chunk(wanted.id, wanted.index); };
      auto part = co_await net::offload(door_.pool_, std::move(work));
      co_return part ? Answer(Part{std::move(*part)}) : refused(part.error());
    }
    if (const auto* drop = std::get_if<DropReply>(&request)) {
      auto work = [&store = door_.store_, id = drop->id] { return store.drop_reply(id); };
      co_return answer_of(co_await net::offload(door_.pool_, std::move(work)), Kept{});
    }
    if (auto* find = std::get_if<FindAccounts>(&request)) {
      auto work = [&store = door_.store_, names = std::move(find->names)] { return store.account_halves(names); };
      auto halves = co_await net::offload(door_.pool_, std::move(work));
      co_return halves ? Answer(Accounts{std::move(*halves)}) : refused(halves.error());
    }
    if (std::holds_alternative<ListReplies>(request)) {
      auto work = [&store = door_.store_] { return store.waiting_replies(most_replies); };
      auto waiting = co_await net::offload(door_.pool_, std::move(work));
      co_return waiting ? Answer(Replies{std::move(*waiting)}) : refused(waiting.error());
    }
    const auto state = co_await net::offload(door_.pool_, [&store = door_.store_] { return store.state(); });
    co_return state ? Answer(*state) : refused(state.error());
  }

 private:
  net::awaitable<Answer> take(Deposit deposit) {
    waiting_.clear();
    next_ = 0;
    trouble_.reset();
    const auto kept =
        co_await net::offload(door_.pool_, [&store = door_.store_, id = deposit.id] { return store.is_kept(id); });
    if (!kept) co_return refused(kept.error());
    if (*kept) co_return Known{};
    deposit_ = std::move(deposit);
    whole_ = deposit_->chunks <= chunks_at_once;
    if (whole_) co_return Ready{};
    auto work = [&store = door_.store_, begun = *deposit_] { return store.begin(begun); };
    co_return answer_of(co_await net::offload(door_.pool_, std::move(work)), Ready{});
  }

  net::awaitable<void> take(std::string sealed) {
    if (!deposit_ || next_ + waiting_.size() >= deposit_->chunks) {
      trouble_ = Error{Errc::invalid, "more chunks than the deposit has"};
      co_return;
    }
    waiting_.push_back(std::move(sealed));
    if (!whole_ && waiting_.size() == chunks_at_once && !trouble_) co_await write_waiting();
  }

  net::awaitable<void> write_waiting() {
    const auto first = next_;
    next_ += static_cast<std::uint32_t>(waiting_.size());
    auto work = [&store = door_.store_, id = deposit_->id, first, chunks = std::exchange(waiting_, {})] {
      return store.add(id, first, chunks);
    };
    const Result<void> added = co_await net::offload(door_.pool_, std::move(work));
    if (!added) trouble_ = added.error();
  }

  net::awaitable<Answer> keep() {
    if (!deposit_) co_return refused({Errc::invalid, "no deposit has begun"});
    const Deposit deposit = *std::exchange(deposit_, std::nullopt);
    if (trouble_) co_return refused(*trouble_);
    if (whole_) {
      auto work = [&store = door_.store_, deposit, chunks = std::exchange(waiting_, {})] {
        return store.keep(deposit, chunks);
      };
      co_return answer_of(co_await net::offload(door_.pool_, std::move(work)), Kept{});
    }
    auto work = [&store = door_.store_, id = deposit.id, first = next_, chunks = std::exchange(waiting_, {})] {
      const Result<void> added = store.add(id, first, chunks);
      return added ? store.finish(id) : added;
    };
    co_return answer_of(co_await net::offload(door_.pool_, std::move(work)), Kept{});
  }

  DepositDoor& door_;
  std::optional<Deposit> deposit_;
  std::vector<std::string> waiting_;  // chunks, from next_ on
  std::uint32_t next_ = 0;
  bool whole_ = false;  // it is written at once
  std::optional<Error> trouble_;
};

DepositDoor::DepositDoor(Store& store, Happenings& happenings, net::Pool& pool, const Clock& clock)
    : store_(store), happenings_(happenings), pool_(pool), clock_(clock) {
  happenings_.on_change([this] {
    const std::lock_guard lock(mutex_);
    if (collector_) collector_->something.notify();
  });
}

DepositDoor::~DepositDoor() {
  happenings_.on_change({});
}

net::awaitable<void> DepositDoor::serve(net::Stream& stream) {
  Visitor visitor(*this);
  for (;;) {
    const std::optional<std::string> body = co_await read_frame(stream, idle);
    if (!body) co_return;
    Result<Request> request = parse_request(*body);
    if (!request) throw net::Broken(request.error().text);
    const std::optional<Answer> answer = co_await visitor.handle(std::move(*request));
    if (!answer) continue;
    co_await write_frame(stream, format_frame(*answer));
  }
}

/// What has been seen is forgotten first: a collector that is gone before it could say so hears it again.
net::awaitable<Answer> DepositDoor::collect(Collect wanted) {
  const auto collector = overtake();
  const Time until = clock_.now() + std::min(wanted.wait, longest_wait);
  for (;;) {
    auto events = co_await net::offload(pool_, [this, seen = wanted.seen] { return events_after(seen); });
    if (!events) co_return refused(events.error());
    if (collector->overtaken) co_return Refused{Errc::unavailable, "another one is collecting"};
    for (PortalEvent& code : happenings_.take_codes(clock_.now(), most_events - events->size()))
      events->push_back(std::move(code));
    const Duration left = until - clock_.now();
    if (!events->empty() || left <= Duration()) co_return Happened{std::move(*events)};
    co_await collector->something.wait(left);
  }
}

std::shared_ptr<DepositDoor::Collector> DepositDoor::overtake() {
  auto next = std::make_shared<Collector>();
  const std::lock_guard lock(mutex_);
  if (collector_) {
    collector_->overtaken = true;
    collector_->something.notify();
  }
  collector_ = next;
  return next;
}

Result<std::vector<PortalEvent>> DepositDoor::events_after(std::uint64_t seen) {
  if (seen > 0) {
    if (auto forgotten = store_.forget_events(seen); !forgotten) return fail(forgotten.error());
  }
  return store_.events_after(seen, most_events / 2);
}

}  // namespace postern::portal
