// What comes back (a listener of the role "returns"): bounces of our notices, to the addresses that were their envelope
// senders. Nothing else is taken, nothing is relayed, nothing is kept: a failure ends its pick-up before it is
// answered.
#pragma once

#include <memory>

#include "gateway/services.hpp"
#include "smtp/server_session.hpp"

namespace postern::gateway {

[[nodiscard]] std::unique_ptr<smtp::Receiver> make_return_intake(Services& services);

}  // namespace postern::gateway
