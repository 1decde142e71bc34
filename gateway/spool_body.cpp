#include "gateway/spool_body.hpp"

#include "base/ascii.hpp"

namespace postern::gateway {

net::awaitable<std::string> SpoolBody::next() {
  spool::BodyReader* reader = reader_.get();
  Result<std::string> piece = co_await net::offload(disk_, [reader] { return reader->next(); });
  // A damaged body must not go out cut short: the connection is dropped before the final dot.
  if (!piece) throw net::Broken("the stored body could not be read: " + piece.error().text);
  co_return std::move(*piece);
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

}  // namespace postern::gateway
