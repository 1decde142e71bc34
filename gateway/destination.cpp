#include "gateway/destination.hpp"

#include "discovery/bounded.hpp"

namespace postern::gateway {
namespace {

mail::Outcome nowhere(int subject, int detail, std::string reason, std::vector<mail::Evidence> evidence) {
  mail::Failed failed;
  failed.stage = mail::Stage::resolve;
  failed.status = {5, subject, detail};
  failed.reason = std::move(reason);
  failed.basis.evidence = std::move(evidence);
  return failed;
}

struct FromMx {
  std::string domain;
  std::uint16_t port;
  Whereto operator()(const discovery::MxHosts& found) const { return Destination{found, domain, port}; }
  Whereto operator()(const discovery::NullMx& said) const {
    return nowhere(1, 10, "the domain accepts no mail (null MX)", said.evidence);
  }
  Whereto operator()(const discovery::NoSuchDomain& said) const {
    return nowhere(1, 2, "the domain does not exist", said.evidence);
  }
  Whereto operator()(const discovery::LoopsBack& said) const {
    return nowhere(4, 6, "the mail servers of the domain are this gateway: mail would loop", said.evidence);
  }
  Whereto operator()(const discovery::AllOffLimits& said) const { return nowhere(4, 4, said.reason, said.evidence); }
  Whereto operator()(const discovery::LookupFailed& failure) const {
    mail::Deferred deferred;
    deferred.stage = mail::Stage::resolve;
    deferred.reason = failure.reason;
    deferred.basis.evidence = failure.evidence;
    return mail::Outcome(deferred);
  }
};

}  // namespace

net::awaitable<Whereto> find_destination(Services& services, const mail::Hop& hop, const mail::Domain& domain) {
  discovery::BoundedResolver resolver(services.resolver, services.clock, look_up_patience);
  if (const auto* relay = std::get_if<mail::Relay>(&hop)) {  // the administrator's word: may be anywhere
    discovery::MxHosts only;
    only.hosts.push_back(co_await discovery::find_host(resolver, relay->host, services.random));
    only.secure = true;  // its name is the administrator's word (RFC 7672 §2.2.2)
    co_return Destination{std::move(only), relay->host, relay->port};
  }
  const discovery::MxAnswer answer = co_await discovery::find_mx(resolver, domain, {services.config.hostname},
                                                                 services.config.egress_policy(), services.random);
  co_return std::visit(FromMx{domain.str(), services.config.delivery_port}, answer);
}

}  // namespace postern::gateway
