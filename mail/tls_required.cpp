#include "mail/tls_required.hpp"

namespace postern::mail {

bool says_tls_not_required(const HeaderView& headers) {
  const std::vector<Field> fields = headers.all("TLS-Required");
  return fields.size() == 1 && equals_ignoring_case(unfold(fields.front().raw), "No");
}

}  // namespace postern::mail
