// portal: where recipients without any other protection pick their mail up, and in whose name they are told.
#include "base/text_file.hpp"
#include "gateway/config_schema.hpp"
#include "gateway/config_scopes.hpp"
#include "gateway/config_values.hpp"
#include "portal/colour.hpp"
#include "portal/link.hpp"

namespace postern::gateway {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t largest_logo = 64U << 10;  // it goes with each notice

/// SVG is no image that mail clients show.
void read_logo(Reading& in, const Node& node, const std::filesystem::path& base, PortalSender& sender) {
  const auto name = read_text(in, node);
  if (!name) return;
  auto octets = read_text_file(base / *name);
  if (!octets) return in.complain(node, octets.error().text);
  if (octets->size() > largest_logo) return in.complain(node, "a logo has at most 64 KiB: it goes with each notice");
  if (!octets->starts_with("\x89PNG\r\n\x1a\n"))
    return in.complain(node, "a logo in mail is a PNG: mail clients show no SVG");
  sender.logo = std::move(*octets);
}

}  // namespace

Setting<ConfigFile> portal_setting() {
  const Settings<PortalConfig> settings = {
      custom<PortalConfig>(
          "socket", "file", "",
          "Where postern-portal takes deposits: its deposit.socket. Without it nobody has a portal rung",
          [](Reading& in, const Node& node, PortalConfig& portal) {
            if (auto value = read_text(in, node)) portal.socket = std::filesystem::path(*value);
          }),
      custom<PortalConfig>("url", "https://HOST", "", "What links begin with: postern-portal's url",
                           [](Reading& in, const Node& node, PortalConfig& into) {
                             const auto value = read_text(in, node);
                             if (!value) return;
                             if (const auto host = portal::host_of(*value); !host)
                               return in.complain(node, host.error().text);
                             into.url = *value;
                           }),
  };
  return section<ConfigFile>("portal", settings, [](ConfigFile& file) -> PortalConfig& { return file.config.portal; });
}

Settings<PortalSender> portal_sender_settings(const std::filesystem::path& base) {
  return {
      required(custom<PortalSender>("from", "address", "",
                                    "Who tells recipients that mail waits in the portal: an address of the tenant's, "
                                    "whose DKIM keys sign the notices",
                                    [](Reading& in, const Node& node, PortalSender& sender) {
                                      const auto value = read_text(in, node);
                                      if (!value) return;
                                      auto address = mail::Address::parse(*value);
                                      if (!address) return in.complain(node, address.error().text);
                                      sender.from = std::move(*address);
                                    })),
      required(text("name", &PortalSender::name, "", "How the tenant is called in notices: \"Riverside Clinic\"")),
      custom<PortalSender>("colour", "#rrggbb", "#0b5c6b",
                           "Of the button in notices, a shade of it that can be read; as in portal.toml",
                           [](Reading& in, const Node& node, PortalSender& sender) {
                             const auto value = read_text(in, node);
                             if (!value) return;
                             const auto colour = portal::parse_colour(*value);
                             if (!colour) return in.complain(node, "a colour is like \"#0b5c6b\"");
                             constexpr portal::Colour white{255, 255, 255}, black{0, 0, 0};
                             constexpr double ratio = 4.5;  // WCAG 2.2, success criterion 1.4.3
                             sender.colour = portal::format_colour(portal::readable(*colour, white, black, ratio));
                           }),
      custom<PortalSender>("domain", "domain", "",
                           "A domain of its own whose MX is a listener of the role \"returns\", and whose mail from "
                           "the tenant's people comes here: replies are in its name, and bounces of notices come home. "
                           "Without it nobody can reply",
                           [](Reading& in, const Node& node, PortalSender& sender) {
                             const auto value = read_text(in, node);
                             if (!value) return;
                             auto domain = mail::Domain::parse(*value);
                             if (!domain) return in.complain(node, domain.error().text);
                             sender.domain = std::move(*domain);
                           }),
      custom<PortalSender>(
          "logo", "file", "",
          "A PNG above what notices and codes say, at most 64 KiB; in portal.toml the logo of pages",
          [base](Reading& in, const Node& node, PortalSender& sender) { read_logo(in, node, base, sender); }),
  };
}

