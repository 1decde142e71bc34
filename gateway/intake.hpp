// The gateway's side of one SMTP connection: who may send, and the bytes on their way into the spool.
//
// Identity is proven at the blank line after the headers. Until then nothing is stored; after a refusal the rest is
// read and dropped, because SMTP lets us answer only at the end.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "gateway/services.hpp"
#include "smtp/server_session.hpp"

namespace postern::gateway {

[[nodiscard]] std::unique_ptr<smtp::Receiver> make_intake(Services& services);

}  // namespace postern::gateway
