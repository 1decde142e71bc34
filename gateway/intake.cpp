#include "gateway/intake.hpp"

#include <algorithm>
#include <set>

#include "base/log.hpp"
#include "crypto/loop_trace.hpp"
#include "gateway/conversations.hpp"
#include "gateway/events.hpp"
#include "gateway/pickup_end.hpp"
#include "gateway/pipeline.hpp"
#include "gateway/replies.hpp"
#include "gateway/return_path.hpp"
#include "gateway/sender_commands.hpp"
#include "gateway/signing.hpp"
#include "mail/headers.hpp"
#include "mail/identity.hpp"
#include "mail/readdress.hpp"
#include "mail/strip_attached.hpp"
#include "mail/tls_required.hpp"
#include "mail/trace.hpp"
#include "policy/tenant.hpp"

namespace postern::gateway {
namespace {

/// One message on its way in.
struct Transaction {
  mail::Envelope envelope;
  std::shared_ptr<const std::vector<policy::Tenant>> tenants;  // from MAIL to the end the same
  mail::Candidates candidates;
  ByteBudget::Reservation memory;
  bool proven = false;
  std::optional<mail::Reply> refusal;                // decided; the rest of the body is dropped
  mail::Refused refused;                             // the condition, for the log
  std::unique_ptr<mail::BodyStripper> stripper;      // of mail that may hold header fields of other mail
  const mail::AttachedStripper* attached = nullptr;  // that, where it is one
  std::string buffer;  // read and not yet handed to the spool; headers stay here until proven
  std::unique_ptr<spool::Incoming> incoming;
  std::optional<ArrivingBody> to_sign;            // nothing: no key signs it
  std::vector<mail::Readdressing> conversations;  // whom it reaches by addresses of ours
  std::set<std::string> conversation_tenants;     // whose they are
  std::optional<SenderCommand> command;           // it is one
};

class Intake final : public smtp::Receiver {
 public:
  explicit Intake(Services& services) : services_(services) {}

  net::awaitable<mail::Reply> start(const mail::Peer& peer) override {
    peer_ = peer;
    transaction_.reset();
    co_return replies::ok();
  }

  net::awaitable<mail::Reply> mail(const mail::ReversePath& from, const mail::MailParameters& parameters) override {
    const auto tenants = services_.tenants.get();
    const mail::Origin origin = policy::candidates(peer_, *tenants);
    const auto* candidates = std::get_if<mail::Candidates>(&origin);
    if (candidates == nullptr) co_return co_await reject(from, refusal_of(origin, "network"));
    if (from && !owned_by_a_candidate(*tenants, *candidates, from->domain()))
      co_return co_await reject(from, {"mail-from"});

    transaction_.emplace();
    transaction_->tenants = tenants;
    transaction_->candidates = *candidates;
    transaction_->envelope.from = from;
    transaction_->envelope.parameters = parameters;
    transaction_->envelope.peer = peer_;
    co_return replies::ok();
  }

  net::awaitable<mail::Reply> rcpt(const mail::Address& to, const mail::RecipientParameters& parameters) override {
    if (transaction_->command) co_return replies::command_alone();
    if (is_conversation_domain(services_.config, to.domain())) co_return co_await rcpt_by_conversation(to, parameters);
    transaction_->envelope.to.push_back(to);
    transaction_->envelope.asked.push_back(parameters);
    co_return replies::ok_recipient();
  }

  net::awaitable<mail::Reply> body_begins() override {
    transaction_->memory = services_.in_flight.reserve(2 * spool::chunk_size);
    if (!transaction_->memory) {
      say_no_room("spool.in_flight is used up by the messages that are on their way in");
      co_return replies::no_room();
    }
    transaction_->envelope.id = QueueId::make(services_.clock.now(), services_.random);
    co_return replies::go_ahead();
  }

  net::awaitable<void> body(std::string_view bytes) override {
    Transaction& t = *transaction_;
    if (t.refusal) co_return;
    if (t.proven) {
      keep_body(bytes);
    } else {
      const std::size_t seen = t.buffer.size();
      t.buffer.append(bytes);
      const std::optional<std::size_t> length = mail::header_length(t.buffer, seen);
      if (!length) co_return;
      prove(*length);
    }
    // A message of one chunk stays in memory until its end.
    if (!t.refusal && t.buffer.size() > spool::chunk_size) co_await hand_over();
  }

