#include "portal/metrics.hpp"

#include <fmt/format.h>

#include "portal/requests.hpp"

namespace postern::portal {
namespace {

struct Name {
  std::string_view operator()(const Land&) const { return "link"; }
  std::string_view operator()(const SendCode&) const { return "code_wanted"; }
  std::string_view operator()(const Enter&) const { return "code"; }
  std::string_view operator()(const Unlock&) const { return "passphrase"; }
  std::string_view operator()(const SignIn&) const { return "password"; }
  std::string_view operator()(const Read& read) const {
    using What = Read::What;
    const bool is_file = read.what == What::original || read.what == What::attachment || read.what == What::image;
    return is_file ? "file" : "message";
  }
  std::string_view operator()(const Write&) const { return "reply_form"; }
  std::string_view operator()(const SendReply&) const { return "reply"; }
  std::string_view operator()(const Asset&) const { return "asset"; }
  std::string_view operator()(const Unknown&) const { return "unknown"; }
  template <class Other>
  std::string_view operator()(const Other&) const {
    return "other";
  }
};

std::string gauge(std::string_view name, std::string_view help, std::uint64_t value) {
  return fmt::format("# HELP postern_portal_{0} {1}\n# TYPE postern_portal_{0} gauge\npostern_portal_{0} {2}\n", name,
                     help, value);
}

}  // namespace

void Metrics::answered(const net::HttpCall& call, const net::HttpResult& result) {
  count(std::visit(Name(), action_of(call)), result.status);
  const std::lock_guard lock(mutex_);
  octets_ += result.body.size() + (result.more ? result.more->size : 0);
}

void Metrics::misunderstood(unsigned status) {
  count("misunderstood", status);
}

void Metrics::count(std::string_view what, unsigned status) {
  const std::lock_guard lock(mutex_);
  ++requests_[{std::string(what), status}];
}

std::string Metrics::text(const Now& now) const {
  const std::lock_guard lock(mutex_);
  std::string out =
      "# HELP postern_portal_requests_total What browsers asked for, and how it was answered.\n"
      "# TYPE postern_portal_requests_total counter\n";
  for (const auto& [key, times] : requests_)
    out += fmt::format("postern_portal_requests_total{{what=\"{}\",status=\"{}\"}} {}\n", key.first, key.second, times);
  out += fmt::format(
      "# HELP postern_portal_answer_octets_total Of all answers' content.\n"
      "# TYPE postern_portal_answer_octets_total counter\npostern_portal_answer_octets_total {}\n",
      octets_);
  return out + gauge("sessions", "Messages that are open in a browser.", now.sessions) +
         gauge("connections", "Browsers' connections.", connections_) +
         gauge("deposits", "Messages that wait.", now.deposits) +
         gauge("deposit_octets", "Of them, sealed.", now.octets);
}

}  // namespace postern::portal
