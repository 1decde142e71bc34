#include "discovery/dns_keys.hpp"

#include <string_view>

#include "discovery/key_names.hpp"

namespace postern::discovery {
namespace {

constexpr std::size_t most_candidates = 10;

// RFC 6698 §2.1, RFC 8162 §2
constexpr unsigned pkix_ee = 1, dane_ee = 3;
constexpr unsigned whole_certificate = 0, not_hashed = 0;

KeyAnswer answer_of(KeyAnswer::Result result, std::string reason, const DnsAnswer& answer) {
  KeyAnswer known;
  known.result = result;
  known.reason = std::move(reason);
  known.ttl = std::chrono::seconds(answer.ttl);
  return known;
}

/// What there is to be said before any record is read; nothing: the records count.
std::optional<KeyAnswer> judge_standing(const char* type, const DnsAnswer& answer) {
  using enum KeyAnswer::Result;
  const std::string what = type;
  switch (answer.status) {
    case DnsStatus::failed:
    case DnsStatus::bogus:  // an attacker can cause both, and would keep the key from us
      return answer_of(trouble, "the look-up of " + what + " failed: " + answer.reason, answer);
    case DnsStatus::insecure:  // RFC 7929 §5, RFC 8162 §4: only what DNSSEC proves
      return answer_of(none,
                       answer.records.empty() ? "there is no " + what + " record"
                                              : what + " records are there, and do not count without DNSSEC",
                       answer);
    case DnsStatus::secure: break;
  }
  if (answer.records.empty()) return answer_of(none, "there is no " + what + " record (secure)", answer);
  return std::nullopt;
}

std::string evidence_line(std::string what, const DnsAnswer& answer) {
  return std::move(what) + ", secure, " + answer.source;
}

/// Why a record gives no certificate of the person's, or "".
std::string why_unusable(std::string_view rdata) {
  const auto octet = [&](std::size_t at) { return static_cast<unsigned>(static_cast<unsigned char>(rdata[at])); };
  if (rdata.size() < 4) return "is too short";
  if (octet(0) != pkix_ee && octet(0) != dane_ee)
    return octet(0) > dane_ee ? "has an unknown usage" : "names an authority, not the person's certificate";
  if (octet(1) != whole_certificate || octet(2) != not_hashed)
    return "is a hash or a bare key, from which no certificate can be had";
  return "";
}

std::string numbers_of(std::string_view rdata) {
  std::string text;
  for (std::size_t i = 0; i < 3 && i < rdata.size(); ++i)
    text += (i == 0 ? "" : " ") + std::to_string(static_cast<unsigned>(static_cast<unsigned char>(rdata[i])));
  return text;
}

class DnsSource final : public KeySource {
 public:
  DnsSource(Resolver& resolver, KeyOrigin origin) : resolver_(resolver), origin_(origin) {}

  [[nodiscard]] KeyOrigin origin() const override { return origin_; }

  net::awaitable<KeyAnswer> find(mail::Address address) override {
    if (address.domain().is_literal()) {
      KeyAnswer none;
      none.result = KeyAnswer::Result::none;
      none.reason = "an address literal has no records";
      co_return none;
    }
    const bool smimea = origin_ == KeyOrigin::smimea;
    const RecordType type = smimea ? RecordType::smimea : RecordType::openpgpkey;
    const std::string name = smimea ? smimea_owner(address) : openpgpkey_owner(address);
    const DnsAnswer answer = co_await resolver_.resolve(name, type);
    KeyAnswer known = smimea ? judge_smimea(answer) : judge_openpgpkey(answer);
    known.evidence.emplace_back(evidence_of(name, type, answer));
    co_return known;
  }

 private:
  Resolver& resolver_;
  KeyOrigin origin_;
};

}  // namespace

KeyAnswer judge_smimea(const DnsAnswer& answer) {
  if (auto known = judge_standing("SMIMEA", answer)) return *known;
  KeyAnswer known = answer_of(KeyAnswer::Result::found, "", answer);
  for (const DnsRecord& record : answer.records) {
    const std::string why = why_unusable(record.value);
    if (!why.empty()) {
      known.reason +=
          (known.reason.empty() ? "" : "; ") + std::string("SMIMEA ") + numbers_of(record.value) + " " + why;
    } else if (known.candidates.size() < most_candidates) {
      // RFC 6698 §2.1.1: PKIX-EE asks for a chain to a trusted authority besides, DANE-EE for nothing more.
      known.candidates.push_back({record.value.substr(3), static_cast<unsigned char>(record.value[0]) == dane_ee,
                                  evidence_line("SMIMEA " + numbers_of(record.value), answer)});
    }
  }
  if (known.candidates.empty()) known.result = KeyAnswer::Result::none;
  return known;
}

KeyAnswer judge_openpgpkey(const DnsAnswer& answer) {
  if (auto known = judge_standing("OPENPGPKEY", answer)) return *known;
  KeyAnswer known = answer_of(KeyAnswer::Result::found, "", answer);
  for (const DnsRecord& record : answer.records) {
    if (known.candidates.size() < most_candidates)
      known.candidates.push_back({record.value, true, evidence_line("OPENPGPKEY", answer)});
  }
  return known;
}

std::unique_ptr<KeySource> make_smimea_source(Resolver& resolver) {
  return std::make_unique<DnsSource>(resolver, KeyOrigin::smimea);
}

std::unique_ptr<KeySource> make_openpgpkey_source(Resolver& resolver) {
  return std::make_unique<DnsSource>(resolver, KeyOrigin::openpgpkey);
}

}  // namespace postern::discovery
