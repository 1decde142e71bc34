#include "gateway/portal_replies.hpp"

#include "base/log.hpp"
#include "crypto/pickup_key.hpp"
#include "gateway/conversations.hpp"
#include "gateway/own_message.hpp"
#include "gateway/pipeline.hpp"
#include "gateway/portal_client.hpp"
#include "gateway/reply_mail.hpp"
#include "gateway/signing.hpp"

namespace postern::gateway {
namespace {

net::awaitable<Result<portal::Letter>> fetch(Services& services, const portal::SealedReply& reply, const Secret& link) {
  std::vector<std::string> chunks;
  for (std::uint32_t i = 0; i < reply.chunks; ++i) {
    auto part = co_await services.portal->fetch_reply(reply.id, i);
    if (!part) co_return fail(part.error());
    chunks.push_back(std::move(*part));
  }
  auto work = [reply, chunks = std::move(chunks), link] {
    return portal::open_reply(crypto::reply_root(link), reply, chunks);
  };
  co_return co_await net::offload(services.disk, std::move(work));
}

/// The tenant's own address is that of notices: it is who hears where a reply cannot be delivered.
mail::Envelope envelope_of(const Services& services, const TenantConfig& tenant, const spool::PickupRecord& pickup,
                           const mail::Address& from, bool to_all) {
  spool::MessageRecord record =
      own_record(services, QueueId::make(services.clock.now(), services.random), services.clock.now(),
                 std::string(reply_listener), tenant.tenant.name, from, pickup.envelope.header_from);
  mail::Envelope envelope = std::move(record.envelope);
  envelope.from = tenant.portal->from;
  if (to_all) envelope.to.insert(envelope.to.end(), pickup.others.begin(), pickup.others.end());
  const auto ascii = [](const mail::Address& one) { return one.is_ascii(); };
  envelope.parameters.utf8 = envelope.utf8_headers =
      !std::ranges::all_of(envelope.to, ascii) || !pickup.envelope.to.front().is_ascii();
  return envelope;
}

net::awaitable<Result<Arrival>> arrive(Services& services, mail::Envelope envelope, std::string text) {
  Arrival arrival;
  arrival.envelope = std::move(envelope);
  const bool is_signed = !services.dkim.get()->for_mail(arrival.envelope).empty();
  struct Written {
    Result<std::unique_ptr<spool::Incoming>> incoming;
    std::string hash;
  };
  auto work = [&spool = services.spool, id = arrival.envelope.id, is_signed, text = std::move(text)]() -> Written {
    std::string hash;
    if (is_signed) {
      ArrivingBody body(mail::header_length(text).value_or(text.size()));
      body.update(text);
      hash = body.hash();
    }
    return {write_body(spool, id, text), std::move(hash)};
  };
  Written written = co_await net::offload(services.disk, std::move(work));
  if (!written.incoming) co_return fail(written.incoming.error());
  arrival.incoming = std::move(*written.incoming);
  arrival.dkim_body_hash = std::move(written.hash);
  co_return arrival;
}

net::awaitable<Result<void>> keep(Services& services, const spool::PickupRecord& pickup, const portal::Letter& letter) {
  const TenantConfig* tenant = services.config.tenant(pickup.envelope.origin.tenant);
  const auto from = conversation_address(services, crypto::TokenUse::reply, pickup);
  if (tenant == nullptr || !from) co_return fail(Errc::invalid, "its tenant has no portal.domain any more");
  mail::Envelope envelope = envelope_of(services, *tenant, pickup, *from, letter.to_all);
  auto text = format_reply_mail({*from, pickup.envelope.to.front(), tenant->portal->name, envelope.to,
                                 envelope.message_id, pickup.envelope.message_id, services.clock.now()},
                                letter);
  if (!text) co_return fail(text.error());
  auto arrival = co_await arrive(services, std::move(envelope), std::move(*text));
  if (!arrival) co_return fail(arrival.error());
  const mail::Reply answer = co_await take_in(services, std::move(*arrival));
  if (!answer.positive()) co_return fail(Errc::unavailable, answer.text);
  co_return Result<void>();
}

/// What nobody can ever open is dropped, and said.
bool is_hopeless(const Error& error) {
  return error.code == Errc::not_found || error.code == Errc::corrupt || error.code == Errc::invalid;
}

net::awaitable<Result<void>> take(Services& services, const portal::SealedReply& reply) {
  const auto pickup = co_await net::offload(
      services.disk, [&spool = services.spool, lookup = reply.lookup] { return spool.pickup(lookup); });
  if (!pickup) co_return fail(pickup.error());
  const auto letter = co_await fetch(services, reply, pickup->link);
  if (!letter) co_return fail(letter.error());
  co_return co_await keep(services, *pickup, *letter);
}

}  // namespace

net::awaitable<bool> take_replies(Services& services) {
  for (;;) {
    const auto waiting = co_await services.portal->list_replies();
    if (!waiting) co_return false;
    if (waiting->empty()) co_return true;
    for (const portal::SealedReply& reply : *waiting) {
      const Result<void> taken = co_await take(services, reply);
      if (!taken && !is_hopeless(taken.error())) {
        log::warning("portal: a reply cannot be taken now: {}", taken.error().text);
        co_return false;
      }
      if (!taken) log::error("portal: reply {} is lost: {}", reply.id.str(), taken.error().text);
      if (const auto dropped = co_await services.portal->drop_reply(reply.id); !dropped) co_return false;
    }
  }
}

}  // namespace postern::gateway
