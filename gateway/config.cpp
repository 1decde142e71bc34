#include "gateway/config.hpp"

#include <algorithm>
#include <functional>
#include <tuple>

namespace postern::gateway {
namespace {

/// From the widest to the narrowest: ".example", ".lab.example", "lab.example".
void each_parent(const std::string& domain, const std::function<void(const std::string&)>& visit) {
  for (std::size_t dot = domain.rfind('.'); dot != std::string::npos;
       dot = dot == 0 ? std::string::npos : domain.rfind('.', dot - 1)) {
    visit(domain.substr(dot));
  }
  visit("." + domain);
  visit(domain);
}

/// From the widest scope to the narrowest that fits: ".parent", domain, address.
std::vector<const ScopedSettings*> partner_scopes(const std::map<std::string, ScopedSettings>& partners,
                                                  const mail::Address& recipient) {
  std::vector<const ScopedSettings*> scopes;
  const auto add = [&](const std::string& name) {
    const auto found = partners.find(name);
    if (found != partners.end()) scopes.push_back(&found->second);
  };
  each_parent(recipient.domain().str(), add);
  add(recipient.str());
  return scopes;
}

/// The sender's order, and of it what the receiver allows too.
std::vector<mail::Method> intersected(const std::vector<mail::Method>& ordered,
                                      const std::vector<mail::Method>& allowed) {
  std::vector<mail::Method> both;
  std::ranges::copy_if(ordered, std::back_inserter(both),
                       [&](mail::Method method) { return std::ranges::find(allowed, method) != allowed.end(); });
  return both;
}

/// A floor only tightens, wherever it is set.
void tighten(policy::DeliverySettings& settings, const ScopedSettings& scope) {
  if (scope.protect_tls) settings.protect_tls = mail::meet(settings.protect_tls, *scope.protect_tls);
  if (scope.deliver_tls) settings.deliver_tls = mail::meet(settings.deliver_tls, *scope.deliver_tls);
}

}  // namespace

policy::DeliverySettings Config::settings_for(const std::string& tenant, const mail::Address& recipient) const {
  policy::DeliverySettings settings;
  const auto about_sender = [&](const ScopedSettings& scope) {
    tighten(settings, scope);
    if (scope.methods) settings.methods = *scope.methods;
  };
  about_sender(global);
  if (const auto found = tenant_settings.find(tenant); found != tenant_settings.end()) about_sender(found->second);

  const auto about_receiver = [&](const std::map<std::string, ScopedSettings>& partners) {
    std::optional<std::vector<mail::Method>> allowed;  // nearest scope wins among the receiver's own
    for (const ScopedSettings* scope : partner_scopes(partners, recipient)) {
      tighten(settings, *scope);
      if (scope->methods) allowed = scope->methods;
    }
    if (allowed) settings.methods = intersected(settings.methods, *allowed);
  };
  about_receiver(partner_settings);
  if (const auto found = tenant_partner_settings.find(tenant); found != tenant_partner_settings.end()) {
    about_receiver(found->second);
  }
  return settings;
}

template <class Visit>
void Config::each_scope(const std::string& tenant, const mail::Address& recipient, Visit nearer) const {
  nearer(global);
  if (const auto known = tenant_settings.find(tenant); known != tenant_settings.end()) nearer(known->second);
  for (const ScopedSettings* scope : partner_scopes(partner_settings, recipient))
    nearer(*scope);
  if (const auto known = tenant_partner_settings.find(tenant); known != tenant_partner_settings.end()) {
    for (const ScopedSettings* scope : partner_scopes(known->second, recipient))
      nearer(*scope);
  }
}

policy::Schedule Config::schedule_for(const std::string& tenant, const mail::Address& recipient) const {
  policy::Schedule found = schedule;
  each_scope(tenant, recipient, [&found](const ScopedSettings& scope) {
    if (scope.retry) std::tie(found.first_retry, found.longest_retry) = *scope.retry;
    found.expire = scope.expire.value_or(found.expire);
    found.delay_notice = scope.delay_notice.value_or(found.delay_notice);
  });
  return found;
}

SealSettings Config::seal_settings_for(const std::string& tenant, const mail::Address& recipient,
                                       mail::Method method) const {
  SealSettings found;
  const bool smime = method == mail::Method::smime;
  each_scope(tenant, recipient, [&found, smime](const ScopedSettings& scope) {
    found.sources = scope.key_sources.value_or(found.sources);
    found.encrypted_counts = scope.encrypted_counts.value_or(found.encrypted_counts);
    found.domain_signs = (smime ? scope.smime_domain_signs : scope.openpgp_domain_signs).value_or(found.domain_signs);
    found.hide_subject = (smime ? scope.smime_hide_subject : scope.openpgp_hide_subject).value_or(found.hide_subject);
    if (smime) {
      found.content = scope.smime_content.value_or(found.content);
      found.sign = scope.smime_sign.value_or(found.sign);
    } else {
      if (scope.openpgp_sign)
        found.sign = *scope.openpgp_sign ? std::optional(crypto::SignatureForm::clear) : std::nullopt;
      found.inline_text = scope.openpgp_inline.value_or(found.inline_text);
    }
  });
  const auto kind = smime ? discovery::PersonKey::certificate : discovery::PersonKey::openpgp;
  std::erase_if(found.sources, [kind](discovery::KeyOrigin origin) { return discovery::kind_of(origin) != kind; });
  return found;
}

PickupSettings Config::pickup_settings_for(const std::string& tenant, const mail::Address& recipient) const {
  PickupSettings found;
  each_scope(tenant, recipient, [&found](const ScopedSettings& scope) {
    found.proof = scope.pickup_proof.value_or(found.proof);
    found.expire = scope.pickup_expire.value_or(found.expire);
    found.language = scope.pickup_language.value_or(found.language);
    found.notice_floor = scope.notice_floor.value_or(found.notice_floor);
    found.tell_unread = scope.tell_unread.value_or(found.tell_unread);
    found.tell_sender = scope.tell_sender.value_or(found.tell_sender);
    found.replies = scope.portal_replies.value_or(found.replies);
    found.receipt = scope.portal_receipt.value_or(found.receipt);
    found.remind = scope.portal_remind.value_or(found.remind);
  });
  return found;
}

mail::TlsRequirement Config::host_floor(const std::string& host, mail::Action action) const {
  mail::TlsRequirement floor;
  each_parent(host, [&](const std::string& name) {
    const auto found = host_settings.find(name);
    if (found == host_settings.end()) return;
    const ScopedSettings& scope = found->second;
    const auto& demanded = action == mail::Action::deliver ? scope.deliver_tls : scope.protect_tls;
    if (demanded) floor = mail::meet(floor, *demanded);
  });
  return floor;
}

bool Config::trusts_ad() const {
  // What crosses a network can be changed on the way, the AD bit included (RFC 7672 §2.1.3).
  return resolver_trust_ad.value_or(resolver.address == "::1" || resolver.address.starts_with("127."));
}

net::EgressPolicy Config::egress_policy() const {
  net::EgressPolicy allowed;
  allowed.listed = [networks = egress](const std::string& address) {
    return std::ranges::any_of(networks, [&](const Network& one) { return one.contains(address); });
  };
  return allowed;
}

const TenantConfig* Config::tenant(const std::string& name) const {
  const auto found = std::ranges::find_if(tenants, [&](const TenantConfig& one) { return one.tenant.name == name; });
  return found == tenants.end() ? nullptr : &*found;
}

}  // namespace postern::gateway
