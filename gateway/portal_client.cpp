#include "gateway/portal_client.hpp"

#include "net/local_listener.hpp"
#include "net/stream.hpp"
#include "portal/frames.hpp"

namespace postern::gateway {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds patience = 30s;

/// An answer that says no is an Error.
net::awaitable<Result<portal::Answer>> read_answer(net::Stream& stream, std::chrono::milliseconds longest) {
  const std::optional<std::string> body = co_await portal::read_frame(stream, longest);
  if (!body) throw net::Broken("the portal hung up");
  Result<portal::Answer> answer = portal::parse_answer(*body);
  if (!answer) co_return answer;
  if (const auto* refused = std::get_if<portal::Refused>(&*answer)) co_return fail(refused->code, refused->text);
  co_return answer;
}

net::awaitable<Result<portal::Answer>> ask(net::Stream& stream, const portal::Request& request,
                                           std::chrono::milliseconds longest = patience) {
  co_await portal::write_frame(stream, portal::format_frame(request));
  co_return co_await read_answer(stream, longest);
}

/// What an answer of this kind says.
template <class Kind, class Value>
Result<Value> told(const Result<portal::Answer>& answer, Value Kind::* what) {
  if (!answer) return fail(answer.error());
  if (const auto* of_kind = std::get_if<Kind>(&*answer)) return of_kind->*what;
  return fail(Errc::invalid, "the portal answered something else");
}

Error unreachable(const net::Broken& broken) {
  return {Errc::unavailable, std::string("the portal cannot be reached: ") + broken.what()};
}

/// A body's pieces, in chunks of exactly chunk_size but the last, sealed.
class Chunks {
 public:
  Chunks(const portal::Deposit& deposit, Secret content, std::shared_ptr<spool::BodyReader> body)
      : id_(deposit.id), chunks_(deposit.chunks), content_(std::move(content)), body_(std::move(body)) {}

  [[nodiscard]] Result<std::string> next() {
    while (held_.size() < portal::chunk_size) {
      auto piece = body_->next();
      if (!piece) return fail(piece.error());
      if (piece->empty()) break;
      held_ += *piece;
    }
    const std::size_t size = std::min(held_.size(), portal::chunk_size);
    const auto label = portal::content_label(id_, index_++, chunks_);
    std::string sealed = crypto::seal_chunk(content_, label, std::string_view(held_).substr(0, size));
    held_.erase(0, size);
    return sealed;
  }

 private:
  QueueId id_;
  std::uint32_t chunks_, index_ = 0;
  Secret content_;
  std::shared_ptr<spool::BodyReader> body_;
  std::string held_;
};

}  // namespace

net::awaitable<Result<portal::Stretched>> PortalClient::stretch(Secret passphrase, Random& random) {
  try {
    co_return co_await net::offload(*stretching_, [passphrase = std::move(passphrase), &random] {
      return portal::stretch_anew(passphrase.text(), random);
    });
  } catch (const net::Overloaded&) {
    co_return fail(Errc::unavailable, "too many passphrases are being made");
  }
}

net::awaitable<Result<void>> PortalClient::deposit(const mail::Outbound& outbound, portal::Deposit deposit,
                                                   Secret content, std::shared_ptr<spool::BodyReader> body) {
  deposit.size = outbound.body_size();
  deposit.chunks = static_cast<std::uint32_t>(portal::chunks_of(deposit.size));
  const auto chunks = std::make_shared<Chunks>(deposit, std::move(content), std::move(body));
  try {
    const auto stream = co_await net::dial_local(socket_, patience);
    const std::uint32_t count = deposit.chunks;
    const auto begun = co_await ask(*stream, portal::Begin{std::move(deposit)});
    if (!begun) co_return fail(begun.error());
    if (std::holds_alternative<portal::Known>(*begun)) co_return Result<void>();
    for (std::uint32_t i = 0; i < count; ++i) {
      auto sealed = co_await net::offload(pool_, [chunks] { return chunks->next(); });
      if (!sealed) co_return fail(sealed.error());
      co_await portal::write_frame(*stream, portal::format_frame(portal::Chunk{std::move(*sealed)}));
    }
    const auto kept = co_await ask(*stream, portal::Keep{});
    if (!kept) co_return fail(kept.error());
    co_return Result<void>();
  } catch (const net::Broken& broken) {
    co_return fail(unreachable(broken));
  }
}

net::awaitable<Result<portal::Answer>> PortalClient::ask_once(portal::Request request) {
  try {
    const auto stream = co_await net::dial_local(socket_, patience);
    co_return co_await ask(*stream, request);
  } catch (const net::Broken& broken) {
    co_return fail(unreachable(broken));
  }
}

net::awaitable<Result<void>> PortalClient::revoke(std::vector<std::string> lookups) {
  const auto revoked = co_await ask_once(portal::Revoke{std::move(lookups)});
  if (!revoked) co_return fail(revoked.error());
  co_return Result<void>();
}

net::awaitable<Result<void>> PortalClient::extend(QueueId deposit, Time expires) {
  const auto extended = co_await ask_once(portal::Extend{std::move(deposit), expires});
  if (!extended) co_return fail(extended.error());
  co_return Result<void>();
}

net::awaitable<Result<std::vector<std::string>>> PortalClient::find_accounts(std::vector<std::string> names) {
  const std::size_t count = names.size();
  auto halves =
      told<portal::Accounts>(co_await ask_once(portal::FindAccounts{std::move(names)}), &portal::Accounts::halves);
  if (halves && halves->size() != count) co_return fail(Errc::invalid, "the portal answered for other accounts");
  co_return halves;
}

net::awaitable<Result<std::vector<portal::SealedReply>>> PortalClient::list_replies() {
  co_return told<portal::Replies>(co_await ask_once(portal::ListReplies{}), &portal::Replies::replies);
}

net::awaitable<Result<std::string>> PortalClient::fetch_reply(QueueId id, std::uint32_t index) {
  co_return told<portal::Part>(co_await ask_once(portal::FetchReply{std::move(id), index}), &portal::Part::sealed);
}

net::awaitable<Result<void>> PortalClient::drop_reply(QueueId id) {
  const auto dropped = co_await ask_once(portal::DropReply{std::move(id)});
  if (!dropped) co_return fail(dropped.error());
  co_return Result<void>();
}

net::awaitable<Result<std::vector<portal::PortalEvent>>> PortalClient::collect(std::uint64_t seen, Duration wait) {
  try {
    const auto stream = co_await net::dial_local(socket_, patience);
    const auto answer = co_await ask(*stream, portal::Collect{seen, wait}, wait + patience);
    co_return told<portal::Happened>(answer, &portal::Happened::events);
  } catch (const net::Broken& broken) {
    co_return fail(unreachable(broken));
  }
}

}  // namespace postern::gateway
