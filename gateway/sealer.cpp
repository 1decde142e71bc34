#include "gateway/sealer.hpp"

#include <algorithm>
#include <map>

#include "gateway/signing.hpp"
#include "gateway/spool_body.hpp"
#include "mail/entity.hpp"
#include "mail/header_protection.hpp"
#include "mail/headers.hpp"
#include "mail/protected_mail.hpp"
#include "mail/shown.hpp"
#include "policy/signing.hpp"

namespace postern::gateway {
namespace {

/// Beyond it the next rung's turn comes: sealing holds a message in memory several times.
constexpr std::uint64_t largest_message = 50ULL << 20;
/// The message, its entity, what was signed, what was encrypted, its text form.
constexpr std::uint64_t copies = 5;
constexpr std::chrono::milliseconds between_looks{100};

mail::Method method_word(const mail::Route& route) {
  return std::holds_alternative<mail::Smime>(route) ? mail::Method::smime : mail::Method::openpgp;
}

SealSettings settings_for(const Services& services, const std::string& tenant,
                          const spool::RecipientRecord& recipient) {
  return services.config.seal_settings_for(tenant, recipient.address, method_word(recipient.ladder[recipient.rung]));
}

// Blocking: what runs in the pool. It gets values of its own.

/// Which key for whom, and whether what they have can be sent as it is.
struct Chosen {
  Sealed sealed;
  std::vector<UsableKey> keys;  // one for each that is ready
  bool made = true;             // their rendition is to keys that may still be used
  std::vector<RevocationQuestion> open;
};

std::vector<KeyQuestion> due_searches(const Services& services, const std::string& tenant, const Group& part) {
  std::vector<KeyQuestion> due;
  for (const spool::RecipientRecord& recipient : part.recipients) {
    for (KeyQuestion& one :
         services.seal->search->due(recipient.address, settings_for(services, tenant, recipient).sources))
      due.push_back(std::move(one));
  }
  return due;
}

Chosen choose_keys(const Services& services, SealMethod& method, const std::string& tenant, Group part) {
  Chosen chosen;
  const Time now = services.clock.now();
  for (spool::RecipientRecord& recipient : part.recipients) {
    Usable found = method.usable_keys(recipient.address, settings_for(services, tenant, recipient), now);
    std::ranges::move(found.open, std::back_inserter(chosen.open));
    const auto& usable = found.keys;
    if (!usable) {
      chosen.sealed.unready.push_back({std::move(recipient), usable.error()});
      continue;
    }
    const auto same =
        recipient.rendition ? std::ranges::find(*usable, recipient.sealed_to, &UsableKey::fingerprint) : usable->end();
    chosen.made = chosen.made && same != usable->end();
    chosen.keys.push_back(same != usable->end() ? *same : usable->front());
    const UsableKey& key = chosen.keys.back();
    std::vector<mail::Evidence>& evidence = chosen.sealed.evidence[recipient.index];
    if (key.found) evidence.emplace_back(*key.found);
    if (!key.revocation.empty())
      evidence.emplace_back(mail::ConfiguredEvidence{"revocation of the key " + key.fingerprint, key.revocation, now});
    chosen.sealed.ready.recipients.push_back(std::move(recipient));
  }
  return chosen;
}

Result<std::string> read_message(spool::Spool& spool, const spool::MessageRecord& message) {
  const auto reader = spool.open_body(message);
  if (!reader) return for_now(reader.error());
  std::string whole;
  whole.reserve(message.size);
  for (;;) {
    const Result<std::string> piece = (*reader)->next();
    if (!piece) return for_now(piece.error());
    if (piece->empty()) return whole;
    whole += *piece;
  }
}

/// Last, over what leaves.
Result<std::string> with_signatures(const Services& services, const spool::MessageRecord& message, std::string made) {
  auto signed_one = sign_changed(std::move(made), message.envelope, services.dkim.get()->for_mail(message.envelope),
                                 message.accepted);
  return signed_one ? signed_one : for_now(signed_one.error());
}

bool is_encrypted(mail::Protected kind) {
  return kind == mail::Protected::smime_encrypted || kind == mail::Protected::pgp_encrypted;
}

/// What all renditions of the message have in common.
Result<ReadyEntity> make_ready(const Services& services, SealMethod& method, const spool::MessageRecord& message,
                               const SealSettings& settings) {
  auto whole = read_message(services.spool, message);
  if (!whole) return fail(whole.error());
  const mail::ProtectedMail already = mail::recognise_protection(*whole);
  if (!already.calendar_method.empty())
    return fail(Errc::denied, "it is an invitation, and mail programs cannot use one that is sealed");
  if (is_encrypted(already.kind)) {
    if (settings.encrypted_counts) return ReadyEntity{{}, std::move(*whole), true};
    return fail(Errc::denied, "its sender has encrypted it already (encrypted_counts)");
  }
  mail::Entity cut = mail::cut_entity(*whole);
  if (settings.hide_subject) {
    if (auto covered = mail::protect_header(cut, mail::Cover::cipher, mail::HideSubject::yes))
      cut = std::move(*covered);
  }
  auto entity = method.sign({cut.inner, message.envelope.header_from, {}, settings, services.clock.now()});
  if (!entity) return fail(entity.error());
  return ReadyEntity{std::move(cut.outer), std::move(*entity)};
}

/// A message to one recipient has one rendition: nothing of it is kept.
Result<ReadyEntities::Entity> find_ready(const Services& services, SealMethod& method,
                                         const spool::MessageRecord& message, mail::Method by,
                                         const SealSettings& settings) {
  ReadyEntities* kept = message.envelope.to.size() > 1 ? &services.seal->ready : nullptr;
  const QueueId& id = message.envelope.id;
  if (kept != nullptr) {
    if (auto found = kept->find(id, by, settings, services.clock.now())) return found;
  }
  auto made = make_ready(services, method, message, settings);
  if (!made) return fail(made.error());
  auto ready = std::make_shared<const ReadyEntity>(std::move(*made));
  if (kept != nullptr) kept->keep(id, by, settings, ready, services.clock.now());
  return ready;
}

Result<std::string> make_rendition(const Services& services, SealMethod& method, const spool::MessageRecord& message,
                                   mail::Method by, std::vector<UsableKey> to, const SealSettings& settings) {
  const auto ready = find_ready(services, method, message, by, settings);
  if (!ready) return fail(ready.error());
  if ((*ready)->as_it_came) return with_signatures(services, message, (*ready)->entity);
  const auto sealed =
      method.seal({(*ready)->entity, message.envelope.header_from, std::move(to), settings, services.clock.now()});
  if (!sealed) return sealed;
  return with_signatures(services, message, (*ready)->outer + "MIME-Version: 1.0\r\n" + *sealed);
}

std::vector<mail::Evidence> signers_of(std::string_view section, const Services& services,
                                       const spool::MessageRecord& message) {
  return dkim_evidence(section, message.envelope.header_from.domain(), services.clock.now());
}

/// A rendition that is whole, and not yet on record.
struct Written {
  spool::Made made;                     // null: there is no room for it now
  std::vector<mail::Evidence> signers;  // of it, by DKIM
};

/// One that takes the place of another needs no more room than that gives up, and one alone finds it always.
std::uint64_t room_for(const spool::RecipientRecord& recipient, const spool::MessageRecord& message) {
  return recipient.rendition || message.envelope.to.size() == 1 ? 0 : message.size;
}

std::vector<spool::SealedTo> recipients_of(const Chosen& chosen) {
  std::vector<spool::SealedTo> to;
  for (std::size_t i = 0; i < chosen.keys.size(); ++i)
    to.push_back({chosen.sealed.ready.recipients[i].index, chosen.keys[i].fingerprint});
  return to;
}

/// Room on the disk comes first: `make` is not asked where there is none.
template <class Make>
Result<Written> write_rendition(const Services& services, const spool::MessageRecord& message, const Chosen& chosen,
                                Make make) {
  const std::uint64_t about = room_for(chosen.sealed.ready.recipients.front(), message);
  auto incoming = services.spool.begin_rendition(message.envelope.id, about);
  if (!incoming) return fail(incoming.error());
  if (!*incoming) return Written();
  const Result<std::string> bytes = make();
  if (!bytes) return fail(bytes.error());
  const std::string_view whole = *bytes;
  for (std::size_t at = 0; at < whole.size(); at += spool::chunk_size) {
    const auto appended = (*incoming)->append(whole.substr(at, spool::chunk_size));
    if (!appended) return for_now(appended.error());
  }
  if (auto finished = (*incoming)->finish(); !finished) return for_now(finished.error());
  auto made = services.spool.make_rendition(std::move(*incoming), message, recipients_of(chosen));
  if (!made) return for_now(made.error());
  const std::size_t header = mail::header_length(whole).value_or(whole.size());
  return Written{std::move(*made), signers_of(whole.substr(0, header), services, message)};
}

SealMethod* method_of(const SealMethods* methods, const mail::Route& route) {
  if (methods == nullptr) return nullptr;
  return method_word(route) == mail::Method::smime ? methods->smime.get() : methods->openpgp.get();
}

net::awaitable<ByteBudget::Reservation> memory_for(ByteBudget& memory, std::uint64_t octets) {
  for (;;) {
    if (auto room = memory.reserve_up_to(copies * octets)) co_return room;
    co_await net::sleep_for(between_looks);
  }
}

net::awaitable<std::vector<mail::Evidence>> kept_signers(const Services& services,
                                                         std::shared_ptr<const spool::MessageRecord> message,
                                                         spool::Rendition rendition) {
  return net::offload(services.disk, [&services, message = std::move(message), rendition = std::move(rendition)] {
    return signers_of(read_section(services.spool.open_rendition(*message, rendition)), services, *message);
  });
}

/// What is not known, or too old: asked of the sources, before keys are chosen.
net::awaitable<void> search_keys(const Services& services, const std::string& tenant, const Group& part) {
  const auto asks = [&](const auto& one) { return !settings_for(services, tenant, one).sources.empty(); };
  if (services.seal->search == nullptr || std::ranges::none_of(part.recipients, asks)) co_return;
  auto due = co_await net::offload(services.seal->pool,
                                   [&services, tenant, part] { return due_searches(services, tenant, part); });
  co_await services.seal->search->refresh(std::move(due));
}

Sealed none_of(Sealed sealed, const Error& why) {
  for (spool::RecipientRecord& recipient : sealed.ready.recipients)
    sealed.unready.push_back({std::move(recipient), why});
  sealed.ready.recipients.clear();
  return sealed;
}

struct Order {
  SealMethod& method;
  mail::Method by;
  std::shared_ptr<const spool::MessageRecord> message;
};

/// What one visit to the pool came to. It ends before anything is made where others are to be asked first, or where
/// there is no room in memory yet; the next one chooses anew.
struct Visit {
  Chosen chosen;
  ByteBudget::Reservation room;
  std::optional<Result<Written>> written;
};

[[nodiscard]] bool is_to_be_made(const Chosen& chosen) {
  return !chosen.sealed.ready.recipients.empty() && !chosen.made;
}

/// The recipients as they are once the rendition is on record.
void give(Sealed& sealed, const std::vector<UsableKey>& keys, Written written) {
  for (std::size_t i = 0; i < keys.size(); ++i) {
    sealed.ready.recipients[i].rendition = written.made->rendition();
    sealed.ready.recipients[i].sealed_to = keys[i].fingerprint;
  }
  sealed.made = std::move(written.made);
  sealed.signers = std::move(written.signers);
}

/// Chooses keys, and seals with them at once: no other word about them can come in between.
Visit visit(const Services& services, const Order& order, Group part, ByteBudget::Reservation room, bool may_ask) {
  const spool::MessageRecord& message = *order.message;
  const std::string& tenant = message.envelope.origin.tenant;
  Visit now{choose_keys(services, order.method, tenant, std::move(part)), std::move(room), {}};
  if (!is_to_be_made(now.chosen) || (may_ask && !now.chosen.open.empty())) return now;
  if (message.size > largest_message) now.written = fail(Errc::denied, "the message is too large to be sealed");
  if (now.written || !now.room) return now;
  const spool::RecipientRecord& first = now.chosen.sealed.ready.recipients.front();
  SealSettings settings = settings_for(services, tenant, first);
  if (!policy::may_be_signed(message.envelope.origin)) settings.sign.reset();
  now.written = write_rendition(services, message, now.chosen, [&] {
    return make_rendition(services, order.method, message, order.by, now.chosen.keys, settings);
  });
  return now;
}

net::awaitable<Visit> visit_pool(const Services& services, Order order, Group part, ByteBudget::Reservation room,
                                 bool may_ask) {
  return net::offload(services.seal->pool, [&services, order = std::move(order), part = std::move(part),
                                            room = std::move(room), may_ask]() mutable {
    return visit(services, order, std::move(part), std::move(room), may_ask);
  });
}

net::awaitable<Visit> choose_and_seal(const Services& services, Order order, Group part) {
  const std::uint64_t size = std::min(order.message->size, largest_message);
  const auto has_one = [](const spool::RecipientRecord& recipient) { return recipient.rendition.has_value(); };
  ByteBudget::Reservation room;
  if (!std::ranges::all_of(part.recipients, has_one)) room = co_await memory_for(services.seal->memory, size);
  for (bool may_ask = services.seal->revocation != nullptr;;) {
    Visit now = co_await visit_pool(services, order, part, std::move(room), may_ask);
    if (may_ask && !now.chosen.open.empty()) {
      now.room = {};  // who waits for others needs none
      co_await services.seal->revocation->refresh(std::move(now.chosen.open));
      may_ask = false;
    } else if (now.written || !is_to_be_made(now.chosen)) {
      co_return now;
    }
    room = co_await memory_for(services.seal->memory, size);
  }
}

}  // namespace

bool may_pass(const Error& why) {
  return why.code == Errc::unavailable || why.code == Errc::timed_out || why.code == Errc::io ||
         why.code == Errc::limit;
}

net::awaitable<std::vector<Group>> parts_to_seal(Services& services, const spool::MessageRecord& message, Group group) {
  if (group.recipients.size() == 1) co_return std::vector{std::move(group)};
  const mail::ShownRecipients shown(co_await net::offload(
      services.disk, [&spool = services.spool, message] { return read_section(spool.open_body(message)); }));
  std::vector<Group> parts;
  std::map<std::uint64_t, std::size_t> by_rendition;
  std::vector<std::pair<SealSettings, std::size_t>> in_sight;  // a part for each kind of settings
  for (spool::RecipientRecord& recipient : group.recipients) {
    std::size_t at = parts.size();
    if (recipient.rendition) {
      at = by_rendition.emplace(recipient.rendition->number, at).first->second;
    } else if (shown.contains(recipient.address)) {
      const SealSettings settings = settings_for(services, message.envelope.origin.tenant, recipient);
      const auto alike = std::ranges::find(in_sight, settings, &std::pair<SealSettings, std::size_t>::first);
      if (alike != in_sight.end()) at = alike->second;
      if (at == parts.size()) in_sight.emplace_back(settings, at);
    }
    if (at == parts.size()) parts.emplace_back();
    parts[at].recipients.push_back(std::move(recipient));
  }
  co_return parts;
}

net::awaitable<Sealed> seal(Services& services, std::shared_ptr<const spool::MessageRecord> message,
                            const mail::Route& route, Group part) {
  SealMethod* method = method_of(services.seal, route);
  if (method == nullptr) co_return none_of({std::move(part), {}}, {Errc::denied, "this gateway does not seal so"});
  co_await search_keys(services, message->envelope.origin.tenant, part);
  Visit now = co_await choose_and_seal(services, {*method, method_word(route), message}, std::move(part));
  now.room = {};
  Sealed& sealed = now.chosen.sealed;
  if (!now.written) {
    if (!sealed.ready.recipients.empty())
      sealed.signers = co_await kept_signers(services, message, *sealed.ready.recipients.front().rendition);
    co_return std::move(sealed);
  }
  Result<Written>& written = *now.written;
  if (!written) co_return none_of(std::move(sealed), written.error());
  if (!written->made) {
    sealed.waiting = std::exchange(sealed.ready.recipients, {});
  } else {
    give(sealed, now.chosen.keys, std::move(*written));
  }
  co_return std::move(sealed);
}

}  // namespace postern::gateway
