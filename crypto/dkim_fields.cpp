#include "crypto/dkim_fields.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace postern::crypto {
namespace {

constexpr std::size_t most_names = 200;

enum class Cover {
  and_no_more,           // each that is there, and that there is no other, even where there is none
  and_no_more_if_there,  // the same, but only where there is one
  if_there,              // each that is there; others may join them
};

struct Rule {
  std::string_view name;
  Cover cover;
};

// RFC 6376 §5.4.1 names what makes a message; what is not here may be added, changed and taken away under way
// (Received, Return-Path, Authentication-Results, ARC-*, X-*, other signatures).
constexpr std::array rules = {
    // What a reader sees or a client acts on, and no relay has reason to add: another one is somebody's attempt to show
    // other words under our signature.
    Rule{"From", Cover::and_no_more},
    Rule{"To", Cover::and_no_more},
    Rule{"Cc", Cover::and_no_more},
    Rule{"Subject", Cover::and_no_more},
    Rule{"Reply-To", Cover::and_no_more},
    Rule{"In-Reply-To", Cover::and_no_more},
    Rule{"References", Cover::and_no_more},
    // They say how the signed body is read: with another Content-Type its octets are another message.
    Rule{"MIME-Version", Cover::and_no_more},
    Rule{"Content-Type", Cover::and_no_more},
    Rule{"Content-Transfer-Encoding", Cover::and_no_more},
    Rule{"Content-Disposition", Cover::and_no_more},
    // RFC 5321 §6.4: a server under way may add these two where they are missing.
    Rule{"Date", Cover::and_no_more_if_there},
    Rule{"Message-ID", Cover::and_no_more_if_there},
    // RFC 8058 §4 wants the first two covered. A mailing list that changes nothing else adds its own where there is
    // none.
    Rule{"List-Unsubscribe", Cover::and_no_more_if_there},
    Rule{"List-Unsubscribe-Post", Cover::and_no_more_if_there},
    Rule{"List-Id", Cover::and_no_more_if_there},
    Rule{"List-Help", Cover::and_no_more_if_there},
    Rule{"List-Subscribe", Cover::and_no_more_if_there},
    Rule{"List-Post", Cover::and_no_more_if_there},
    Rule{"List-Owner", Cover::and_no_more_if_there},
    Rule{"List-Archive", Cover::and_no_more_if_there},
    // RFC 5322 §3.6.6: who sends it on puts another block of these on top, and a list its Sender.
    Rule{"Sender", Cover::if_there},
    Rule{"Resent-Date", Cover::if_there},
    Rule{"Resent-From", Cover::if_there},
    Rule{"Resent-Sender", Cover::if_there},
    Rule{"Resent-To", Cover::if_there},
    Rule{"Resent-Cc", Cover::if_there},
    Rule{"Resent-Message-ID", Cover::if_there},
};

std::size_t times(Cover cover, std::size_t there) {
  switch (cover) {
    case Cover::and_no_more: return there + 1;
    case Cover::and_no_more_if_there: return there > 0 ? there + 1 : 0;
    case Cover::if_there: break;
  }
  return there;
}

}  // namespace

Result<std::vector<std::string>> dkim_fields_to_sign(const mail::HeaderView& headers) {
  std::vector<std::string> names;
  for (const Rule& rule : rules) {
    const auto there = std::ranges::count_if(headers.fields(), [&](const mail::Field& field) {
      return field.name.size() == rule.name.size() && mail::equals_ignoring_case(field.name, rule.name);
    });
    const std::size_t count = times(rule.cover, static_cast<std::size_t>(there));
    if (names.size() + count > most_names) return fail(Errc::limit, "the header has too many fields to sign them");
    names.insert(names.end(), count, std::string(rule.name));
  }
  return names;
}

}  // namespace postern::crypto
