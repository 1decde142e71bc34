// Makes a mail::Outbound. Only gateway::Protector can, so this is one: for test programs that do not link
// gateway/.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "mail/outbound.hpp"

namespace postern::gateway {

class Protector {
 public:
  struct Parts {
    mail::ReversePath from;
    std::vector<mail::Address> to;
    mail::MailParameters parameters;
    mail::TlsRequirement requirement;
    std::string prefix;
    std::uint64_t body_size = 0;
    std::vector<mail::RecipientParameters> asked = {};
    bool needs_utf8 = false;
    bool eight_bit = false;
  };
  static mail::Outbound make(Parts parts) {
    mail::Outbound outbound;
    outbound.from_ = std::move(parts.from);
    outbound.to_ = std::move(parts.to);
    outbound.parameters_ = parts.parameters;
    outbound.requirement_ = std::move(parts.requirement);
    outbound.prefix_ = std::move(parts.prefix);
    outbound.body_size_ = parts.body_size;
    outbound.asked_ = std::move(parts.asked);
    outbound.needs_utf8_ = parts.needs_utf8;
    outbound.eight_bit_ = parts.eight_bit;
    return outbound;
  }
};

}  // namespace postern::gateway
