#include "gateway/return_intake.hpp"

#include <set>

#include "base/log.hpp"
#include "gateway/conversations.hpp"
#include "gateway/pickup_end.hpp"
#include "gateway/replies.hpp"
#include "mail/delivery_report.hpp"

namespace postern::gateway {
namespace {

constexpr std::uint64_t room = 1ULL << 20;  // config_listeners.cpp: no return is larger

class ReturnIntake final : public smtp::Receiver {
 public:
  explicit ReturnIntake(Services& services) : services_(services) {}

  net::awaitable<mail::Reply> start(const mail::Peer&) override {
    abandon();
    co_return replies::ok();
  }

  net::awaitable<mail::Reply> mail(const mail::ReversePath& from, const mail::MailParameters&) override {
    abandon();
    co_return from ? replies::only_bounces() : replies::ok();
  }

  net::awaitable<mail::Reply> rcpt(const mail::Address& to, const mail::RecipientParameters&) override {
    auto conversation = conversation_of(services_, to);
    if (!conversation || !is_for_returns(conversation->use)) co_return replies::no_such_conversation();
    about_.insert({conversation->use, std::move(conversation->lookup)});
    co_return replies::ok_recipient();
  }

  net::awaitable<mail::Reply> body_begins() override {
    memory_ = services_.returning.reserve(room);
    co_return memory_ ? replies::go_ahead() : replies::no_room();
  }

  net::awaitable<void> body(std::string_view bytes) override {
    report_ += bytes;
    co_return;
  }

  net::awaitable<mail::Reply> body_ends(const smtp::BodyNotes&) override {
    const std::string report = std::exchange(report_, {});
    const auto about = std::exchange(about_, {});
    const auto failed = failure_in(report);
    if (!failed) log::info("a return about {} pick-up(s) reports no failure, and is dropped", about.size());
    bool done = true;
    for (const auto& [use, lookup] : about) {
      if (!failed) break;
      const std::string status = failed->str();
      done &= use == crypto::TokenUse::passphrase
                  ? co_await passphrase_came_back(
                        services_, lookup, "the tenant's mail server took the passphrase and sent it back: " + status)
                  : co_await pickup_notice_came_back(services_, lookup,
                                                     "its mail server took the notice and sent it back: " + status);
    }
    abandon();
    co_return done ? replies::returned() : replies::not_kept();
  }

  void abandon() noexcept override {
    about_.clear();
    report_ = {};
    memory_ = {};
  }

 private:
  static std::optional<mail::StatusCode> failure_in(const std::string& report) {
    const auto recipients = mail::parse_delivery_report(report);
    if (!recipients) return std::nullopt;
    for (const mail::ReportedRecipient& one : *recipients)
      if (one.action == mail::DsnAction::failed) return one.status;
    return std::nullopt;
  }

  Services& services_;
  std::set<std::pair<crypto::TokenUse, std::string>> about_;  // which mail of ours, and the pick-up's lookup
  std::string report_;
  ByteBudget::Reservation memory_;
};

}  // namespace

std::unique_ptr<smtp::Receiver> make_return_intake(Services& services) {
  return std::make_unique<ReturnIntake>(services);
}

}  // namespace postern::gateway
