#include "gateway/conversations.hpp"

#include <algorithm>

#include "base/base64.hpp"
#include "mail/xtext.hpp"

namespace postern::gateway {
namespace {

constexpr std::string_view address_type = "rfc822;";

bool has_domain(const TenantConfig& tenant, const mail::Domain& domain) {
  return tenant.portal && tenant.portal->domain == domain;
}

bool is_to_a_conversation(const Config& config, const mail::Envelope& envelope, std::size_t recipient) {
  const std::string orcpt = envelope.asked_for(recipient).orcpt;
  if (!orcpt.starts_with(address_type)) return false;
  const auto text = mail::decode_xtext(std::string_view(orcpt).substr(address_type.size()));
  const auto address = text ? mail::Address::parse(*text) : fail(text.error());
  return address && is_conversation_domain(config, address->domain());
}

void raise(mail::Verdict& verdict, mail::Action to, const char* reason) {
  verdict.action = to;
  verdict.why.push_back({"conversation", reason, to, false, {}});
}

}  // namespace

std::optional<mail::Address> conversation_address(const Services& services, crypto::TokenUse use,
                                                  const spool::PickupRecord& pickup) {
  const TenantConfig* tenant = services.config.tenant(pickup.envelope.origin.tenant);
  const auto id = parse_base64url(pickup.lookup);
  if (tenant == nullptr || !tenant->portal || !tenant->portal->domain || !id || services.token_key.empty())
    return std::nullopt;
  const std::string& domain = tenant->portal->domain->str();
  auto address = mail::Address::parse(crypto::format_token(services.token_key, {use, *id}, domain) + "@" + domain);
  if (!address) return std::nullopt;
  return *address;
}

bool is_for_returns(crypto::TokenUse use) {
  return use == crypto::TokenUse::bounce || use == crypto::TokenUse::passphrase;
}

bool is_conversation_domain(const Config& config, const mail::Domain& domain) {
  return std::ranges::any_of(config.tenants, [&](const TenantConfig& one) { return has_domain(one, domain); });
}

std::optional<Conversation> conversation_of(const Services& services, const mail::Address& address) {
  if (!is_conversation_domain(services.config, address.domain())) return std::nullopt;
  const auto token = crypto::parse_token(services.token_key, address.local(), address.domain().str());
  if (!token) return std::nullopt;
  return Conversation{token->use, format_base64url(token->id)};
}

std::string original_recipient(const mail::Address& address) {
  return std::string(address_type) + mail::encode_xtext(address.str());
}

void protect_conversations(const Config& config, const mail::Envelope& envelope, std::vector<mail::Verdict>& verdicts) {
  const bool from_the_portal = envelope.peer.listener == reply_listener;
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    mail::Verdict& verdict = verdicts[i];
    if (from_the_portal && verdict.action == mail::Action::refuse)
      raise(verdict, mail::Action::quarantine, "It was written in the portal, and its writer cannot be asked");
    const bool belongs = from_the_portal || is_to_a_conversation(config, envelope, i);
    if (belongs && verdict.action == mail::Action::deliver)
      raise(verdict, mail::Action::protect, "It belongs to a conversation in the portal");
  }
}

}  // namespace postern::gateway
