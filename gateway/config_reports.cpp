// reports: what is told to the domains of recipients.
#include "gateway/config_schema.hpp"

namespace postern::gateway {

Setting<ConfigFile> reports_setting() {
  using namespace std::chrono_literals;
  const Settings<TlsReportConfig> tls = {
      custom<TlsReportConfig>(
          "from", "address", "",
          "Who sends each day to domains that ask for it (TLS-RPT, RFC 8460) how TLS with their mail servers went: an "
          "address of a tenant, whose DKIM keys sign the reports. Without it nothing is counted",
          [](Reading& in, const Node& node, TlsReportConfig& reports) {
            const auto value = read_text(in, node);
            if (!value) return;
            auto address = mail::Address::parse(*value);
            if (!address) return in.complain(node, address.error().text);
            reports.from = std::move(*address);
          }),
      text("organization", &TlsReportConfig::organization, "hostname", "Who reports, in the domain's eyes"),
      duration("spread", &TlsReportConfig::spread, 0s, 12h, "4h",
               "Reports leave at a moment within this time after midnight UTC, so that not all senders report at once"),
  };
  return section<ConfigFile>(
      "reports",
      {section<ConfigFile>("tls", tls, [](ConfigFile& file) -> TlsReportConfig& { return file.config.tls_reports; })});
}

}  // namespace postern::gateway
