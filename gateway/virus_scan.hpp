// A virus scanner that is asked about mail before it is kept: clamd, or whatever speaks its INSTREAM over a UNIX socket
// (clamd(8)). What it finds is held, whatever the rules say; what it could not read is held too, unless the
// administrator says otherwise.
//
//   co_await scan_for_viruses(services, envelope, body, verdicts);
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/inspection.hpp"
#include "mail/envelope.hpp"
#include "mail/verdict.hpp"
#include "net/stream.hpp"

namespace postern::gateway {

/// Only ever stricter. No body: it could not be read back, and so not scanned.
net::awaitable<void> scan_for_viruses(Services& services, const mail::Envelope& envelope, Readable body,
                                      std::vector<mail::Verdict>& verdicts);

/// The name of what was found in these octets, cleaned; empty where there is nothing. Throws Broken.
net::awaitable<Result<std::string>> ask_clamd(net::Stream& stream, std::string_view octets);

}  // namespace postern::gateway
