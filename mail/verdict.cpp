#include "mail/verdict.hpp"

namespace postern::mail {
namespace {

constexpr std::size_t most_reasons = 10'000, longest_text = 4096;

constexpr Action all_actions[] = {Action::deliver, Action::protect, Action::quarantine, Action::refuse};
constexpr Method all_methods[] = {Method::tls, Method::smime, Method::openpgp, Method::portal};

Why decode_why(Reader& in) {
  Why why;
  why.rule = in.bytes(longest_text);
  why.reason = in.bytes(longest_text);
  why.action = in.enumerator(Action::refuse);
  why.monitor = in.boolean();
  why.exemption = in.bytes(longest_text);
  return why;
}

}  // namespace

std::string_view format_action(Action action) {
  switch (action) {
    case Action::deliver: return "deliver";
    case Action::protect: return "protect";
    case Action::quarantine: return "quarantine";
    case Action::refuse: return "refuse";
  }
  return "";
}

Result<Action> parse_action(std::string_view text) {
  for (const Action action : all_actions) {
    if (format_action(action) == text) return action;
  }
  return fail(Errc::invalid, "not an action: deliver, protect, quarantine and refuse are");
}

std::string_view format_method(Method method) {
  switch (method) {
    case Method::tls: return "tls";
    case Method::smime: return "smime";
    case Method::openpgp: return "openpgp";
    case Method::portal: return "portal";
  }
  return "";
}

Result<Method> parse_method(std::string_view text) {
  for (const Method method : all_methods) {
    if (format_method(method) == text) return method;
  }
  return fail(Errc::invalid, "not a method: tls, smime, openpgp and portal are");
}

void encode(Writer& out, const Verdict& verdict) {
  out.enumerator(verdict.action);
  out.u64(verdict.methods.bits());
  encode(out, verdict.floor);
  out.u64(verdict.why.size());
  for (const Why& why : verdict.why) {
    out.bytes(why.rule);
    out.bytes(why.reason);
    out.enumerator(why.action);
    out.boolean(why.monitor);
    out.bytes(why.exemption);
  }
  out.u64(verdict.releasers.size());
  for (const std::string& releaser : verdict.releasers)
    out.bytes(releaser);
}

Verdict decode_verdict(Reader& in, std::uint64_t version) {
  Verdict verdict;
  verdict.action = in.enumerator(Action::refuse);
  const std::uint64_t methods = in.u64();
  if (methods > MethodSet::all().bits()) in.reject();
  verdict.methods = MethodSet::from_bits(static_cast<unsigned>(methods));
  verdict.floor = decode_tls_requirement(in, version);
  for (std::size_t left = in.count(most_reasons); left > 0 && in.ok(); --left)
    verdict.why.push_back(decode_why(in));
  for (std::size_t left = in.count(most_reasons); left > 0; --left)
    verdict.releasers.push_back(in.bytes(longest_text));
  return verdict;
}

}  // namespace postern::mail
