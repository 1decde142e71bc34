#include "gateway/sender_notices.hpp"

#include <functional>

#include <fmt/format.h>

#include "gateway/conversations.hpp"
#include "gateway/own_message.hpp"
#include "gateway/pickup_mail.hpp"
#include "mail/mdn.hpp"

namespace postern::gateway {
namespace {

struct Words {
  std::string subject, text;
};

Words waits(const Services& services, const spool::PickupRecord& pickup) {
  Words words{"A protected message of yours waits in the portal",
              "It waits for " + pickup.envelope.to.front().str() + "\r\nuntil " + day_of(pickup.expires) +
                  ". They were told by mail, and read it in a browser.\r\n"};
  const auto command = [&](crypto::TokenUse use, std::string_view what) {
    const auto address = conversation_address(services, use, pickup);
    return address ? fmt::format("\r\n{}:\r\n{}\r\n", what, address->str()) : std::string();
  };
  const std::string commands = command(crypto::TokenUse::recall, "To take it back") +
                               command(crypto::TokenUse::extend, "To let it wait for as long again") +
                               command(crypto::TokenUse::resend, "To have them told once more");
  if (!commands.empty())
    words.text +=
        "\r\nWrite to one of these addresses from your own; what you write does not matter, and each is good "
        "once.\r\n" +
        commands;
  return words;
}

Words recalled(const spool::PickupRecord& pickup) {
  const std::string opened = pickup.opened ? "They had opened it on " + format_rfc5322(*pickup.opened) + ".\r\n"
                                           : "They had not opened it.\r\n";
  return {
      "A protected message of yours was taken back",
      "It waited for " + pickup.envelope.to.front().str() + "\r\nand cannot be read in the portal any more. " + opened};
}

/// In whose name and to whom, and what the notice calls itself.
struct Writing {
  mail::Address from, to;
  std::string message_id;
  Time now{};
};

/// By the way home. True at once where there is nobody to tell. `called`: in the event, and in our log.
net::awaitable<bool> tell(Services& services, const spool::PickupRecord& pickup, std::string listener,
                          std::string called, std::function<std::string(const Writing&)> compose) {
  const std::string& name = pickup.envelope.origin.tenant;
  const TenantConfig* tenant = services.config.tenant(name);
  if (tenant == nullptr || !tenant->portal || !pickup.envelope.from) co_return true;
  const Time now = services.clock.now();
  const QueueId id = QueueId::make(now, services.random);
  const Writing writing{tenant->portal->from, *pickup.envelope.from, own_message_id(services, id), now};
  OwnMessage notice{own_record(services, id, now, listener, name, writing.from, writing.to),
                    own_recipient(services, name, tenant->way_home(), writing.to, now), compose(writing),
                    called + " about " + pickup.envelope.id.str()};
  notice.record.envelope.parameters.eight_bit = !is_ascii(notice.text);
  co_return co_await keep_own_message(services, std::move(notice));
}

std::string letter(const spool::PickupRecord& pickup, const Words& words, const Writing& writing) {
  const std::string& about = pickup.envelope.message_id;
  const std::string answers = about.empty() ? "" : "In-Reply-To: " + about + "\r\nReferences: " + about + "\r\n";
  return "From: <" + writing.from.str() + ">\r\nTo: <" + writing.to.str() + ">\r\nSubject: " + words.subject +
         "\r\nDate: " + format_rfc5322(writing.now) + "\r\nMessage-ID: " + writing.message_id + "\r\n" + answers +
         "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" +
         words.text;
}

}  // namespace

net::awaitable<bool> tell_sender_it_waits(Services& services, spool::PickupRecord pickup) {
  const PickupSettings settings =
      services.config.pickup_settings_for(pickup.envelope.origin.tenant, pickup.envelope.to.front());
  if (!settings.tell_sender) co_return true;
  co_return co_await tell(services, pickup, "pickup-waits", "pickup-waits",
                          [&](const Writing& writing) { return letter(pickup, waits(services, pickup), writing); });
}

net::awaitable<bool> tell_sender_it_was_recalled(Services& services, spool::PickupRecord pickup) {
  co_return co_await tell(services, pickup, "pickup-recalled", "pickup-recalled",
                          [&](const Writing& writing) { return letter(pickup, recalled(pickup), writing); });
}

net::awaitable<bool> send_receipt(Services& services, spool::PickupRecord pickup, Time opened) {
  co_return co_await tell(services, pickup, "pickup-receipt", "receipt", [&](const Writing& writing) {
    mail::Mdn mdn;
    mdn.hostname = services.config.hostname;
    mdn.to = writing.to;
    mdn.from = writing.from;
    mdn.recipient = pickup.envelope.to.front();
    mdn.orcpt = pickup.envelope.asked_for(0).orcpt;
    mdn.about_message_id = pickup.envelope.message_id;
    mdn.message_id = writing.message_id;
    mdn.opened = opened;
    mdn.now = writing.now;
    return mail::format_mdn(mdn);
  });
}

}  // namespace postern::gateway
