#include "mail/identity.hpp"

#include <algorithm>

namespace postern::mail {
namespace {

std::unexpected<Error> not_one_mailbox(const char* why) {
  return fail(Errc::invalid, std::string("From must hold exactly one plain mailbox: ") + why);
}

/// Reads one mailbox (RFC 5322 §3.4) in a single pass: words and specials, with comments and white space dropped.
/// What is ambiguous is an error: a display name that an old parser could take for an address misleads somebody.
class MailboxScanner {
 public:
  explicit MailboxScanner(std::string_view raw) : in_(raw) {}

  Result<Address> scan() {
    while (!in_.empty()) {
      if (const char* wrong = step()) return not_one_mailbox(wrong);
    }
    if (in_angle_) return not_one_mailbox("an angle bracket is not closed");
    const std::string& spec = angle_seen_ ? angle_ : bare_;
    if (spec.empty()) return not_one_mailbox("there is no address");
    // Without brackets everything is the address: a display name beside it cannot be told from one.
    if (!angle_seen_ && gap_in_bare_) return not_one_mailbox("white space inside the address");
    // Some readers take the first address that they find. Devices write their own one twice.
    if (angle_seen_ && at_in_bare_ && !equals_ignoring_case(bare_, angle_))
      return not_one_mailbox("another address beside the angle brackets");
    auto address = Address::parse(spec);
    if (!address) return not_one_mailbox("the address is malformed");
    return address;
  }

 private:
  /// Takes one token; the reason where it is not allowed.
  const char* step() {
    const char c = in_.front();
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') return blank();
    if (c == '(') return comment();
    if (c == '"') return quoted();
    in_.remove_prefix(1);
    if (c == '<') {
      if (angle_seen_) return "two addresses in angle brackets";
      angle_seen_ = in_angle_ = true;
      return nullptr;
    }
    if (c == '>') {
      if (!in_angle_) return "an angle bracket that was not opened";
      in_angle_ = false;
      return nullptr;
    }
    return plain(c);
  }

  const char* plain(char c) {
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) return "a control character";
    if (in_angle_) {
      if (c == ',' || c == ';' || c == ':') return "a list, a group or a route inside the angle brackets";
      if (gap_in_angle_) return "white space inside the address";  // obs-domain: one reader drops it, another does not
      angle_ += c;
      return nullptr;
    }
    if (c == ',') return "several mailboxes";
    if (c == ':' || c == ';') return "group syntax";
    if (angle_seen_) return "text after the address";
    if (pending_blank_ && !bare_.empty()) gap_in_bare_ = true;
    pending_blank_ = false;
    at_in_bare_ = at_in_bare_ || c == '@';
    bare_ += c;
    return nullptr;
  }

  const char* blank() {
    in_.remove_prefix(1);
    gap_in_angle_ = gap_in_angle_ || (in_angle_ && !angle_.empty());
    pending_blank_ = true;
    return nullptr;
  }

  const char* comment() {
    std::size_t depth = 0;
    for (std::size_t i = 0; i < in_.size(); ++i) {
      if (in_[i] == '\\') {
        ++i;
      } else if (in_[i] == '(') {
        ++depth;
      } else if (in_[i] == ')' && --depth == 0) {
        if (in_angle_) return "a comment inside the angle brackets";
        in_.remove_prefix(i + 1);
        pending_blank_ = true;
        return nullptr;
      }
    }
    return "a comment is not closed";
  }

  const char* quoted() {
    for (std::size_t i = 1; i < in_.size(); ++i) {
      if (in_[i] == '\\') {
        ++i;
      } else if (in_[i] == '"') {
        const std::string_view text = in_.substr(0, i + 1);
        in_.remove_prefix(i + 1);
        if (in_angle_) {
          angle_ += text;
        } else if (angle_seen_) {
          return "text after the address";
        } else {
          if (pending_blank_ && !bare_.empty()) gap_in_bare_ = true;
          pending_blank_ = false;
          bare_ += text;
        }
        return nullptr;
      }
    }
    return "a quoted string is not closed";
  }

  std::string_view in_;
  std::string bare_, angle_;  // outside and inside of the angle brackets
  bool angle_seen_ = false, in_angle_ = false;
  bool pending_blank_ = false, gap_in_bare_ = false, gap_in_angle_ = false, at_in_bare_ = false;
};

/// A field that some client may show as From although its name is not exactly that: bytes that are no part of a field
/// name (RFC 5322 §3.6.8: printable ASCII) beside the letters.
bool disguised_from(std::string_view name) {
  std::string letters;
  for (const char c : name) {
    if (c > ' ' && c <= '~') letters += c;
  }
  return letters.size() != name.size() && equals_ignoring_case(letters, "from");
}

}  // namespace

Result<Address> parse_mailbox(std::string_view raw) {
  return MailboxScanner(raw).scan();
}

Result<Address> parse_from(const HeaderView& headers) {
  if (headers.malformed()) return fail(Errc::invalid, "the header section is malformed: a line is no field");
  if (std::ranges::any_of(headers.fields(), [](const Field& field) { return disguised_from(field.name); })) {
    return fail(Errc::invalid, "a header field is disguised as From");
  }
  const std::vector<Field> from = headers.all("From");
  if (from.size() != 1) {
    return fail(Errc::invalid, from.empty() ? "there is no From field" : "there is more than one From field");
  }
  return parse_mailbox(from.front().raw);
}

std::string message_id(const HeaderView& headers) {
  constexpr std::size_t longest = 250;
  const std::optional<Field> field = headers.first("Message-ID");
  if (!field) return "";
  std::string text = unfold(field->raw);
  const auto printable = [](char c) { return c > ' ' && c <= '~'; };
  const bool well_formed = text.size() > 2 && text.size() <= longest && text.front() == '<' && text.back() == '>' &&
                           std::ranges::all_of(text, printable) && text.find('<', 1) == std::string::npos;
  return well_formed ? text : "";
}

}  // namespace postern::mail
