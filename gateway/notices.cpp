#include "gateway/notices.hpp"

#include "gateway/own_message.hpp"
#include "net/runtime.hpp"
#include "policy/delivery.hpp"

namespace postern::gateway {
namespace {

constexpr std::chrono::seconds pause_after_trouble{5};

mail::Address postmaster(const std::string& hostname) {
  return mail::Address::parse("postmaster@" + hostname).value_or(mail::Address{});
}

mail::Dsn compose(Services& services, const spool::MessageRecord& about, std::vector<mail::DsnRecipient> recipients) {
  mail::Dsn dsn;
  dsn.reporting_mta = services.config.hostname;
  dsn.to = *about.envelope.from;
  dsn.from = postmaster(services.config.hostname);
  dsn.now = services.clock.now();
  dsn.id = QueueId::make(dsn.now, services.random);
  dsn.about = about.envelope.id;
  dsn.about_message_id = about.envelope.message_id;
  dsn.about_from = about.envelope.header_from;
  dsn.envid = about.envelope.parameters.envid;
  dsn.arrived = about.accepted;
  dsn.recipients = std::move(recipients);
  return dsn;
}

/// Back to the tenant.
spool::RecipientRecord notice_recipient(const Services& services, const mail::Dsn& dsn, const std::string& tenant,
                                        bool requiretls) {
  const TenantConfig* sender = services.config.tenant(tenant);
  mail::Hop hop;
  if (sender != nullptr) hop = sender->way_home();
  spool::RecipientRecord record = own_recipient(services, tenant, std::move(hop), dsn.to, dsn.now);
  if (requiretls) record.ladder = policy::notice_with_requiretls(std::move(record.ladder));
  return record;
}

}  // namespace

net::awaitable<bool> notify_sender(Services& services, const spool::MessageRecord& about,
                                   std::vector<mail::DsnRecipient> recipients) {
  if (recipients.empty() || !about.envelope.from) co_return true;
  const std::string& tenant = about.envelope.origin.tenant;
  const mail::Dsn dsn = compose(services, about, std::move(recipients));
  OwnMessage notice{own_record(services, dsn.id, dsn.now, "notice", tenant, dsn.from, dsn.to),
                    notice_recipient(services, dsn, tenant, about.envelope.parameters.requiretls),
                    mail::format_dsn(dsn), "notice about " + dsn.about.str()};
  notice.record.envelope.parameters.eight_bit = !is_ascii(notice.text);
  co_return co_await keep_own_message(services, std::move(notice));
}

net::awaitable<void> give_back(Services& services, QueueId id, std::vector<spool::RecipientRecord> recipients) {
  co_await net::sleep_for(pause_after_trouble);
  for (const spool::RecipientRecord& recipient : recipients)
    services.spool.unclaim(id, recipient.index);
}

}  // namespace postern::gateway
