#include <algorithm>

#include "base/tainted.hpp"
#include "policy/judge.hpp"

namespace postern::policy {
namespace {

/// The policy author's words for the refusal; they may reach the sender's server.
std::string refusal_reason(const mail::Verdict& verdict) {
  for (const mail::Why& why : verdict.why) {
    if (why.action == mail::Action::refuse && !why.monitor && why.exemption.empty())
      return Tainted(why.reason).cleaned(200);
  }
  return "Refused by policy";
}

}  // namespace

Answer answer(const std::vector<mail::Verdict>& verdicts, const mail::ReversePath& from, const QueueId& id) {
  Answer answer;
  answer.reply = {250, mail::StatusCode{2, 0, 0}, "Ok, queued as " + id.str()};
  std::vector<std::size_t> refused;
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    if (verdicts[i].action == mail::Action::refuse) refused.push_back(i);
  }
  if (refused.empty()) return answer;
  if (!from) {
    answer.quarantine = std::move(refused);  // nobody could be told
  } else if (refused.size() == verdicts.size()) {
    answer.keep = false;
    answer.reply = {550, mail::StatusCode{5, 7, 1}, refusal_reason(verdicts.front()) + " (" + id.str() + ")"};
  } else {
    answer.bounce = std::move(refused);
  }
  return answer;
}

}  // namespace postern::policy
