#include "gateway/notices.hpp"

#include "base/log.hpp"
#include "gateway/events.hpp"
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

spool::MessageRecord notice_record(const mail::Dsn& dsn, const std::string& tenant, bool eight_bit) {
  spool::MessageRecord record;
  record.envelope.id = dsn.id;
  record.envelope.to = {dsn.to};
  record.envelope.peer.listener = "notice";
  record.envelope.peer.helo = dsn.reporting_mta;
  record.envelope.origin = {tenant, {"notice"}};
  record.envelope.header_from = dsn.from;
  record.envelope.message_id = "<" + dsn.id.str() + "@" + dsn.reporting_mta + ">";
  record.accepted = dsn.now;
  record.envelope.parameters.utf8 = record.envelope.utf8_headers = !dsn.to.is_ascii();
  record.envelope.parameters.eight_bit = eight_bit;
  return record;
}

spool::RecipientRecord notice_recipient(const Config& config, const mail::Dsn& dsn, const std::string& tenant,
                                        bool requiretls) {
  const TenantConfig* sender = config.tenant(tenant);
  mail::Capabilities capabilities;
  if (sender != nullptr) capabilities.hop = sender->return_route.value_or(sender->route);
  spool::RecipientRecord record;
  record.address = dsn.to;
  record.ladder = policy::ladder(record.verdict, capabilities, config.settings_for(tenant, dsn.to));
  if (requiretls) record.ladder = policy::notice_with_requiretls(std::move(record.ladder));
  record.state = spool::Queued{dsn.now};
  return record;
}

}  // namespace

net::awaitable<bool> notify_sender(Services& services, const spool::MessageRecord& about,
                                   std::vector<mail::DsnRecipient> recipients) {
  if (recipients.empty() || !about.envelope.from) co_return true;
  const std::string& tenant = about.envelope.origin.tenant;
  const mail::Dsn dsn = compose(services, about, std::move(recipients));
  const std::string text = mail::format_dsn(dsn);
  spool::MessageRecord message = notice_record(dsn, tenant, !is_ascii(text));
  spool::RecipientRecord recipient =
      notice_recipient(services.config, dsn, tenant, about.envelope.parameters.requiretls);
  audit::Event event = event_about(audit::EventKind::accepted, dsn.now, message, recipient);
  event.reason = "notice about " + dsn.about.str();

  auto incoming = co_await net::offload(
      services.disk, [&spool = services.spool, id = dsn.id, text]() -> Result<std::unique_ptr<spool::Incoming>> {
        auto begun = spool.begin(id);
        if (!begun) return fail(begun.error());
        if (auto appended = (*begun)->append(text); !appended) return fail(appended.error());
        if (auto finished = (*begun)->finish(); !finished) return fail(finished.error());
        return begun;
      });
  if (!incoming) {
    log::error("the notice about {} could not be written: {}", dsn.about.str(), incoming.error().text);
    co_return false;
  }
  message.size = (*incoming)->size();
  event.size = message.size;
  auto start = [&spool = services.spool, incoming = std::move(*incoming), message = std::move(message),
                recipient = std::move(recipient), event = audit::encode_event(event)](auto done) mutable {
    spool.commit(std::move(incoming), std::move(message), {std::move(recipient)}, {std::move(event)}, {},
                 std::move(done));
  };
  const Result<void> kept = co_await await_done(std::move(start));
  if (!kept) log::error("the notice about {} was not kept: {}", dsn.about.str(), kept.error().text);
  co_return kept.has_value();
}

net::awaitable<void> give_back(Services& services, QueueId id, std::vector<spool::RecipientRecord> recipients) {
  co_await net::sleep_for(pause_after_trouble);
  for (const spool::RecipientRecord& recipient : recipients)
    services.spool.unclaim(id, recipient.index);
}

}  // namespace postern::gateway
