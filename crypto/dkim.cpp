#include "crypto/dkim.hpp"

#include <chrono>

#include "crypto/base64.hpp"
#include "crypto/dkim_fields.hpp"

namespace postern::crypto {
namespace {

constexpr std::size_t line_length = 76;  // RFC 5322 §2.1.1: 78 with room for a separator

/// "h=From:From:To" in lines.
std::string fold_names(const std::vector<std::string>& names) {
  std::string text = "h=";
  std::size_t line = 1 + text.size();
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) {
      text += ':';
      ++line;
    }
    if (line + names[i].size() > line_length) {
      text += "\r\n\t ";
      line = 2;
    }
    text += names[i];
    line += names[i].size();
  }
  return text;
}

std::string fold_base64(std::string_view text) {
  std::string folded;
  constexpr std::size_t width = 72;
  for (; text.size() > width; text.remove_prefix(width))
    folded += std::string(text.substr(0, width)) + "\r\n\t ";
  return folded + std::string(text);
}

/// All but the signature. No i=: it is the domain. No l=: what is appended would be signed (§8.2). No x=: mail may wait
/// for days at the recipient's, and a verifier that looks twice should see the same.
std::string unfinished(const DkimKey& key, const std::string& fold_of_names, const std::string& body_hash, Time at) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
  return "DKIM-Signature: v=1; a=" + std::string(format_dkim_algorithm(key.algorithm())) +
         "; c=relaxed/relaxed;\r\n\td=" + key.domain().str() + ";\r\n\ts=" + key.selector() +
         "; t=" + std::to_string(seconds) + ";\r\n\t" + fold_of_names + ";\r\n\tbh=" + encode_base64(body_hash) +
         ";\r\n\tb=";
}

}  // namespace

Result<std::string> sign_dkim(std::string_view section, const std::string& body_hash, const std::vector<DkimKey>& keys,
                              Time at) {
  const auto names = dkim_fields_to_sign(mail::HeaderView(section));
  if (!names) return fail(names.error());
  const std::string header = DkimHeaderText(section).of(*names, Canonical::relaxed);
  const std::string fold_of_names = fold_names(*names);
  std::string fields;
  for (const DkimKey& key : keys) {
    const std::string field = unfinished(key, fold_of_names, body_hash, at);
    const auto signature = key.sign(header + unsigned_field(field, Canonical::relaxed));
    if (!signature) return fail(signature.error());
    fields += field + fold_base64(encode_base64(*signature)) + "\r\n";
  }
  return fields;
}

}  // namespace postern::crypto
