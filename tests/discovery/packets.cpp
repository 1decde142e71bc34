#include "tests/discovery/packets.hpp"

#include <stdexcept>

// Last: it defines bool, true and false as macros.
#include <ldns/ldns.h>
#undef bool
#undef true
#undef false

namespace postern::discovery {
namespace {

ldns_pkt* parse(std::string_view bytes) {
  ldns_pkt* packet = nullptr;
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  if (ldns_wire2pkt(&packet, data, bytes.size()) != LDNS_STATUS_OK) throw std::runtime_error("not a DNS message");
  return packet;
}

void push(ldns_pkt* packet, ldns_pkt_section section, const std::vector<std::string>& records) {
  for (const std::string& text : records) {
    ldns_rr* rr = nullptr;
    if (ldns_rr_new_frm_str(&rr, text.c_str(), 0, nullptr, nullptr) != LDNS_STATUS_OK) {
      throw std::runtime_error("not a record: " + text);
    }
    ldns_pkt_push_rr(packet, section, rr);
  }
}

}  // namespace

std::string answer_to(std::string_view query, const PacketParts& parts) {
  ldns_pkt* packet = parse(query);
  ldns_pkt_set_qr(packet, 1);
  ldns_pkt_set_ra(packet, 1);
  ldns_pkt_set_ad(packet, parts.authenticated ? 1 : 0);
  ldns_pkt_set_tc(packet, parts.truncated ? 1 : 0);
  ldns_pkt_set_rcode(packet, static_cast<std::uint8_t>(parts.code));
  push(packet, LDNS_SECTION_ANSWER, parts.answer);
  push(packet, LDNS_SECTION_AUTHORITY, parts.authority);
  if (parts.extended_error >= 0) {
    const std::uint8_t option[] = {0,
                                   15,
                                   0,
                                   2,
                                   static_cast<std::uint8_t>(parts.extended_error >> 8),
                                   static_cast<std::uint8_t>(parts.extended_error)};
    ldns_pkt_set_edns_data(packet, ldns_rdf_new_frm_data(LDNS_RDF_TYPE_UNKNOWN, sizeof option, option));
  }
  std::uint8_t* bytes = nullptr;
  std::size_t size = 0;
  if (ldns_pkt2wire(&bytes, packet, &size) != LDNS_STATUS_OK) throw std::runtime_error("cannot build the answer");
  std::string out(reinterpret_cast<const char*>(bytes), size);
  LDNS_FREE(bytes);
  ldns_pkt_free(packet);
  return out;
}

Asked parse_question(std::string_view query) {
  ldns_pkt* packet = parse(query);
  const ldns_rr* question = ldns_rr_list_rr(ldns_pkt_question(packet), 0);
  char* text = ldns_rdf2str(ldns_rr_owner(question));
  Asked asked{text, static_cast<int>(ldns_rr_get_type(question)), ldns_pkt_edns_do(packet) != 0,
              ldns_pkt_ad(packet) != 0, ldns_pkt_edns_udp_size(packet)};
  LDNS_FREE(text);
  ldns_pkt_free(packet);
  if (asked.name.ends_with('.')) asked.name.pop_back();
  return asked;
}

}  // namespace postern::discovery
