// Whom a message itself shows to all who get it: the addresses in To and Cc.
#pragma once

#include <string_view>

#include "mail/address.hpp"

namespace postern::mail {

/// Does a header section name this recipient in To or Cc, in plain sight? What needs decoding or is written in another
/// way counts as no. A name that is longer ("ann@lab.example.org" for "ann@lab.example") is another.
[[nodiscard]] bool shows_recipient(std::string_view section, const Address& recipient);

}  // namespace postern::mail
