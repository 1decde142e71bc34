// A resolver whose patience is for all questions together: a domain with many slow names does not hold its delivery for
// the sum of their deadlines. Past its end each question fails at once, and so counts as a look-up that failed.
#pragma once

#include <utility>

#include "discovery/dns.hpp"

namespace postern::discovery {

class BoundedResolver final : public Resolver {
 public:
  BoundedResolver(Resolver& inner, const Clock& clock, Duration patience)
      : inner_(inner), clock_(clock), until_(clock.now() + patience) {}

  net::awaitable<DnsAnswer> resolve(std::string name, RecordType type) override {
    if (clock_.now() < until_) co_return co_await inner_.resolve(std::move(name), type);
    DnsAnswer answer;
    answer.reason = "the look-ups of this domain take too long";
    answer.at = clock_.now();
    co_return answer;
  }

 private:
  Resolver& inner_;
  const Clock& clock_;
  Time until_;
};

}  // namespace postern::discovery
