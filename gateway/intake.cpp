#include "gateway/intake.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "gateway/events.hpp"
#include "gateway/pipeline.hpp"
#include "gateway/replies.hpp"
#include "mail/headers.hpp"
#include "mail/identity.hpp"
#include "mail/trace.hpp"
#include "policy/tenant.hpp"

namespace postern::gateway {
namespace {

/// One message on its way in.
struct Transaction {
  mail::Envelope envelope;
  mail::Candidates candidates;
  ByteBudget::Reservation memory;
  bool proven = false;
  std::optional<mail::Reply> refusal;  // decided; the rest of the body is dropped
  std::string refused_for;             // the condition, for the log
  std::string buffer;                  // read and not yet handed to the spool; headers stay here until proven
  std::unique_ptr<spool::Incoming> incoming;
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
    const mail::Origin origin = policy::candidates(peer_, services_.tenants);
    const auto* candidates = std::get_if<mail::Candidates>(&origin);
    if (candidates == nullptr) {
      const auto* refused = std::get_if<mail::Refused>(&origin);
      co_return co_await reject(from, refused != nullptr ? refused->condition : "network");
    }
    if (from && !owned_by_a_candidate(*candidates, from->domain())) co_return co_await reject(from, "mail-from");

    transaction_.emplace();
    transaction_->candidates = *candidates;
    transaction_->envelope.from = from;
    transaction_->envelope.parameters = parameters;
    transaction_->envelope.peer = peer_;
    co_return replies::ok();
  }

  net::awaitable<mail::Reply> rcpt(const mail::Address& to, const mail::RecipientParameters& parameters) override {
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
    t.buffer.append(bytes);
    if (!t.proven) {
      const std::optional<std::size_t> length = mail::header_length(t.buffer);
      if (!length) co_return;
      prove(std::string_view(t.buffer).substr(0, *length));
    }
    // A message of one chunk stays in memory until its end.
    if (!t.refusal && t.buffer.size() > spool::chunk_size) co_await hand_over();
  }

  net::awaitable<mail::Reply> body_ends(const smtp::BodyNotes& notes) override {
    Transaction& t = *transaction_;
    if (!t.refusal && !t.proven) prove(t.buffer);  // no blank line: all of it is header
    if (t.refusal) {
      const mail::Reply reply = *t.refusal;
      if (!t.refused_for.empty()) co_await log_rejection(t.envelope.from, t.refused_for, reply);
      transaction_.reset();
      co_return reply;
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
    arrival.bare_lf_mended = notes.bare_lf_mended;
    const ByteBudget::Reservation memory = std::move(t.memory);  // until it is answered
    transaction_.reset();
    co_return co_await take_in(services_, std::move(arrival));
  }

  void abandon() noexcept override { transaction_.reset(); }

 private:
  [[nodiscard]] bool owned_by_a_candidate(const mail::Candidates& candidates, const mail::Domain& domain) const {
    return std::ranges::any_of(services_.tenants, [&](const policy::Tenant& tenant) {
      return std::ranges::find(candidates.tenants, tenant.name) != candidates.tenants.end() &&
             policy::owns(tenant, domain);
    });
  }

  /// At the blank line: Candidates become Proven, or the message is refused before a byte of it is stored.
  void prove(std::string_view section) {
    Transaction& t = *transaction_;
    const mail::HeaderView headers(section);
    const Result<mail::Address> from = mail::parse_from(headers);
    const mail::Origin origin = policy::prove(t.candidates, t.envelope.from, from, services_.tenants);
    const auto* proven = std::get_if<mail::Proven>(&origin);
    if (proven == nullptr) {
      const auto* refused = std::get_if<mail::Refused>(&origin);
      refuse(refused != nullptr ? refused->condition : "from");
      return;
    }
    if (mail::count_hops(headers) > mail::max_hops) {
      t.refusal = replies::mail_loop();
      t.refused_for = "loop";
      return;
    }
    t.envelope.origin = *proven;
    t.envelope.header_from = *from;
    t.envelope.message_id = mail::message_id(headers);
    t.envelope.utf8_headers = !is_ascii(section);
    t.proven = true;
  }

  void refuse(const std::string& condition) {
    transaction_->refusal = replies::not_ours(condition);
    transaction_->refused_for = condition;
    transaction_->buffer = {};
  }

  /// What was read goes to the spool, sealed; a spool that cannot take it decides the answer.
  net::awaitable<void> hand_over(bool last = false) {
    Transaction& t = *transaction_;
    std::string bytes = std::exchange(t.buffer, {});
    spool::Spool& spool = services_.spool;
    struct Handed {
      std::unique_ptr<spool::Incoming> incoming;
      std::optional<Error> error;
    };
    auto work = [&spool, id = t.envelope.id, last, bytes = std::move(bytes),
                 incoming = std::move(t.incoming)]() mutable -> Handed {
      if (!incoming) {
        auto begun = spool.begin(id);
        if (!begun) return {nullptr, begun.error()};
        incoming = std::move(*begun);
      }
      Result<void> done = incoming->append(bytes);
      if (done && last) done = incoming->finish();
      if (!done) return {nullptr, done.error()};
      return {std::move(incoming), {}};
    };
    Handed handed;
    try {
      handed = co_await net::offload(services_.disk, std::move(work));
    } catch (const net::Overloaded&) {
      t.refusal = replies::busy();
      co_return;
    }
    t.incoming = std::move(handed.incoming);
    if (!handed.error) co_return;
    t.refusal = replies::from_spool(*handed.error);
    if (handed.error->code == Errc::limit) say_no_room(handed.error->text);
  }

  /// Senders try again, so nobody else would notice.
  void say_no_room(const std::string& why) {
    if (services_.no_room_said.allow(services_.clock.now())) log::warning("mail is put off with 452: {}", why);
  }

  net::awaitable<mail::Reply> reject(const mail::ReversePath& from, std::string condition) {
    const mail::Reply reply = replies::not_ours(condition);
    co_await log_rejection(from, condition, reply);
    co_return reply;
  }

  net::awaitable<void> log_rejection(const mail::ReversePath& from, const std::string& condition,
                                     const mail::Reply& reply) {
    co_await record_events(
        services_, {audit::encode_event(event_rejected(services_.clock.now(), peer_, "", from, condition, reply))});
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
