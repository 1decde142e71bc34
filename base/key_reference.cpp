#include "base/key_reference.hpp"

#include "base/percent.hpp"

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

/// RFC 7512 §2.3: what would end an attribute or begin an escape is written in octets.
constexpr std::string_view plain_in_attributes = "-._~:[]@!$'()*+,=/";

std::string_view before_equals(std::string_view attribute) {
  return attribute.substr(0, attribute.find('='));
}
std::string_view after_equals(std::string_view attribute) {
  const std::size_t at = attribute.find('=');
  return at == std::string_view::npos ? "" : attribute.substr(at + 1);
}

Result<void> read_path(std::string_view path, Pkcs11Key& key) {
  while (!path.empty()) {
    const std::string_view attribute = take(path, ';');
    const std::string name(before_equals(attribute));
    const auto value = decode_percent(after_equals(attribute));
    if (!value || value->empty()) return fail(Errc::invalid, "pkcs11: '" + name + "' has no value");
    if (name == "token") {
      key.token = *value;
    } else if (name == "serial") {
      key.serial = *value;
    } else if (name == "object") {
      key.label = *value;
    } else if (name == "id") {
      key.id = *value;
    } else if (name != "type" || *value != "private") {
      return fail(Errc::invalid,
                  "pkcs11: '" + name + "' is not known here: token, serial, object, id, type=private are");
    }
  }
  // else any key of any token would do
  if (key.label.empty() && key.id.empty())
    return fail(Errc::invalid, "pkcs11: object=LABEL or id=%HH… has to say which key");
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
  std::string_view path = take(text, '?');
  path.remove_prefix(scheme.size());
  Pkcs11Key key;
  if (auto read = read_path(path, key); !read) return fail(read.error());
  if (auto read = read_query(text, key); !read) return fail(read.error());
  if (key.module.empty())
    return fail(Errc::invalid, "pkcs11: module-path=… has to say which library speaks to the token");
  return KeyReference(std::move(key));
}

std::string format_key_reference(const KeyReference& reference) {
  if (const auto* secret = std::get_if<SecretRef>(&reference)) return format_secret_ref(*secret);
  const auto& key = std::get<Pkcs11Key>(reference);
  std::string text(scheme);
  const auto append = [&text](char separator, std::string_view name, std::string_view value) {
    if (value.empty()) return;
    const bool first = text.ends_with(':') || (separator == '&' && text.find('?') == std::string::npos);
    if (first && separator == '&') text += '?';
    if (!first) text += separator;
    text += std::string(name) + "=" + encode_percent(value, plain_in_attributes);
  };
  append(';', "token", key.token);
  append(';', "serial", key.serial);
  append(';', "object", key.label);
  append(';', "id", key.id);
  if (key.pin) append('&', "pin-source", format_secret_ref(*key.pin));
  append('&', "module-path", key.module);
  return text;
}

}  // namespace postern
