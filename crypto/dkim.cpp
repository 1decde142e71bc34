#include "crypto/dkim.hpp"

#include <chrono>

#include "base/base64.hpp"
#include "crypto/dkim_fields.hpp"

namespace postern::crypto {
namespace {

constexpr std::size_t line_length = 76;  // RFC 5322 §2.1.1: 78 with room for a separator

/// Tags in lines.
class Folded {
 public:
  explicit Folded(std::string begin) : text_(std::move(begin)), line_(text_.size()) {}
  void tag(std::string_view tag) {
    const bool fits = line_ + 1 + tag.size() < line_length;
    text_ += fits ? " " : "\r\n\t";
    line_ = fits ? line_ + 1 : 1;
    append(std::string(tag) + ";");
  }
  /// A list that may break behind its colons.
  void list(std::string_view name, const std::vector<std::string>& words) {
    text_ += "\r\n\t";
    line_ = 1;
    append(name);
    for (std::size_t i = 0; i < words.size(); ++i) {
      const std::string word = words[i] + (i + 1 < words.size() ? ":" : ";");
      if (line_ + word.size() > line_length) {
        text_ += "\r\n\t ";
        line_ = 2;
      }
      append(word);
    }
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  void append(std::string_view text) {
    text_ += text;
    line_ += text.size();
  }

  std::string text_;
  std::size_t line_;
};

std::string fold_base64(std::string_view text) {
  std::string folded;
  constexpr std::size_t width = 72;
  for (; text.size() > width; text.remove_prefix(width))
    folded += std::string(text.substr(0, width)) + "\r\n\t ";
  return folded + std::string(text);
}

/// All but the signature. No i=: it is the domain. No l=: what is appended would be signed (RFC 6376 §8.2). No x=: mail
/// may wait for days at the recipient's, and who verifies it twice should see the same.
std::string unfinished(const DkimKey& key, const std::vector<std::string>& names, const std::string& body_hash,
                       Time at) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
  Folded field("DKIM-Signature: v=1;");
  field.tag("a=" + std::string(format_dkim_algorithm(key.algorithm())));
  field.tag("c=relaxed/relaxed");
  field.tag("d=" + key.domain().str());
  field.tag("s=" + key.selector());
  field.tag("t=" + std::to_string(seconds));
  field.list("h=", names);
  field.tag("bh=" + format_base64(body_hash));
  return field.take() + "\r\n\tb=";
}

}  // namespace

Result<std::string> sign_dkim(std::string_view section, const std::string& body_hash, const std::vector<DkimKey>& keys,
                              Time at) {
  const auto names = dkim_fields_to_sign(mail::HeaderView(section));
  if (!names) return fail(names.error());
  const std::string header = DkimHeaderText(section).of(*names, Canonical::relaxed);
  std::string fields;
  for (const DkimKey& key : keys) {
    const std::string field = unfinished(key, *names, body_hash, at);
    const auto signature = key.sign(header + unsigned_field(field, Canonical::relaxed));
    if (!signature) return fail(signature.error());
    fields += field + fold_base64(format_base64(*signature)) + "\r\n";
  }
  return fields;
}

}  // namespace postern::crypto