  net::awaitable<mail::Reply> body_ends(const smtp::BodyNotes& notes) override {
    Transaction& t = *transaction_;
    if (!t.refusal && !t.proven) prove(t.buffer.size());  // no blank line: all of it is header
    if (t.stripper) t.buffer += t.stripper->end();
    if (t.attached != nullptr && t.attached->left_signed()) say_left_signed();
    if (t.refusal) {
      const mail::Reply reply = *t.refusal;
      if (!t.refused.condition.empty()) co_await log_rejection(t.envelope.from, t.refused, reply);
      transaction_.reset();
      co_return reply;
    }
    if (t.command) {
      SenderCommand wanted = std::move(*t.command);
      transaction_.reset();
      co_return co_await obey(services_, std::move(wanted));
    }
    const bool in_one_piece = t.incoming == nullptr;
    Arrival arrival;
    if (in_one_piece) arrival.whole = std::make_shared<const inspect::Message>(t.buffer);
    co_await hand_over(true);
    if (t.refusal) {
      const mail::Reply reply = *t.refusal;
      transaction_.reset();
      co_return reply;
    }
    const auto asked_nothing = [](const auto& asked) { return asked == mail::RecipientParameters{}; };
    if (std::ranges::all_of(t.envelope.asked, asked_nothing)) t.envelope.asked.clear();
    arrival.envelope = std::move(t.envelope);
    arrival.incoming = std::move(t.incoming);
    if (t.to_sign) arrival.dkim_body_hash = t.to_sign->hash();
    arrival.bare_lf_mended = notes.bare_lf_mended;
    const ByteBudget::Reservation memory = std::move(t.memory);  // until it is answered
    transaction_.reset();
    co_return co_await take_in(services_, std::move(arrival));
  }

  void abandon() noexcept override { transaction_.reset(); }

 private:
  /// The tenant's person answers somebody who has answered in the portal.
  net::awaitable<mail::Reply> rcpt_by_conversation(mail::Address to, mail::RecipientParameters parameters) {
    const auto conversation = conversation_of(services_, to);
    if (!conversation || is_for_returns(conversation->use)) co_return replies::no_such_conversation();
    const auto pickup = co_await net::offload(
        services_.disk, [&spool = services_.spool, lookup = conversation->lookup] { return spool.pickup(lookup); });
    if (!pickup && pickup.error().code == Errc::not_found) co_return replies::conversation_over();
    if (!pickup) co_return replies::busy();
    Transaction& t = *transaction_;
    t.conversation_tenants.insert(pickup->envelope.origin.tenant);
    if (is_command(conversation->use)) {
      if (!t.envelope.to.empty()) co_return replies::command_alone();
      t.command = {conversation->use, *pickup};
      t.envelope.to.push_back(std::move(to));
      t.envelope.asked.push_back(std::move(parameters));
      co_return replies::ok_recipient();
    }
    const mail::Address& person = pickup->envelope.to.front();
    parameters.orcpt = original_recipient(to);
    t.envelope.to.push_back(person);
    t.envelope.asked.push_back(std::move(parameters));
    t.conversations.push_back({std::move(to), person});
    co_return replies::ok_recipient();
  }

  [[nodiscard]] static bool owned_by_a_candidate(const std::vector<policy::Tenant>& tenants,
                                                 const mail::Candidates& candidates, const mail::Domain& domain) {
    return std::ranges::any_of(tenants, [&](const policy::Tenant& tenant) {
      return std::ranges::find(candidates.tenants, tenant.name) != candidates.tenants.end() &&
             policy::owns(tenant, domain);
    });
  }

  [[nodiscard]] static mail::Refused refusal_of(const mail::Origin& origin, const char* otherwise) {
    const auto* refused = std::get_if<mail::Refused>(&origin);
    return refused != nullptr ? *refused : mail::Refused{otherwise};
  }

  /// At the blank line: Candidates become Proven, or the message is refused before a byte of it is stored.
  void prove(std::size_t section_length) {
    Transaction& t = *transaction_;
    const std::string_view section = std::string_view(t.buffer).substr(0, section_length);
    const mail::HeaderView headers(section);
    const mail::Origin origin = policy::prove(t.candidates, {peer_, t.envelope.from, headers}, *t.tenants);
    const auto* proven = std::get_if<mail::Proven>(&origin);
    if (proven == nullptr) return refuse(refusal_of(origin, "from"), replies::not_ours());
    for (const std::string& tenant : t.conversation_tenants)
      if (tenant != proven->tenant) return refuse({"conversation", proven->tenant}, replies::not_ours());
    if (t.command && !may_command(t.command->pickup, t.envelope.from, headers))
      return refuse({"sender-command", proven->tenant}, replies::not_ours());
    if (mail::count_hops(headers) > mail::max_hops) return refuse({"loop", proven->tenant}, replies::mail_loop());
    t.envelope.origin = *proven;
    t.envelope.header_from = mail::parse_from(headers).value_or(mail::Address{});  // proven: it is there
    t.envelope.message_id = mail::message_id(headers);
    t.envelope.utf8_headers = !is_ascii(section);
    // RFC 8689 §4.1: REQUIRETLS wins.
    t.envelope.tls_optional = !t.envelope.parameters.requiretls && mail::says_tls_not_required(headers);
    t.envelope.origin.hops = hops_before(headers, t.envelope, services_.returns->trace_key());
    t.proven = true;
    cut_private_fields(section_length);
  }

