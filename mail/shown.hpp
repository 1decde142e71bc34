// Whom a message itself shows to all who get it: the addresses in To and Cc.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "mail/address.hpp"

namespace postern::mail {

class ShownRecipients {
 public:
  explicit ShownRecipients(std::string_view section);
  /// Does the header section name this recipient in To or Cc, in plain sight? What needs decoding or is written in
  /// another way counts as no. A name that is longer ("ann@lab.example.org" for "ann@lab.example") is another.
  [[nodiscard]] bool contains(const Address& recipient) const;

 private:
  std::set<std::string, std::less<>> words_;
};

}  // namespace postern::mail
