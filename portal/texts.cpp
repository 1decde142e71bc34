#include "portal/texts.hpp"

namespace postern::portal {

const Texts& texts(Language language) {
  switch (language) {
    case Language::en: return english;
    case Language::de: return german;
    case Language::fr: return french;
    case Language::es: return spanish;
  }
  return english;
}

Markup say(std::string_view sentence, std::initializer_list<Markup> places) {
  Markup out;
  for (const Markup& place : places) {
    const std::size_t at = sentence.find("{}");
    out += escape(sentence.substr(0, at)) + place;
    sentence.remove_prefix(at + 2);
  }
  return out + escape(sentence);
}

Markup say(const Counted& counted, std::uint64_t number) {
  return say((number == 1 ? counted.one : counted.many).str(), {escape(std::to_string(number))});
}

}  // namespace postern::portal