  /// What proves a tenant to us, or us to its Exchange, is nobody else's to read: it is cut before anything is kept, so
  /// that it is in no spool, no inspection, no notice and nothing that leaves.
  void cut_private_fields(std::size_t section_length) {
    Transaction& t = *transaction_;
    std::vector<std::string> names = policy::private_fields(*t.tenants);
    names.emplace_back(crypto::loop_trace_name);
    const std::string kept = mail::readdressed(
        mail::without_fields(std::string_view(t.buffer).substr(0, section_length), names), t.conversations);
    t.envelope.utf8_headers |= !is_ascii(kept);
    if (!services_.dkim.get()->for_mail(t.envelope).empty()) t.to_sign.emplace(kept.size());
    choose_stripper(std::move(names), kept);
    const std::string body = t.buffer.substr(section_length);
    t.buffer = kept;
    keep_body(body);
  }

  /// Reports return header fields in any shape; other mail may have a report attached, which its user forwards.
  void choose_stripper(std::vector<std::string> names, std::string_view section) {
    Transaction& t = *transaction_;
    if (t.envelope.origin.mail_class == mail::MailClass::null_sender) {
      t.stripper = std::make_unique<mail::ReportStripper>(std::move(names));
      return;
    }
    auto attached = std::make_unique<mail::AttachedStripper>(std::move(names), section);
    if (!attached->looks()) return;
    t.attached = attached.get();
    t.stripper = std::move(attached);
  }

  void keep_body(std::string_view bytes) {
    Transaction& t = *transaction_;
    if (t.stripper) {
      t.buffer += t.stripper->pass(bytes);
    } else {
      t.buffer.append(bytes);
    }
  }

  void refuse(mail::Refused refused, mail::Reply reply) {
    transaction_->refusal = std::move(reply);
    transaction_->refused = std::move(refused);
    transaction_->buffer = {};
  }

  /// What was read goes to the spool, sealed; a spool that cannot take it decides the answer.
  net::awaitable<void> hand_over(bool last = false) {
    Transaction& t = *transaction_;
    std::string bytes = std::exchange(t.buffer, {});
    spool::Spool& spool = services_.spool;
    struct Handed {
      std::unique_ptr<spool::Incoming> incoming;
      std::optional<ArrivingBody> to_sign;
      std::optional<Error> error;
    };
    auto work = [&spool, id = t.envelope.id, last, bytes = std::move(bytes), incoming = std::move(t.incoming),
                 to_sign = std::move(t.to_sign)]() mutable -> Handed {
      if (!incoming) {
        auto begun = spool.begin(id);
        if (!begun) return {nullptr, {}, begun.error()};
        incoming = std::move(*begun);
      }
      if (to_sign) to_sign->update(bytes);
      Result<void> done = incoming->append(bytes);
      if (done && last) done = incoming->finish();
      if (!done) return {nullptr, {}, done.error()};
      return {std::move(incoming), std::move(to_sign), {}};
    };
    Handed handed;
    try {
      handed = co_await net::offload(services_.disk, std::move(work));
    } catch (const net::Overloaded&) {
      t.refusal = replies::busy();
      co_return;
    }
    t.incoming = std::move(handed.incoming);
    t.to_sign = std::move(handed.to_sign);
    if (!handed.error) co_return;
    t.refusal = replies::from_spool(*handed.error);
    if (handed.error->code == Errc::limit) say_no_room(handed.error->text);
  }

  void say_left_signed() {
    const mail::Envelope& envelope = transaction_->envelope;
    log::warning("{}: a field that is for Exchange and this gateway alone stays in what its sender signed, tenant {}",
                 envelope.id.str(), envelope.origin.tenant);
  }

  /// Senders try again, so nobody else would notice.
  void say_no_room(const std::string& why) {
    if (services_.no_room_said.allow(services_.clock.now())) log::warning("mail is put off with 452: {}", why);
  }

  net::awaitable<mail::Reply> reject(const mail::ReversePath& from, mail::Refused refused) {
    const mail::Reply reply = replies::not_ours();
    co_await log_rejection(from, refused, reply);
    co_return reply;
  }

  net::awaitable<void> log_rejection(const mail::ReversePath& from, const mail::Refused& refused,
                                     const mail::Reply& reply) {
    co_await record_events(services_, {audit::encode_event(event_rejected(services_.clock.now(), peer_, refused.tenant,
                                                                          from, refused.condition, reply))});
  }

  Services& services_;
  mail::Peer peer_;
  std::optional<Transaction> transaction_;
};

}  // namespace

std::unique_ptr<smtp::Receiver> make_intake(Services& services) {
  return std::make_unique<Intake>(services);
}

}  // namespace postern::gateway
