// What policy decided for one recipient of one message, and why.
#pragma once

#include <compare>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/codec.hpp"
#include "base/error.hpp"
#include "mail/tls.hpp"

namespace postern::mail {

/// Ordered: strictest wins.
enum class Action { deliver, protect, quarantine, refuse };
[[nodiscard]] std::string_view format_action(Action action);
[[nodiscard]] Result<Action> parse_action(std::string_view text);

/// A way to protect. Not ordered: the order of rungs is a setting.
enum class Method { tls, smime, openpgp, portal };
[[nodiscard]] std::string_view format_method(Method method);
[[nodiscard]] Result<Method> parse_method(std::string_view text);

class MethodSet {
 public:
  MethodSet() = default;
  MethodSet(std::initializer_list<Method> methods) {
    for (const Method m : methods)
      bits_ |= bit(m);
  }
  [[nodiscard]] static MethodSet all() { return {Method::tls, Method::smime, Method::openpgp, Method::portal}; }
  void insert(Method m) { bits_ |= bit(m); }
  [[nodiscard]] bool contains(Method m) const { return (bits_ & bit(m)) != 0; }
  [[nodiscard]] bool empty() const { return bits_ == 0; }
  [[nodiscard]] MethodSet operator&(MethodSet other) const {
    MethodSet both;
    both.bits_ = bits_ & other.bits_;
    return both;
  }
  [[nodiscard]] unsigned bits() const { return bits_; }
  [[nodiscard]] static MethodSet from_bits(unsigned bits) {
    MethodSet set;
    set.bits_ = bits & all().bits_;
    return set;
  }
  bool operator==(const MethodSet&) const = default;

 private:
  static unsigned bit(Method m) { return 1U << static_cast<unsigned>(m); }
  unsigned bits_ = 0;
};

struct Why {
  std::string rule;
  std::string reason;  // the policy author's words
  Action action = Action::deliver;
  bool monitor = false;   // would have applied, but the rule only records
  std::string exemption;  // named where one switched the rule off
  bool operator==(const Why&) const = default;
};

struct Verdict {
  Action action = Action::deliver;
  MethodSet methods = MethodSet::all();  // allowed for protection
  TlsRequirement floor;                  // what matching rules demand of TLS, met together; names are added per host
  std::vector<Why> why;                  // every rule that matched, in the order of their names
  std::vector<std::string> releasers;    // who may release from quarantine
  bool operator==(const Verdict&) const = default;
};

void encode(Writer& out, const Verdict& verdict);
[[nodiscard]] Verdict decode_verdict(Reader& in, std::uint64_t version = tls_requirement_version);

}  // namespace postern::mail
