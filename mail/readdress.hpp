// Other addresses in To and Cc, and every other octet as it was: for addresses of ours that stand for somebody's own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mail/address.hpp"

namespace postern::mail {

struct Readdressing {
  Address from, to;
};

/// Of a header section. `from` in any case, where it stands whole and in plain sight.
[[nodiscard]] std::string readdressed(std::string_view section, const std::vector<Readdressing>& changes);

}  // namespace postern::mail
