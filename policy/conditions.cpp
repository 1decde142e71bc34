#include <algorithm>
#include <set>

#include "mail/headers.hpp"
#include "policy/rule_set.hpp"

namespace postern::policy {
namespace {

using mail::Finding;

bool inside(const mail::Domain& domain, const Sender& sender) {
  return std::ranges::any_of(sender.domains,
                             [&](const std::string& pattern) { return mail::domain_matches(pattern, domain); });
}

bool is_party(const Party& party, const mail::Address& address, const Sender& sender) {
  switch (party.kind) {
    case Party::Kind::address: return mail::equals_ignoring_case(party.text, address.str());
    case Party::Kind::domain: return mail::domain_matches(party.text, address.domain());
    case Party::Kind::outside: return !inside(address.domain(), sender);
    case Party::Kind::inside: return inside(address.domain(), sender);
  }
  return false;
}

bool any_party(const Parties& parties, const mail::Address& address, const Sender& sender) {
  return std::ranges::any_of(parties, [&](const Party& party) { return is_party(party, address, sender); });
}

std::uint32_t end_of(const Finding& finding) {
  return finding.at + finding.length;
}

/// Octets between two findings of one part; 0 where they touch or overlap.
std::uint32_t gap(const Finding& a, const Finding& b) {
  if (a.at >= end_of(b)) return a.at - end_of(b);
  if (b.at >= end_of(a)) return b.at - end_of(a);
  return 0;
}

/// Findings come sorted by probe and part, so those of one probe stand together.
auto of_probe(const mail::Facts& facts, std::size_t probe) {
  return std::ranges::equal_range(facts.findings, static_cast<std::uint32_t>(probe), {}, &Finding::probe);
}

bool has_company(const Finding& finding, const Detector& detector, const mail::Facts& facts) {
  if (!detector.needs) return true;
  return std::ranges::any_of(of_probe(facts, *detector.needs), [&](const Finding& word) {
    return word.part == finding.part && gap(word, finding) <= detector.within;
  });
}

std::vector<Finding> hits(const FindingWanted& wanted, const Question& q) {
  std::vector<Finding> found;
  for (const std::size_t index : wanted.detectors) {
    const Detector& detector = q.rules.detectors[index];
    if (detector.confidence < wanted.confidence) continue;
    for (const Finding& finding : of_probe(q.facts, detector.probe)) {
      if (has_company(finding, detector, q.facts)) found.push_back(finding);
    }
  }
  return found;
}

bool enough(const std::vector<Finding>& found, const FindingWanted& wanted) {
  if (found.size() < wanted.count) return false;
  std::set<std::uint64_t> values;
  for (const Finding& finding : found)
    values.insert(finding.value);
  return values.size() >= wanted.distinct;
}

/// Around some finding of the first kind lie enough findings of every other kind.
bool all_near(const Near& near, const Question& q) {
  std::vector<std::vector<Finding>> kinds;
  for (const FindingWanted& wanted : near.of)
    kinds.push_back(hits(wanted, q));
  return std::ranges::any_of(kinds.front(), [&](const Finding& centre) {
    for (std::size_t i = 0; i < kinds.size(); ++i) {
      std::vector<Finding> close;
      std::ranges::copy_if(kinds[i], std::back_inserter(close), [&](const Finding& other) {
        return other.part == centre.part && gap(other, centre) <= near.octets;
      });
      if (!enough(close, near.of[i])) return false;
    }
    return true;
  });
}

struct Holds {
  const Question& q;

  bool operator()(const All& all) const {
    return std::ranges::all_of(all.of, [this](const Condition& c) { return holds(c, q); });
  }
  bool operator()(const Any& any) const {
    return std::ranges::any_of(any.of, [this](const Condition& c) { return holds(c, q); });
  }
  bool operator()(const Not& negated) const { return !holds(negated.of.front(), q); }
  bool operator()(const FromIs& from) const {
    // Both identities count: a rule must not be escaped by a different envelope sender.
    return any_party(from.parties, q.sender.header_from, q.sender) ||
           (q.sender.path && any_party(from.parties, *q.sender.path, q.sender));
  }
  bool operator()(const ToIs& to) const { return any_party(to.parties, q.recipient, q.sender); }
  bool operator()(const SizeOver& size) const { return q.facts.size > size.octets; }
  bool operator()(const ProbeHits& wanted) const {
    return std::ranges::any_of(wanted.probes, [this](std::size_t probe) { return !of_probe(q.facts, probe).empty(); });
  }
  bool operator()(const Found& found) const { return enough(hits(found.wanted, q), found.wanted); }
  bool operator()(const Near& near) const { return all_near(near, q); }
  bool operator()(const Unreadable& unreadable) const {
    return std::ranges::any_of(q.facts.parts, [&](const mail::Part& part) {
      return part.uninspectable &&
             std::ranges::find(unreadable.reasons, *part.uninspectable) != unreadable.reasons.end();
    });
  }
  bool operator()(const HasAttachment& attachment) const {
    return std::ranges::any_of(q.facts.parts, &mail::Part::attachment) == attachment.wanted;
  }
  bool operator()(const HasMediaType& media) const {
    return std::ranges::any_of(q.facts.parts, [&](const mail::Part& part) {
      return std::ranges::find(media.types, part.media_type) != media.types.end();
    });
  }
};

}  // namespace

bool holds(const Condition& condition, const Question& question) {
  return std::visit(Holds{question}, condition.is);
}

}  // namespace postern::policy
