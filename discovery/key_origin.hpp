// The sources of people's keys, by name.
#pragma once

#include <optional>
#include <string_view>

namespace postern::discovery {

enum class KeyOrigin {
  smimea,      // RFC 8162
  openpgpkey,  // RFC 7929
  wkd,         // draft-koch-openpgp-webkey-service
  ldap,        // certificates in directories that the administrator names
  ldap_openpgp,
};
inline constexpr KeyOrigin key_origins[] = {KeyOrigin::smimea, KeyOrigin::openpgpkey, KeyOrigin::wkd, KeyOrigin::ldap,
                                            KeyOrigin::ldap_openpgp};
/// As settings, the key store and events spell it.
[[nodiscard]] std::string_view format_key_origin(KeyOrigin origin);
[[nodiscard]] std::optional<KeyOrigin> parse_key_origin(std::string_view text);

enum class PersonKey { certificate, openpgp };
[[nodiscard]] PersonKey kind_of(KeyOrigin origin);

}  // namespace postern::discovery