Setting<ScopedSettings> pickup_section() {
  return section<ScopedSettings>(
      "portal",
      {
          custom<ScopedSettings>(
              "proof", "code, password, passphrase", "code",
              "What a recipient needs besides the link: a code by mail, which asks who reads the mailbox; a password, "
              "which they choose at their first visit and which is a key from then on; or a passphrase, which is a "
              "key too: the sender gets it by mail and tells it the recipient by another way",
              [](Reading& in, const Node& node, ScopedSettings& scope) {
                using spool::PickupProof;
                Words<PickupProof> words;
                for (const auto proof : {PickupProof::code, PickupProof::password, PickupProof::passphrase})
                  words.emplace_back(spool::format_proof(proof), proof);
                scope.pickup_proof = read_word(in, node, words);
              }),
          custom<ScopedSettings>("expire", "time", "30d", "How long a message waits in the portal",
                                 [](Reading& in, const Node& node, ScopedSettings& scope) {
                                   scope.pickup_expire = read_duration(in, node, 1h, 24h * 366);
                                 }),
          custom<ScopedSettings>("language", "en, de, fr, es", "en", "Of notices and pages",
                                 [](Reading& in, const Node& node, ScopedSettings& scope) {
                                   scope.pickup_language = read_word(
                                       in, node,
                                       Words<std::string>{{"en", "en"}, {"de", "de"}, {"fr", "fr"}, {"es", "es"}});
                                 }),
          custom<ScopedSettings>(
              "notice_floor", "encrypted, none", "encrypted",
              "The least that the connection must be which carries a notice, and what DANE or MTA-STS promise besides. "
              "Where that cannot be had the sender is told, and nothing waits. none is a risk: whoever reads the "
              "notice "
              "on its way reads the message",
              [](Reading& in, const Node& node, ScopedSettings& scope) {
                scope.notice_floor = read_word(
                    in, node, Words<NoticeFloor>{{"encrypted", NoticeFloor::encrypted}, {"none", NoticeFloor::none}});
              }),
          custom<ScopedSettings>(
              "tell_unread", "true or false", "true",
              "The sender hears of a message that expires without having been opened",
              [](Reading& in, const Node& node, ScopedSettings& scope) { scope.tell_unread = read_flag(in, node); }),
          custom<ScopedSettings>(
              "tell_sender", "true or false", "false",
              "The sender hears for whom a message waits, with an address (of portal.domain) that takes it back when "
              "they write to it",
              [](Reading& in, const Node& node, ScopedSettings& scope) { scope.tell_sender = read_flag(in, node); }),
          custom<ScopedSettings>(
              "receipt", "never, asked, always", "asked",
              "The sender hears when a message is opened for the first time (RFC 8098): of each, or where Outlook's "
              "\"request a read receipt\" asked for it",
              [](Reading& in, const Node& node, ScopedSettings& scope) {
                scope.portal_receipt = read_word(
                    in, node,
                    Words<Receipt>{{"never", Receipt::never}, {"asked", Receipt::asked}, {"always", Receipt::always}});
              }),
          custom<ScopedSettings>("remind", "time", "5d",
                                 "So long before it expires its recipient is reminded once of what they have not "
                                 "opened; 0s: never",
                                 [](Reading& in, const Node& node, ScopedSettings& scope) {
                                   scope.portal_remind = read_duration(in, node, 0s, 24h * 366);
                                 }),
          custom<ScopedSettings>(
              "replies", "true or false", "true",
              "Recipients may reply in the portal, where the tenant has a portal.domain",
              [](Reading& in, const Node& node, ScopedSettings& scope) { scope.portal_replies = read_flag(in, node); }),
      });
}

}  // namespace postern::gateway
