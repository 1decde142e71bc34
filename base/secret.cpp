#include "base/secret.hpp"

#include <string.h>  // explicit_bzero is glibc's, not the standard's

namespace postern {

Secret::~Secret() {
  if (!bytes_.empty()) explicit_bzero(bytes_.data(), bytes_.size());
}

}  // namespace postern
