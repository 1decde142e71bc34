// `postern explain`: what would happen to this message, for each recipient, and why. The same functions as the
// gateway's, without spool, network or daemon.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <boost/json.hpp>

#include "gateway/policy_snapshot.hpp"
#include "gateway/recipients.hpp"

namespace postern::gateway {

struct ExplainInput {
  std::string message;  // as a file holds it: LF line ends are taken as CRLF
  mail::ReversePath from;
  std::vector<mail::Address> to;
  std::map<mail::Domain, std::vector<mail::Evidence>> looked_up = {};  // where somebody asked the DNS before
  std::shared_ptr<const crypto::KeyIndex> keys = {};
  bool requiretls = false;  // MAIL FROM says so
};

/// identity, facts, and per recipient: verdict, rules, ladder, TLS requirement, what would happen.
[[nodiscard]] boost::json::object explain(const ExplainInput& input, const Config& config, const PolicySnapshot& policy,
                                          Time now);

/// The same for a person.
[[nodiscard]] std::string format_explanation(const boost::json::object& explanation);

}  // namespace postern::gateway
