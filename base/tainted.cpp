#include "base/tainted.hpp"

namespace postern {

std::string Tainted::cleaned(std::size_t limit) const {
  std::string out = raw_.substr(0, limit);
  for (char& c : out) {
    if (c < ' ' || c > '~') c = '?';
  }
  return out;
}

}  // namespace postern
