// Every sentence of the pages, in each language: plain words, formal address. A sentence that is missing in a language,
// is empty, or has another number of places "{}" than the page fills, does not compile.
//
//   const Texts& german = texts(Language::de);
//   Markup line = say(german.wait_sender, escape(brand.name), escape(masked));
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "portal/markup.hpp"
#include "portal/pages.hpp"

namespace postern::portal {

/// A literal with `Places` times "{}" in it.
template <std::size_t Places>
class Sentence {
 public:
  consteval Sentence(const char* literal) : text_(literal) {
    std::size_t places = 0;
    for (std::size_t at = text_.find("{}"); at != text_.npos; at = text_.find("{}", at + 2))
      ++places;
    if (text_.empty() || places != Places) throw "an empty sentence, or one with the wrong number of places";
  }
  [[nodiscard]] std::string_view str() const { return text_; }

 private:
  std::string_view text_;
};
using Words = Sentence<0>;

/// One for the singular, one for the rest.
struct Counted {
  Sentence<1> one, many;
};

struct Heading {
  Words heading, text;
};

/// The second step, and how one signs in.
struct FactorTexts {
  Words second_title, second_lead;
  Words digits_label, digits_hint, digits_too_many;
  Words passkey_or, passkey_use;
  Counted passkey_wrong;                                      // tries left
  Words needs_script, unsupported, cancelled, known, failed;  // of the script

  Words sign_in_title, address, password;
  Sentence<1> since;  // a day
  Words second, second_hint, none;
  Words app, passkey, remove;
  Words change_password, new_password;

  Words password_hint, back;
  Words app_add, app_scan, app_picture, app_type, app_keep, app_refused, app_remove;
  Words passkey_add, passkey_lead, passkey_make, passkey_refused;
  Sentence<1> passkey_remove;  // a day
  Words remove_lead;
};

struct Texts {
  // every page
  Words language;  // BCP 47
  Words skip;
  Words help;
  Sentence<1> service;  // the tenant's name
  Words service_alone;  // of a tenant without a name
  Words error;          // before the title of a page that says what went wrong

  // the way in
  Words wait_title;
  Sentence<2> wait_sender;  // the tenant's name, the masked address
  Words wait_steps;
  Words step_send, step_type, step_read;
  Words send_code;
  Sentence<1> wait_until;
  Words no_account;

  Words code_title;
  Sentence<1> code_sent;  // the masked address
  Words code_label;
  Counted code_hint;  // digits
  Words open;
  Words none_came, none_came_hint, send_again;
  Counted wrong;  // tries left
  Words expired, too_many;
  Counted wait;  // seconds

  Words passphrase_label, passphrase_hint;
  Words passphrase_wrong, passphrase_too_many;
  Words passphrase_unknown, passphrase_unknown_hint;

  // a password of the recipient's own
  Words password_first;
  Words password_label, password_hint, password_wrong;
  Words password_forgotten, password_forgotten_hint, password_anew;
  Words choose_title;
  Sentence<1> choose_lead;  // the address
  Words choose_label, choose_again_label;
  Sentence<1> choose_hint;  // characters
  Words choose_warning, choose_anew_warning, choose;
  Words choose_short, choose_long, choose_easy, choose_differs;
  Words go_on;
  Heading outdated;

  // the message
  Words message_title;
  Words no_subject, no_text;
  Words from, reply_to, to, cc, date;
  Words actions, reply, reply_all, download, print, end;
  Counted attachments;
  Words body, views, formatted, as_text;
  Counted blocked;
  Words cut;
  Sentence<1> keep_until;

  // the answer
  Words reply_title, reply_text, reply_files, reply_send, reply_back, reply_awake;
  Words subject;
  Sentence<1> reply_largest;  // a size
  Words reply_empty, reply_busy, reply_too_often;
  Heading sent;

  FactorTexts factors;

  // what an attachment is
  Words document, sheet, slides, image, audio, video, archive, plain_text, calendar, mail, file;

  // the lost
  Heading no_message, session_over, ended, slow_down, bad_request, not_found, too_large, trouble;

  // dates and sizes
  std::array<Words, 12> months;
  Words first;         // the first day of a month, as a number is written
  Sentence<3> day;     // number, month, year
  Sentence<2> moment;  // day, time of day in UTC
  Words decimal_mark;
  Counted octets;
  std::array<Words, 3> units;  // of 1000, 1000² and 1000³ octets
};

[[nodiscard]] const Texts& texts(Language language);
extern const Texts english, german, french, spanish;

[[nodiscard]] Markup say(std::string_view sentence, std::initializer_list<Markup> places);

[[nodiscard]] inline Markup say(const Words& words) {
  return escape(words.str());
}
template <std::size_t Places, typename... Filled>
  requires(sizeof...(Filled) == Places && Places > 0)
[[nodiscard]] Markup say(const Sentence<Places>& sentence, const Filled&... filled) {
  return say(sentence.str(), {filled...});
}
/// With the number in its place.
[[nodiscard]] Markup say(const Counted& counted, std::uint64_t number);

// As the language writes them

/// "28 November 2026", in UTC.
[[nodiscard]] Markup day_of(const Texts& texts, Time time);
/// "28 November 2026, 17:36 UTC", as a <time> element.
[[nodiscard]] Markup moment_of(const Texts& texts, Time time);
/// "2.4 MB"
[[nodiscard]] Markup size_of(const Texts& texts, std::uint64_t octets);
/// "Image" for image/png.
[[nodiscard]] Markup kind_of(const Texts& texts, std::string_view media_type);

}  // namespace postern::portal
