// Does a DKIM signature hold? For mail of our own in tests, and for signatures that came with a tenant's mail and that
// our changes broke: a broken one is worth less to its reader than none.
//
//   const FindDkimKey find = …;                                    // from DNS, or a table
//   for (const mail::Field& field : headers.all("DKIM-Signature"))
//     if (verify_dkim(message, field, find, now).result == DkimResult::pass) …
//   std::string section = without_broken_signatures(message, is_the_tenants, find, now);
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "crypto/dkim_signature.hpp"
#include "mail/headers.hpp"

namespace postern::crypto {

enum class DkimResult {
  pass,
  body_changed,    // its body hash is not this body's: needs no key to be known
  header_changed,  // or the key is another
  no_key,          // none published, revoked, or not one for this
  expired,
  malformed,
  not_believed,       // an old algorithm, a key of less than 1024 bits
  key_not_available,  // for now: nothing is known
};
[[nodiscard]] std::string_view format_dkim_result(DkimResult result);  // "body-changed"

struct DkimCheck {
  DkimResult result = DkimResult::malformed;
  std::string reason;   // ours; empty where it passes
  mail::Domain domain;  // of a signature that could be read
  std::string selector;
  bool covers_all = true;  // no l=: nothing can be appended
};

/// The TXT record of "p1._domainkey.clinic.example", its strings joined; nothing: there is none; Error: cannot be said.
using FindDkimKey = std::function<Result<std::optional<std::string>>(const std::string& name)>;

/// `message` is CRLF-normalised; `field` is one of its header section's.
[[nodiscard]] DkimCheck verify_dkim(std::string_view message, const mail::Field& field, const FindDkimKey& find,
                                    Time now);

/// The header section (with its blank line) without the signatures of domains that `ours` names which do not hold any
/// more. What cannot be decided stays, and so do those of others, whole or broken: they are no business of ours.
[[nodiscard]] std::string without_broken_signatures(std::string_view message,
                                                    const std::function<bool(const mail::Domain&)>& ours,
                                                    const FindDkimKey& find, Time now);

}  // namespace postern::crypto
