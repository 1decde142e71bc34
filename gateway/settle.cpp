#include "gateway/settle.hpp"

#include "gateway/events.hpp"
#include "policy/delivery.hpp"

namespace postern::gateway {
namespace {

using spool::RecipientRecord;

policy::RungHistory history_of(const RecipientRecord& r) {
  return {r.rung_attempts, r.incapable_since, r.tls_trouble_since};
}

void set_history(RecipientRecord& r, const policy::RungHistory& history) {
  r.rung_attempts = history.attempts;
  r.incapable_since = history.incapable_since;
  r.tls_trouble_since = history.tls_trouble_since;
}

bool to_portal(const mail::Route& route) {
  return std::holds_alternative<mail::Portal>(route);
}

audit::EventKind kind_of(const mail::Outcome& outcome, const mail::Route& route) {
  struct Kind {
    const mail::Route& route;
    audit::EventKind operator()(const mail::Delivered&) const {
      return to_portal(route) ? audit::EventKind::deposited : audit::EventKind::delivered;
    }
    audit::EventKind operator()(const mail::Deferred&) const { return audit::EventKind::deferred; }
    audit::EventKind operator()(const mail::Failed&) const { return audit::EventKind::bounced; }
    audit::EventKind operator()(const mail::Uncertain&) const { return audit::EventKind::uncertain; }
  };
  return std::visit(Kind{route}, outcome);
}

/// RFC 3463 §3.5, §3.8: what the host said; or that none was found, none answered, or none did TLS as it must.
struct DelayStatus {
  mail::StatusCode operator()(const mail::Deferred& deferred) const {
    if (deferred.reply && deferred.reply->status && deferred.reply->status->klass == 4) return *deferred.reply->status;
    if (deferred.lesson != mail::TlsLesson::none) return {4, 7, 0};
    if (deferred.reply) return {4, 0, 0};
    return deferred.stage == mail::Stage::resolve ? mail::StatusCode{4, 4, 3} : mail::StatusCode{4, 4, 1};
  }
  mail::StatusCode operator()(const mail::Uncertain&) const { return {4, 4, 2}; }
  mail::StatusCode operator()(const mail::Delivered&) const { return {4, 0, 0}; }  // neither is tried again
  mail::StatusCode operator()(const mail::Failed&) const { return {4, 0, 0}; }
};

bool protects(const mail::Route& route) {
  const auto* relay = std::get_if<mail::TlsRelay>(&route);
  return relay != nullptr && relay->floor.level >= mail::TlsLevel::encrypted;
}
/// RFC 8689: it asks of a host what other mail does not.
bool asks_requiretls(const mail::Route& route) {
  const mail::SmtpRung* rung = mail::smtp_rung(route);
  return rung != nullptr && rung->floor.requiretls;
}
/// Where what ended an attempt may end the rung.
bool may_end(const mail::Route& route) {
  return protects(route) || asks_requiretls(route);
}

bool failed_to_seal(const mail::Outcome& outcome) {
  const auto* deferred = std::get_if<mail::Deferred>(&outcome);
  return deferred != nullptr && deferred->stage == mail::Stage::seal;
}

/// What the peer said, for the sender's notice: its name and its codes.
struct AddPeer {
  mail::DsnRecipient& told;
  void operator()(const mail::Delivered& delivered) const {
    told.reply = delivered.reply;
    told.remote_host = delivered.host;
  }
  void operator()(const mail::Deferred& deferred) const {
    told.reply = deferred.reply;
    told.remote_host = deferred.host;
  }
  void operator()(const mail::Failed& failed) const {
    told.reply = failed.reply;
    told.remote_host = failed.host;
  }
  void operator()(const mail::Uncertain&) const {}
};

/// Collects what follows for one recipient.
class Recipient {
 public:
  Recipient(Settlement& settlement, const spool::MessageRecord& message, RecipientRecord record,
            const SettleContext& context)
      : out_(settlement),
        message_(message),
        record_(std::move(record)),
        context_(context),
        schedule_(context.config.schedule_for(message.envelope.origin.tenant, record_.address)) {}

