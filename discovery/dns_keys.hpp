// Keys in the DNS: SMIMEA (RFC 8162) and OPENPGPKEY (RFC 7929). Only a DNSSEC-validated answer counts: whoever can
// forge another one would choose whom our mail can be read by. What the answers mean is pure.
#pragma once

#include <memory>

#include "discovery/dns.hpp"
#include "discovery/key_source.hpp"

namespace postern::discovery {

[[nodiscard]] KeyAnswer judge_smimea(const DnsAnswer& answer);
[[nodiscard]] KeyAnswer judge_openpgpkey(const DnsAnswer& answer);

[[nodiscard]] std::unique_ptr<KeySource> make_smimea_source(Resolver& resolver);
[[nodiscard]] std::unique_ptr<KeySource> make_openpgpkey_source(Resolver& resolver);

}  // namespace postern::discovery
