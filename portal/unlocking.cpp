#include "portal/unlocking.hpp"

namespace postern::portal {

/// A try is counted before it is computed: many at once are not more than one after the other.
Unlocking::Answer Unlocking::open(const Pickup& pickup, const Stretching& how, const Secret& link,
                                  std::string_view typed, Time now) {
  if (!has_letters(typed)) return Nothing{};
  if (!tries_.allow(pickup.lookup, now)) return TooMany{};
  const auto stretched = stretch(typed, how);
  if (!stretched) return stretched.error();
  auto content = open_content(pickup, link, *stretched);
  if (!content) return Wrong{};
  return std::move(*content);
}

}  // namespace postern::portal
