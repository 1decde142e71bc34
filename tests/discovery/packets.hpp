// Real DNS messages for scripted resolvers, built with libldns from the text of zone files.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace postern::discovery {

struct PacketParts {
  std::vector<std::string> answer = {}, authority = {};  // "clinic.example. 300 IN MX 10 mx1.clinic.example."
  int code = 0;
  bool authenticated = false;
  bool truncated = false;
  int extended_error = -1;
};
/// The answer to `query`: its id and question, and these records.
[[nodiscard]] std::string answer_to(std::string_view query, const PacketParts& parts);
struct Asked {
  std::string name;  // lower case, no final dot
  int type = 0;
  bool dnssec_ok = false, ad = false;
  unsigned udp_size = 0;
};
[[nodiscard]] Asked parse_question(std::string_view query);

}  // namespace postern::discovery
