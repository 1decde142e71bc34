// What one recipient can receive, and how we know. Discovery fills it, policy's ladder reads it.
#pragma once

#include <string>
#include <vector>

#include "mail/evidence.hpp"
#include "mail/route.hpp"

namespace postern::mail {

struct Capabilities {
  Hop hop = FinalMx{};
  bool smime = false;    // a certificate is known, or somebody may know one
  bool openpgp = false;  // so with a key
  bool portal = false;   // a portal is configured and the recipient may use it
  std::vector<Evidence> evidence;
};

}  // namespace postern::mail
