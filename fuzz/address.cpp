// Any bytes as an address, a domain and a mailbox of a From field.
#include "mail/address.hpp"

#include <algorithm>

#include "fuzz/target.hpp"
#include "mail/identity.hpp"

using namespace postern;
using namespace postern::mail;
using fuzz::require;

namespace {

bool no_control(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; });
}

void check(const Domain& domain) {
  const std::string& name = domain.str();
  require(!name.empty() && name.size() <= 255 && is_ascii(name) && name != ".");
  require(no_control(name) && name.find_first_of(" @<>,;\"\\/") == std::string::npos);
  require(std::ranges::none_of(name, [](char c) { return c >= 'A' && c <= 'Z'; }));
  require(Domain::parse(name) == domain);
  // A pattern is the domain itself, and with a dot what is below it and itself.
  if (domain.is_literal()) return;
  require(domain_matches(name, domain) && domain_matches("." + name, domain));
  if (const auto below = Domain::parse("below." + name)) {
    require(!domain_matches(name, *below) && domain_matches("." + name, *below));
  }
}

void check(const Address& address) {
  require(!address.local().empty() && address.local().size() <= 64);
  // It goes into commands, events and notices: nothing that could end a line there (RFC 5321 §4.1.2 qtextSMTP).
  require(no_control(address.str()));
  check(address.domain());
  require(Address::parse(address.str()) == address);
  require(same_mailbox(address, address));

  Writer out;
  encode(out, ReversePath(address));
  const std::string bytes = out.take();
  Reader in(bytes);
  require(decode_reverse_path(in) == ReversePath(address) && in.finished());

  if (address.domain().is_literal()) return;  // an IPv6 literal in a From field is refused
  require(parse_mailbox("<" + address.str() + ">") == address);
  require(parse_mailbox("\"Somebody, else\" (a comment)\r\n <" + address.str() + ">\r\n") == address);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text(data, size);
  if (const auto domain = Domain::parse(text)) check(*domain);
  if (const auto address = Address::parse(text)) check(*address);
  if (const auto mailbox = parse_mailbox(text)) {
    check(*mailbox);
    // Nobody who is not there. Beyond ASCII a domain stands there in another form.
    if (is_ascii(text)) require(lowered(text).find(mailbox->domain().str()) != std::string::npos);
  }
  return 0;
}
