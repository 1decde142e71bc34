#include "inspect/inspector.hpp"

#include <map>
#include <mutex>
#include <utility>

#include <gmime/gmime.h>

#include "inspect/findings.hpp"
#include "inspect/matcher.hpp"
#include "inspect/parts.hpp"
#include "mail/facts.hpp"

namespace postern::inspect {
namespace {

void start_gmime() {
  static std::once_flag once;
  std::call_once(once, [] { g_mime_init(); });
}

class InProcess final : public Inspector {
 public:
  InProcess(InspectLimits limits, std::string key) : limits_(limits), key_(std::move(key)) {}

  Result<void> compile(const mail::ProbeSet& probes) {
    std::vector<std::uint32_t> text, subject;
    std::map<std::string, std::vector<std::uint32_t>> headers;
    for (std::uint32_t i = 0; i < probes.size(); ++i) {
      switch (probes[i].target) {
        case mail::ProbeTarget::text: text.push_back(i); break;
        case mail::ProbeTarget::subject: subject.push_back(i); break;
        case mail::ProbeTarget::header: headers[probes[i].header].push_back(i); break;
      }
    }
    if (auto done = compile_into(text_, probes, text); !done) return done;
    if (auto done = compile_into(subject_, probes, subject); !done) return done;
    for (const auto& [name, which] : headers) {
      if (auto done = compile_into(headers_[name], probes, which); !done) return done;
    }
    probe_count_ = probes.size();
    return {};
  }

  Result<std::string> inspect(const Message& message) override {
    std::unique_ptr<Scratch> scratch = scratches_.take();
    if (!scratch) return fail(Errc::unavailable, "no memory for scanning");
    const Result<mail::Facts> facts = read(message.bytes(), *scratch);
    scratches_.put_back(std::move(scratch));
    if (!facts) return fail(facts.error());
    return mail::encode_facts(*facts);
  }

 private:
  Result<void> compile_into(std::unique_ptr<Matcher>& matcher, const mail::ProbeSet& probes,
                            const std::vector<std::uint32_t>& which) {
    auto compiled = Matcher::compile(probes, which, scratches_.prototype());
    if (!compiled) return fail(compiled.error());
    matcher = std::move(*compiled);
    return {};
  }

  Result<mail::Facts> read(std::string_view message, Scratch& scratch) const {
    Findings findings(*text_, key_, probe_count_, scratch);
    findings.header(*subject_, read_header(message, "Subject"));
    for (const auto& [name, matcher] : headers_)
      findings.header(*matcher, read_header(message, name));
    std::vector<mail::Part> parts = read_message(message, limits_, findings);
    return std::move(findings).facts(message.size(), std::move(parts));
  }

  InspectLimits limits_;
  std::string key_;
  std::size_t probe_count_ = 0;
  std::unique_ptr<Matcher> text_, subject_;
  std::map<std::string, std::unique_ptr<Matcher>> headers_;
  ScratchPool scratches_;
};

}  // namespace

Result<std::unique_ptr<Inspector>> make_inspector(const mail::ProbeSet& probes, InspectLimits limits,
                                                  std::string value_key) {
  start_gmime();
  auto inspector = std::make_unique<InProcess>(limits, std::move(value_key));
  if (auto compiled = inspector->compile(probes); !compiled) return fail(compiled.error());
  return inspector;
}

}  // namespace postern::inspect
