// Somebody at the door of a message: their link is good, and they have not shown yet that it is theirs.
#pragma once

#include <string>

#include "portal/pages.hpp"
#include "portal/requests.hpp"
#include "portal/store.hpp"

namespace postern::portal {

struct Entry {
  const Link& link;
  const FoundPickup& found;
  const Card& card;
  Look look;
};

/// "b…@lab.example": who knows the address knows it again.
[[nodiscard]] std::string masked(const std::string& address);
/// What whoever guesses a password of theirs would try first.
[[nodiscard]] std::vector<std::string> guessable(const std::string& address, const Brand& brand);
/// Posts to "/m/<lookup>/<what>" and says the link.
[[nodiscard]] Form form_to(const Link& link, const std::string& what);

}  // namespace postern::portal
