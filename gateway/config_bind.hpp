// bind = { … } and classes = { … } of a tenant: what binds connections and messages to it.
#pragma once

#include <filesystem>

#include "base/settings.hpp"
#include "gateway/config.hpp"

namespace postern::gateway {

struct BindFile {
  policy::Binding bind;
  std::vector<SecretRef> secret_values;
  std::optional<SecretRef> ca;
  std::vector<std::string> notes;
  bool own_network = false;  // networks that the administrator wrote, not Microsoft's
  std::filesystem::path base;
};

[[nodiscard]] Settings<BindFile> bind_settings();
[[nodiscard]] Settings<policy::Classes> classes_settings();

/// What takes more than one key to see: a binding that would let strangers in is no binding.
void check_binding(Reading& in, const Node& node, const BindFile& read, const policy::Classes& classes);

/// A header field of the administrator's own: cutting another would change the mail.
[[nodiscard]] bool is_extension_field(std::string_view name);

}  // namespace postern::gateway
