// A kept body as an SMTP session wants it: one chunk at a time, opened off the I/O threads.
#pragma once

#include <memory>
#include <string>

#include "gateway/services.hpp"
#include "smtp/client_session.hpp"
#include "spool/spool.hpp"

namespace postern::gateway {

class SpoolBody final : public smtp::Body {
 public:
  SpoolBody(net::Pool& disk, std::unique_ptr<spool::BodyReader> reader) : disk_(disk), reader_(std::move(reader)) {}
  net::awaitable<std::string> next() override;

 private:
  net::Pool& disk_;
  std::unique_ptr<spool::BodyReader> reader_;
};

/// What follows an Outbound's prefix: the body as it came in, or the rendition that the Outbound was made of and no
/// other. `made`: that one, where it was made for this attempt; it must outlive the reader.
net::awaitable<Result<std::unique_ptr<spool::BodyReader>>> open_outbound(Services& services,
                                                                         const spool::MessageRecord& message,
                                                                         const spool::RecipientRecord& recipient,
                                                                         const mail::Outbound& outbound,
                                                                         const spool::Made& made);

/// Blocking: the header section, with the blank line. Empty where it cannot be read.
[[nodiscard]] std::string read_section(const Result<std::unique_ptr<spool::BodyReader>>& reader);

/// Blocking. Of a message whose record does not say. A body that cannot be read fails when it is sent.
[[nodiscard]] bool is_eight_bit(spool::Spool& spool, const spool::MessageRecord& message);

}  // namespace postern::gateway