  void after_attempt(const mail::Outcome& outcome) {
    const bool sent_again = record_.may_be_duplicate;
    ++record_.attempts;
    const bool fresh_memory =
        context_.memory.fresh(record_.address.domain(), context_.now);  // from other mail, not this
    remember_domain(outcome);
    const policy::RungHistory history = policy::remember(history_of(record_), outcome, context_.now);
    set_history(record_, history);
    record_.last_reason = reason_of(outcome);
    if (std::holds_alternative<mail::Uncertain>(outcome)) record_.may_be_duplicate = true;

    const bool protected_rung = may_end(record_.ladder[record_.rung]) || failed_to_seal(outcome);
    const mail::NextStep step = policy::next_step(outcome, history, age(), context_.now, schedule_, protected_rung,
                                                  fresh_memory, context_.random);

    if (sent_again && std::holds_alternative<mail::Delivered>(outcome)) log(audit::EventKind::duplicate, outcome);
    log(kind_of(outcome, record_.ladder[record_.rung]), outcome);
    std::visit([&](const auto& s) { take(s, outcome); }, step);
  }

  void put_off(const std::string& trouble, Time not_before) {
    ++record_.attempts;  // they make its waits longer
    ++record_.rung_attempts;
    mail::Deferred deferred;
    deferred.reason = "not tried, the destination cannot be reached: " + trouble;
    record_.last_reason = deferred.reason;
    const mail::Outcome outcome(deferred);
    const mail::NextStep step = policy::next_step(outcome, history_of(record_), age(), context_.now, schedule_,
                                                  may_end(record_.ladder[record_.rung]), false, context_.random);
    log(audit::EventKind::deferred, outcome);
    if (const auto* retry = std::get_if<mail::RetryAt>(&step)) {
      take(mail::RetryAt{std::max(retry->at, not_before)}, outcome);
    } else {
      std::visit([&](const auto& s) { take(s, outcome); }, step);
    }
  }

  void next_rung(const std::string& because) {
    record_.last_reason = because;
    if (record_.rung + 1 < record_.ladder.size()) {
      ++record_.rung;
      set_history(record_, {});
      record_.rendition.reset();
      record_.sealed_to.clear();
      record_.state = spool::Queued{context_.now};
      log(audit::EventKind::rung, because);
      keep();
    } else {
      hold(mail::HoldReason::no_rung);  // below the last rung there is only waiting for a person
    }
  }

  void hold(mail::HoldReason reason) {
    record_.state = spool::Held{reason, {}, context_.now + context_.config.hold_expire, true};
    record_.delay_told = true;
    log(audit::EventKind::held, record_.last_reason);
    // It has not left and will not by itself: who wants to hear of failures hears of that.
    if (asked_.wants_delay() || asked_.wants_failure()) {
      tell_sender(
          mail::DsnAction::delayed, {4, 7, 0},
          "It needs protection, and none could be had for this recipient. It waits at the gateway and was not sent. "
          "Reason: " +
              record_.last_reason);
    }
    keep();
  }

  void bounce(mail::StatusCode status, const std::string& reason, audit::EventKind kind) {
    log(kind, reason, status);
    if (asked_.wants_failure()) tell_sender(mail::DsnAction::failed, status, reason);
    drop();
  }

