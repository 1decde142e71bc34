// What was written in the portal comes to us: opened with the link's key that is on record here, made mail, inspected
// and kept like any other, and then the portal drops it. A crash before that has it twice rather than never.
#pragma once

#include "gateway/services.hpp"

namespace postern::gateway {

/// All that wait. False where some have to be tried again.
net::awaitable<bool> take_replies(Services& services);

}  // namespace postern::gateway
