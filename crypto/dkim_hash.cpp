#include "crypto/dkim_hash.hpp"

#include <algorithm>

#include "base/ascii.hpp"

namespace postern::crypto {

CanonicalBody::Sink DkimBodyHash::sink() {
  return [this](std::string_view octets) {
    const std::string_view counted =
        octets.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, octets.size())));
    digest_.update(counted);
    left_ -= counted.size();
    hashed_ += counted.size();
  };
}

std::string DkimBodyHash::finish() {
  canonical_.finish(sink());
  return digest_.finish();
}

DkimHeaderText::DkimHeaderText(std::string_view section, std::optional<std::size_t> apart)
    : section_(section), headers_(section), apart_(apart) {}

std::string DkimHeaderText::of(const std::vector<std::string>& names, Canonical form) const {
  struct Place {
    std::string_view name;
    std::size_t above;  // of its fields those above this one are not taken yet
  };
  std::vector<Place> places;
  const std::vector<mail::Field>& fields = headers_.fields();
  std::string text;
  for (const std::string& name : names) {
    const auto is_it = [&](std::string_view other) {
      return other.size() == name.size() && mail::equals_ignoring_case(other, name);
    };
    auto place = std::ranges::find_if(places, is_it, &Place::name);
    if (place == places.end()) place = places.insert(place, {name, fields.size()});
    while (place->above > 0) {
      const mail::Field& field = fields[--place->above];
      if (field.at == apart_ || !is_it(field.name)) continue;
      text += canonical_field(section_.substr(field.at, field.size), form);
      break;
    }
  }
  return text;
}

std::string unsigned_field(std::string_view field, Canonical form) {
  std::size_t at = std::min(field.find(':'), field.size());  // what stands before a tag: the colon, a ';'
  std::string kept(field.substr(0, at));
  // Tag by tag, since "b=" may be part of another's value.
  while (at < field.size()) {
    const std::size_t end = std::min(field.find(';', at + 1), field.size());
    const std::string_view tag = field.substr(at + 1, end - at - 1);
    const std::size_t equals = std::min(tag.find('='), tag.size());
    const bool is_b = trimmed(tag.substr(0, equals), " \t\r\n") == "b";
    kept += field[at];
    kept += is_b ? tag.substr(0, equals + 1) : tag;
    at = end;
  }
  std::string canonical = canonical_field(kept, form);
  canonical.resize(canonical.size() - 2);
  return canonical;
}

}  // namespace postern::crypto
