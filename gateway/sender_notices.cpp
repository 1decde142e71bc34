#include "gateway/sender_notices.hpp"

#include "gateway/conversations.hpp"
#include "gateway/own_message.hpp"
#include "mail/mdn.hpp"

namespace postern::gateway {
namespace {

struct Words {
  std::string subject, text;
};

std::string day_of(Time time) {
  return format_rfc3339(time).substr(0, 10);
}

Words waits(const Services& services, const spool::PickupRecord& pickup) {
  Words words{"A protected message of yours waits in the portal",
              "It waits for " + pickup.envelope.to.front().str() + "\r\nuntil " + day_of(pickup.expires) +
                  ". They were told by mail, and read it in a browser.\r\n"};
  if (const auto address = conversation_address(services, crypto::TokenUse::recall, pickup)) {
    words.text += "\r\nTo take it back, write to this address from your own; what you write does not matter:\r\n\r\n" +
                  address->str() + "\r\n";
  }
  return words;
}

Words recalled(const spool::PickupRecord& pickup) {
  const std::string opened = pickup.opened ? "They had opened it on " + format_rfc5322(*pickup.opened) + ".\r\n"
                                           : "They had not opened it.\r\n";
  return {
      "A protected message of yours was taken back",
      "It waited for " + pickup.envelope.to.front().str() + "\r\nand cannot be read in the portal any more. " + opened};
}

net::awaitable<bool> tell(Services& services, const spool::PickupRecord& pickup, std::string listener, Words words) {
  const std::string& name = pickup.envelope.origin.tenant;
  const TenantConfig* tenant = services.config.tenant(name);
  if (tenant == nullptr || !tenant->portal || !pickup.envelope.from) co_return true;
  const Time now = services.clock.now();
  const QueueId id = QueueId::make(now, services.random);
  const mail::Address& to = *pickup.envelope.from;
  OwnMessage notice{own_record(services, id, now, listener, name, tenant->portal->from, to),
                    own_recipient(services, name, tenant->return_route.value_or(tenant->route), to, now),
                    {},
                    listener + " about " + pickup.envelope.id.str()};
  const std::string answers =
      pickup.envelope.message_id.empty()
          ? ""
          : "In-Reply-To: " + pickup.envelope.message_id + "\r\nReferences: " + pickup.envelope.message_id + "\r\n";
  notice.text =
      "From: <" + tenant->portal->from.str() + ">\r\nTo: <" + to.str() + ">\r\nSubject: " + words.subject +
      "\r\nDate: " + format_rfc5322(now) + "\r\nMessage-ID: " + own_message_id(services, id) + "\r\n" + answers +
      "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" +
      words.text;
  notice.record.envelope.parameters.eight_bit = !is_ascii(notice.text);
  co_return co_await keep_own_message(services, std::move(notice));
}

}  // namespace

net::awaitable<bool> tell_sender_it_waits(Services& services, spool::PickupRecord pickup) {
  const PickupSettings settings =
      services.config.pickup_settings_for(pickup.envelope.origin.tenant, pickup.envelope.to.front());
  if (!settings.tell_sender) co_return true;
  co_return co_await tell(services, pickup, "pickup-waits", waits(services, pickup));
}

net::awaitable<bool> tell_sender_it_was_recalled(Services& services, spool::PickupRecord pickup) {
  co_return co_await tell(services, pickup, "pickup-recalled", recalled(pickup));
}

net::awaitable<bool> send_receipt(Services& services, spool::PickupRecord pickup, Time opened) {
  const std::string& name = pickup.envelope.origin.tenant;
  const TenantConfig* tenant = services.config.tenant(name);
  if (tenant == nullptr || !tenant->portal || !pickup.envelope.from) co_return true;
  mail::Mdn mdn;
  mdn.hostname = services.config.hostname;
  mdn.to = *pickup.envelope.from;
  mdn.from = tenant->portal->from;
  mdn.recipient = pickup.envelope.to.front();
  mdn.orcpt = pickup.envelope.asked_for(0).orcpt;
  mdn.about_message_id = pickup.envelope.message_id;
  mdn.opened = opened;
  mdn.now = services.clock.now();
  const QueueId id = QueueId::make(mdn.now, services.random);
  mdn.message_id = own_message_id(services, id);
  OwnMessage receipt{own_record(services, id, mdn.now, "pickup-receipt", name, mdn.from, mdn.to),
                     own_recipient(services, name, tenant->return_route.value_or(tenant->route), mdn.to, mdn.now),
                     mail::format_mdn(mdn), "receipt about " + pickup.envelope.id.str()};
  receipt.record.envelope.parameters.eight_bit = !is_ascii(receipt.text);
  co_return co_await keep_own_message(services, std::move(receipt));
}

}  // namespace postern::gateway