 private:
  void take(const mail::Done&, const mail::Outcome& outcome) {
    const auto* delivered = std::get_if<mail::Delivered>(&outcome);
    // RFC 3461 §5.2.2: a host that does not do DSN will tell nothing, so we tell what we know.
    if (delivered != nullptr && asked_.wants_success() && !delivered->told_of_dsn) {
      tell_sender(mail::DsnAction::relayed, {2, 0, 0},
                  to_portal(record_.ladder[record_.rung]) ? "It waits in the portal, and the recipient is told so"
                                                          : "It was handed to the recipient's mail server",
                  &outcome);
    }
    drop();
  }
  void take(const mail::RetryAt& retry, const mail::Outcome& outcome) {
    record_.state = spool::Queued{retry.at};
    if (policy::tell_of_delay(age(), record_.delay_told, schedule_)) {
      record_.delay_told = true;
      if (asked_.wants_delay()) tell_of_delay(outcome);  // RFC 3461 §4.1: DELAY, or no NOTIFY at all
    }
    keep();
  }
  void take(const mail::NextRung& next, const mail::Outcome&) { next_rung(next.because); }
  void take(const mail::Bounce& given_up, const mail::Outcome& outcome) {
    if (!std::holds_alternative<mail::Failed>(outcome))
      log(audit::EventKind::expired, given_up.because, given_up.status);
    if (asked_.wants_failure()) tell_sender(mail::DsnAction::failed, given_up.status, given_up.because, &outcome);
    drop();
  }

  [[nodiscard]] Duration age() const { return context_.now - message_.accepted; }

  void tell_of_delay(const mail::Outcome& outcome) {
    const Time until = message_.accepted + schedule_.expire;
    const std::string so_far = record_.may_be_duplicate
                                   ? "It is not known whether it was delivered: a server gave no answer at its end."
                                   : "It has not been delivered yet.";
    tell_sender(mail::DsnAction::delayed, std::visit(DelayStatus{}, outcome),
                so_far + " It will be tried again until " + format_rfc5322(until) +
                    ". The last trouble was: " + reason_of(outcome),
                &outcome, until);
  }

  void remember_domain(const mail::Outcome& outcome) {
    const mail::Domain& domain = record_.address.domain();
    if (asks_requiretls(record_.ladder[record_.rung])) return;
    if (const auto* deferred = std::get_if<mail::Deferred>(&outcome)) {
      // Only what proves a rung's end twice over in time is remembered for others: see proof_gap.
      const bool proven = deferred->lesson == mail::TlsLesson::incapable && record_.incapable_since &&
                          context_.now - *record_.incapable_since >= schedule_.proof_gap;
      if (proven) context_.memory.incapable(domain, context_.now);
    } else if (std::holds_alternative<mail::Delivered>(outcome) && protects(record_.ladder[record_.rung])) {
      context_.memory.capable(domain);
    }
  }

  void log(audit::EventKind kind, const mail::Outcome& outcome) {
    audit::Event event = event_about(kind, context_.now, message_, record_);
    add_outcome(event, outcome);
    out_.events.push_back(audit::encode_event(event));
  }
  void log(audit::EventKind kind, const std::string& reason, std::optional<mail::StatusCode> status = {}) {
    audit::Event event = event_about(kind, context_.now, message_, record_);
    event.reason = reason;
    if (status) event.status = status->str();
    out_.events.push_back(audit::encode_event(event));
  }

  void tell_sender(mail::DsnAction action, mail::StatusCode status, const std::string& reason,
                   const mail::Outcome* outcome = nullptr, std::optional<Time> retry_until = {}) {
    mail::DsnRecipient told{record_.address, action, status, reason, {}, {}, asked_.orcpt, retry_until};
    if (outcome != nullptr) std::visit(AddPeer{told}, *outcome);
    out_.notice.push_back(std::move(told));
  }

  void keep() { out_.changes.push_back({record_.index, record_}); }
  void drop() { out_.changes.push_back({record_.index, std::nullopt}); }

