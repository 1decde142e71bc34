// RFC 9788: the header fields go under the seal too, and the subject need not stand outside. Off unless an
// administrator wants it: readers that do not know it show "[...]".
//
//   const Entity cut = cut_entity(message);
//   if (const auto covered = protect_header(cut, Cover::cipher, HideSubject::yes)) … seal covered->inner …
#pragma once

#include <optional>

#include "mail/entity.hpp"

namespace postern::mail {

enum class Cover {
  clear,   // signed alone: the fields are copied, hp="clear"
  cipher,  // signed or not, and encrypted: hp="cipher", and HP-Outer tells what was visible (RFC 9788 §2.2)
};
enum class HideSubject { no, yes };

/// Inside: a copy of every field that the sender wrote, and where it is encrypted what of them stands outside. Outside
/// with HideSubject (RFC 9788 §3.2.1, hcp_baseline; with `cipher` only): "Subject: [...]", no Comments, no Keywords.
/// Nothing: the entity cannot carry it, since its Content-Type is doubled or broken, since it is itself a signature or
/// a ciphertext, whose inside is not ours to change, or since it has such a header already. Seal it as it was.
[[nodiscard]] std::optional<Entity> protect_header(const Entity& cut, Cover cover, HideSubject hide);

}  // namespace postern::mail
