#include "base/key_reference.hpp"

#include <array>

namespace postern {
namespace {

constexpr std::string_view scheme = "pkcs11:";

/// What ends at the next `separator`, taken off the front with it.
std::string_view take(std::string_view& text, char separator) {
  const std::size_t end = text.find(separator);
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return taken;
}

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// RFC 3986 §2.1; nothing where a '%' is not followed by two digits.
std::optional<std::string> decode_percent(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i]);
      continue;
    }
    const int high = i + 1 < text.size() ? digit_of(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? digit_of(text[i + 2]) : -1;
    if (high < 0 || low < 0) return std::nullopt;
    decoded.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return decoded;
}

/// RFC 7512 §2.3, pk11-qchar: what would end an attribute, and what would begin an escape.
std::string encode_percent(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    if (c != '%' && c != '&' && c != '#' && c > ' ' && c < 0x7F) {
      encoded.push_back(c);
      continue;
    }
    const auto octet = static_cast<unsigned char>(c);
    encoded += {'%', digits[octet >> 4], digits[octet & 15]};
  }
  return encoded;
}

std::string_view before_equals(std::string_view attribute) {
  return attribute.substr(0, attribute.find('='));
}
std::string_view after_equals(std::string_view attribute) {
  const std::size_t at = attribute.find('=');
  return at == std::string_view::npos ? "" : attribute.substr(at + 1);
}

/// Something has to say which key: else any key of any token would do.
Result<void> check_path(std::string_view path) {
  bool names_a_key = false;
  while (!path.empty()) {
    const std::string_view attribute = take(path, ';');
    const std::string_view name = before_equals(attribute);
    if (after_equals(attribute).empty()) return fail(Errc::invalid, "pkcs11: '" + std::string(name) + "' has no value");
    if (!decode_percent(attribute)) return fail(Errc::invalid, "pkcs11: a '%' stands before two hexadecimal digits");
    if (name == "type" && after_equals(attribute) != "private")
      return fail(Errc::invalid, "pkcs11: a private key is meant here: type=private, or no type");
    names_a_key = names_a_key || name == "object" || name == "id";
  }
  if (!names_a_key) return fail(Errc::invalid, "pkcs11: object=LABEL or id=%HH… has to say which key");
  return {};
}

Result<void> read_query(std::string_view query, Pkcs11Key& key) {
  while (!query.empty()) {
    const std::string_view attribute = take(query, '&');
    const std::string_view name = before_equals(attribute);
    const auto value = decode_percent(after_equals(attribute));
    if (!value || value->empty()) return fail(Errc::invalid, "pkcs11: '" + std::string(name) + "' has no value");
    if (name == "pin-value")
      return fail(Errc::invalid, "pkcs11: a PIN is named as pin-source=credential:NAME, never written down here");
    if (name == "pin-source") {
      auto pin = parse_secret_ref(*value);
      if (!pin) return fail(Errc::invalid, "pkcs11: pin-source: " + pin.error().text);
      key.pin = std::move(*pin);
    } else if (name == "module-path") {
      key.module = *value;
    } else {
      return fail(Errc::invalid, "pkcs11: '" + std::string(name) + "' is not known: pin-source and module-path are");
    }
  }
  return {};
}

}  // namespace

Result<KeyReference> parse_key_reference(std::string_view text) {
  if (!text.starts_with(scheme)) {
    auto secret = parse_secret_ref(text);
    if (!secret)
      return fail(Errc::invalid,
                  "a private key is named as credential:NAME, file:PATH or pkcs11:…, never written down");
    return KeyReference(std::move(*secret));
  }
  const std::string_view path = take(text, '?');
  Pkcs11Key key;
  key.object = path;
  if (auto checked = check_path(path.substr(scheme.size())); !checked) return fail(checked.error());
  if (auto read = read_query(text, key); !read) return fail(read.error());
  return KeyReference(std::move(key));
}

std::string format_key_reference(const KeyReference& reference) {
  if (const auto* secret = std::get_if<SecretRef>(&reference)) return format_secret_ref(*secret);
  const auto& key = std::get<Pkcs11Key>(reference);
  std::string text = key.object;
  char separator = '?';
  const auto append = [&](std::string_view name, std::string_view value) {
    text += separator + std::string(name) + "=" + encode_percent(value);
    separator = '&';
  };
  if (key.pin) append("pin-source", format_secret_ref(*key.pin));
  if (!key.module.empty()) append("module-path", key.module);
  return text;
}

}  // namespace postern