  Settlement& out_;
  const spool::MessageRecord& message_;
  RecipientRecord record_;
  const SettleContext& context_;
  const policy::Schedule schedule_;
  const mail::RecipientParameters asked_ = message_.envelope.asked_for(record_.index);
};

std::string refusal_reason(const mail::Verdict& verdict) {
  for (const mail::Why& why : verdict.why) {
    if (!why.monitor && why.exemption.empty() && why.action == mail::Action::refuse) return why.reason;
  }
  return "Refused by policy";
}

/// RFC 8689 §4.2.1: the last rung of mail that no host may have.
constexpr mail::StatusCode requiretls_status{5, 7, 30};
std::string requiretls_reason(const RecipientRecord& record) {
  const std::string why = record.last_reason.empty() ? "" : " Reason: " + record.last_reason;
  return "REQUIRETLS support required: the sender asked for it, and no way to this recipient has it. It was not sent." +
         why;
}

}  // namespace

std::string reason_of(const mail::Outcome& outcome) {
  if (const auto* deferred = std::get_if<mail::Deferred>(&outcome)) return deferred->reason;
  if (const auto* failed = std::get_if<mail::Failed>(&outcome)) return failed->reason;
  if (const auto* uncertain = std::get_if<mail::Uncertain>(&outcome)) return uncertain->reason;
  return "";
}

Settlement settle(const spool::MessageRecord& message, const std::vector<RecipientRecord>& recipients,
                  const mail::Route& route, const std::vector<mail::Outcome>& outcomes, const SettleContext& context) {
  Settlement settlement;
  for (std::size_t i = 0; i < recipients.size(); ++i) {
    Recipient recipient(settlement, message, recipients[i], context);
    struct ByRoute {
      Recipient& recipient;
      const RecipientRecord& record;
      const std::vector<mail::Outcome>& outcomes;
      std::size_t i;
      void operator()(const mail::TlsRelay&) const { recipient.after_attempt(outcomes[i]); }
      void operator()(const mail::Smime&) const { recipient.after_attempt(outcomes[i]); }
      void operator()(const mail::Pgp&) const { recipient.after_attempt(outcomes[i]); }
      void operator()(const mail::Portal&) const { recipient.after_attempt(outcomes[i]); }
      void operator()(const mail::Hold& hold) const { recipient.hold(hold.reason); }
      void operator()(const mail::Refuse&) const {
        if (record.verdict.action == mail::Action::refuse) {
          recipient.bounce({5, 7, 1}, refusal_reason(record.verdict), audit::EventKind::bounced);
        } else {
          recipient.bounce(requiretls_status, requiretls_reason(record), audit::EventKind::bounced);
        }
      }
    };
    std::visit(ByRoute{recipient, recipients[i], outcomes, i}, route);
  }
  return settlement;
}

Settlement settle_unsealable(const spool::MessageRecord& message, const std::vector<RecipientRecord>& recipients,
                             const std::string& reason, const SettleContext& context) {
  Settlement settlement;
  for (const RecipientRecord& record : recipients)
    Recipient(settlement, message, record, context).next_rung(reason);
  return settlement;
}

Settlement settle_put_off(const spool::MessageRecord& message, const std::vector<RecipientRecord>& recipients,
                          Time not_before, const std::string& trouble, const SettleContext& context) {
  Settlement settlement;
  for (const RecipientRecord& record : recipients)
    Recipient(settlement, message, record, context).put_off(trouble, not_before);
  return settlement;
}

Settlement settle_expired_hold(const spool::MessageRecord& message, const RecipientRecord& recipient, Time now) {
  const std::string reason = "It was held at the gateway, was not released in time, and was not sent";
  Settlement settlement;
  audit::Event event = event_about(audit::EventKind::expired, now, message, recipient);
  event.reason = reason;
  event.status = "5.7.1";
  settlement.events.push_back(audit::encode_event(event));
  const mail::RecipientParameters asked = message.envelope.asked_for(recipient.index);
  if (asked.wants_failure()) {
    settlement.notice.push_back({recipient.address, mail::DsnAction::failed, {5, 7, 1}, reason, {}, {}, asked.orcpt});
  }
  settlement.changes.push_back({recipient.index, std::nullopt});
  return settlement;
}

}  // namespace postern::gateway
