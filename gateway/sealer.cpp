#include "gateway/sealer.hpp"

#include <algorithm>
#include <map>

#include "gateway/signing.hpp"
#include "mail/entity.hpp"
#include "mail/header_protection.hpp"
#include "mail/headers.hpp"
#include "mail/protected_mail.hpp"
#include "mail/shown.hpp"

namespace postern::gateway {
namespace {

/// Beyond it the next rung's turn comes: sealing holds a message in memory several times.
constexpr std::uint64_t largest_message = 50ULL << 20;
/// The message, its entity, what was signed, what was encrypted, its text form.
constexpr std::uint64_t copies = 5;
constexpr std::chrono::milliseconds between_looks{100};

SealSettings settings_for(const Services& services, const std::string& tenant,
                          const spool::RecipientRecord& recipient) {
  const bool smime = std::holds_alternative<mail::Smime>(recipient.ladder[recipient.rung]);
  return services.config.seal_settings_for(tenant, recipient.address,
                                           smime ? mail::Method::smime : mail::Method::openpgp);
}

// Blocking: what runs in the pool. It gets values of its own.

std::string read_section(spool::Spool& spool, const spool::MessageRecord& message) {
  const auto reader = spool.open_body(message);
  const Result<std::string> piece = reader ? (*reader)->next() : fail(reader.error());
  return piece ? piece->substr(0, mail::header_length(*piece).value_or(0)) : std::string();
}

/// Which key for whom, and whether what they have can be sent as it is.
struct Chosen {
  Sealed sealed;
  std::vector<UsableKey> keys;  // one for each that is ready
  bool made = true;             // their rendition is to keys that may still be used
};

std::vector<RevocationQuestion> open_questions(const Services& services, SealMethod& method, const Group& part) {
  std::vector<RevocationQuestion> open;
  for (const spool::RecipientRecord& recipient : part.recipients) {
    for (RevocationQuestion& one : method.questions(recipient.address, services.clock.now()))
      open.push_back(std::move(one));
  }
  return open;
}

Chosen choose_keys(const Services& services, SealMethod& method, const std::string& tenant, Group part) {
  Chosen chosen;
  const Time now = services.clock.now();
  for (spool::RecipientRecord& recipient : part.recipients) {
    const auto usable = method.usable_keys(recipient.address, settings_for(services, tenant, recipient), now);
    if (!usable) {
      chosen.sealed.unready.push_back({std::move(recipient), usable.error()});
      continue;
    }
    const auto same =
        recipient.rendition ? std::ranges::find(*usable, recipient.sealed_to, &UsableKey::fingerprint) : usable->end();
    chosen.made = chosen.made && same != usable->end();
    chosen.keys.push_back(same != usable->end() ? *same : usable->front());
    if (const UsableKey& key = chosen.keys.back(); !key.revocation.empty())
      chosen.sealed.evidence[recipient.index] =
          mail::ConfiguredEvidence{"revocation of the key " + key.fingerprint, key.revocation, now};
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

Result<std::string> make_rendition(const Services& services, SealMethod& method, const spool::MessageRecord& message,
                                   std::vector<UsableKey> to, const SealSettings& settings) {
  auto whole = read_message(services.spool, message);
  if (!whole) return whole;
  const mail::ProtectedMail already = mail::recognise_protection(*whole);
  if (!already.calendar_method.empty())
    return fail(Errc::denied, "it is an invitation, and mail programs cannot use one that is sealed");
  if (is_encrypted(already.kind)) {
    if (settings.encrypted_counts) return with_signatures(services, message, std::move(*whole));
    return fail(Errc::denied, "its sender has encrypted it already (encrypted_counts)");
  }
  mail::Entity cut = mail::cut_entity(*whole);
  if (settings.hide_subject) {
    if (auto covered = mail::protect_header(cut, mail::Cover::cipher, mail::HideSubject::yes))
      cut = std::move(*covered);
  }
  const auto sealed =
      method.seal({cut.inner, message.envelope.header_from, std::move(to), settings, services.clock.now()});
  if (!sealed) return sealed;
  return with_signatures(services, message, cut.outer + "MIME-Version: 1.0\r\n" + *sealed);
}

Result<std::unique_ptr<spool::Incoming>> write_rendition(spool::Spool& spool, const QueueId& id,
                                                         const Result<std::string>& bytes) {
  if (!bytes) return fail(bytes.error());
  auto incoming = spool.begin_rendition(id);
  if (!incoming) return incoming;
  if (auto appended = (*incoming)->append(*bytes); !appended) return for_now(appended.error());
  if (auto finished = (*incoming)->finish(); !finished) return for_now(finished.error());
  return incoming;
}

SealMethod* method_of(const SealMethods* methods, const mail::Route& route) {
  if (methods == nullptr) return nullptr;
  return std::holds_alternative<mail::Smime>(route) ? methods->smime.get() : methods->openpgp.get();
}

net::awaitable<ByteBudget::Reservation> room_for(ByteBudget& memory, std::uint64_t octets) {
  for (;;) {
    if (auto room = memory.reserve_up_to(copies * octets)) co_return room;
    co_await net::sleep_for(between_looks);
  }
}

/// Puts the rendition on record and gives the recipients as they are from then on.
net::awaitable<Result<Group>> keep(Services& services, std::unique_ptr<spool::Incoming> incoming, Group group,
                                   std::vector<spool::SealedTo> to) {
  for (std::size_t i = 0; i < to.size(); ++i)
    group.recipients[i].sealed_to = to[i].key;
  const auto kept = co_await net::await_callback<Result<spool::Rendition>>(
      [&spool = services.spool, incoming = std::move(incoming), to = std::move(to)](auto done) mutable {
        spool.keep_rendition(std::move(incoming), std::move(to), std::move(done));
      });
  if (!kept) co_return for_now(kept.error());
  for (spool::RecipientRecord& recipient : group.recipients)
    recipient.rendition = *kept;
  co_return group;
}

Sealed none_of(Sealed sealed, const Error& why) {
  for (spool::RecipientRecord& recipient : sealed.ready.recipients)
    sealed.unready.push_back({std::move(recipient), why});
  sealed.ready.recipients.clear();
  return sealed;
}

}  // namespace

bool may_pass(const Error& why) {
  return why.code == Errc::unavailable || why.code == Errc::timed_out || why.code == Errc::io ||
         why.code == Errc::limit;
}

net::awaitable<std::vector<Group>> parts_to_seal(Services& services, const spool::MessageRecord& message, Group group) {
  const std::string section =
      co_await net::offload(services.disk, [&spool = services.spool, message] { return read_section(spool, message); });
  std::vector<Group> parts;
  std::map<std::uint64_t, std::size_t> by_rendition;
  std::vector<std::pair<SealSettings, std::size_t>> in_sight;  // a part for each kind of settings
  for (spool::RecipientRecord& recipient : group.recipients) {
    std::size_t at = parts.size();
    if (recipient.rendition) {
      at = by_rendition.emplace(recipient.rendition->number, at).first->second;
    } else if (mail::shows_recipient(section, recipient.address)) {
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

net::awaitable<Sealed> seal(Services& services, const spool::MessageRecord& message, const mail::Route& route,
                            Group part) {
  SealMethod* method = method_of(services.seal, route);
  if (method == nullptr) co_return none_of({std::move(part), {}}, {Errc::denied, "this gateway does not seal so"});
  net::Pool& pool = services.seal->pool;
  if (services.seal->revocation != nullptr) {
    const auto open =
        co_await net::offload(pool, [&services, method, part] { return open_questions(services, *method, part); });
    co_await services.seal->revocation->refresh(open);
  }
  const std::string& tenant = message.envelope.origin.tenant;
  Chosen chosen = co_await net::offload(pool, [&services, method, tenant, part = std::move(part)]() mutable {
    return choose_keys(services, *method, tenant, std::move(part));
  });
  const std::vector<spool::RecipientRecord>& ready = chosen.sealed.ready.recipients;
  if (ready.empty() || chosen.made) co_return std::move(chosen.sealed);
  if (message.size > largest_message)
    co_return none_of(std::move(chosen.sealed), {Errc::denied, "the message is too large to be sealed"});

  std::vector<spool::SealedTo> to;
  for (std::size_t i = 0; i < ready.size(); ++i)
    to.push_back({ready[i].index, chosen.keys[i].fingerprint});
  ByteBudget::Reservation room = co_await room_for(services.seal->memory, message.size);
  auto made = co_await net::offload(
      pool, [&services, method, message, keys = std::move(chosen.keys),
             settings = settings_for(services, tenant, ready.front()), room = std::move(room)]() mutable {
        return write_rendition(services.spool, message.envelope.id,
                               make_rendition(services, *method, message, std::move(keys), settings));
      });
  if (!made) co_return none_of(std::move(chosen.sealed), made.error());
  auto kept = co_await keep(services, std::move(*made), chosen.sealed.ready, std::move(to));
  if (!kept) co_return none_of(std::move(chosen.sealed), kept.error());
  chosen.sealed.ready = std::move(*kept);
  co_return std::move(chosen.sealed);
}

}  // namespace postern::gateway
