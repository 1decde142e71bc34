#include "gateway/spool_body.hpp"

#include <optional>

#include "base/ascii.hpp"
#include "mail/headers.hpp"

namespace postern::gateway {

net::awaitable<std::string> SpoolBody::next() {
  spool::BodyReader* reader = reader_.get();
  Result<std::string> piece =
      reader->at_hand() ? reader->next() : co_await net::offload(disk_, [reader] { return reader->next(); });
  // A damaged body must not go out cut short: the connection is dropped before the final dot.
  if (!piece) throw net::Broken("the stored body could not be read: " + piece.error().text);
  co_return std::move(*piece);
}

namespace {

/// With its first piece read: most bodies have no other, and are sent without another change of threads.
class BegunReader final : public spool::BodyReader {
 public:
  BegunReader(std::unique_ptr<spool::BodyReader> rest, std::string first)
      : first_(std::move(first)), rest_(std::move(rest)) {}
  Result<std::string> next() override { return first_ ? *std::exchange(first_, {}) : rest_->next(); }
  [[nodiscard]] bool at_hand() const override { return first_ || rest_->at_hand(); }

 private:
  std::optional<std::string> first_;
  std::unique_ptr<spool::BodyReader> rest_;
};

Result<std::unique_ptr<spool::BodyReader>> begun(Result<std::unique_ptr<spool::BodyReader>> reader) {
  if (!reader) return reader;
  auto first = (*reader)->next();
  if (!first) return fail(first.error());
  return std::make_unique<BegunReader>(std::move(*reader), std::move(*first));
}

}  // namespace

net::awaitable<Result<std::unique_ptr<spool::BodyReader>>> open_outbound(Services& services,
                                                                         const spool::MessageRecord& message,
                                                                         const spool::RecipientRecord& recipient,
                                                                         const mail::Outbound& outbound,
                                                                         const spool::Made& made) {
  if (!outbound.rendition()) {
    co_return co_await net::offload(services.disk,
                                    [&spool = services.spool, message] { return begun(spool.open_body(message)); });
  }
  const auto& rendition = recipient.rendition;
  if (!rendition || rendition->number != *outbound.rendition()) {
    co_return fail(Errc::denied, "the rendition is not the recipient's; nothing was sent");
  }
  if (made && made->rendition() == *rendition) co_return made->open();
  spool::MessageRecord keyed;  // without the envelope, which may name ten thousand
  keyed.envelope.id = message.envelope.id;
  keyed.epoch = message.epoch;
  keyed.wrapped_key = message.wrapped_key;
  co_return co_await net::offload(services.disk,
                                  [&spool = services.spool, keyed = std::move(keyed), rendition = *rendition] {
                                    return begun(spool.open_rendition(keyed, rendition));
                                  });
}

bool is_eight_bit(spool::Spool& spool, const spool::MessageRecord& message) {
  const auto reader = spool.open_body(message);
  while (reader) {
    const Result<std::string> piece = (*reader)->next();
    if (!piece || piece->empty()) return false;
    if (!is_ascii(*piece)) return true;
  }
  return false;
}

std::string read_section(const Result<std::unique_ptr<spool::BodyReader>>& reader) {
  std::string begun;
  while (reader) {
    const Result<std::string> piece = (*reader)->next();
    if (!piece || piece->empty()) return {};
    begun += *piece;
    if (const auto length = mail::header_length(begun)) return begun.substr(0, *length);
  }
  return {};
}

}  // namespace postern::gateway
