#include "gateway/spool_body.hpp"

#include "base/ascii.hpp"
#include "mail/headers.hpp"

namespace postern::gateway {

net::awaitable<std::string> SpoolBody::next() {
  spool::BodyReader* reader = reader_.get();
  Result<std::string> piece = co_await net::offload(disk_, [reader] { return reader->next(); });
  // A damaged body must not go out cut short: the connection is dropped before the final dot.
  if (!piece) throw net::Broken("the stored body could not be read: " + piece.error().text);
  co_return std::move(*piece);
}

net::awaitable<Result<std::unique_ptr<spool::BodyReader>>> open_outbound(Services& services,
                                                                         const spool::MessageRecord& message,
                                                                         const spool::RecipientRecord& recipient,
                                                                         const mail::Outbound& outbound) {
  if (!outbound.rendition()) {
    co_return co_await net::offload(services.disk,
                                    [&spool = services.spool, message] { return spool.open_body(message); });
  }
  const auto& rendition = recipient.rendition;
  if (!rendition || rendition->number != *outbound.rendition()) {
    co_return fail(Errc::denied, "the rendition is not the recipient's; nothing was sent");
  }
  spool::MessageRecord keyed;  // without the envelope, which may name ten thousand
  keyed.envelope.id = message.envelope.id;
  keyed.epoch = message.epoch;
  keyed.wrapped_key = message.wrapped_key;
  co_return co_await net::offload(services.disk,
                                  [&spool = services.spool, keyed = std::move(keyed), rendition = *rendition] {
                                    return spool.open_rendition(keyed, rendition);
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
