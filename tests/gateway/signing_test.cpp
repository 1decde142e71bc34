// DKIM on what leaves: what a recipient's server gets verifies, whatever way the body's hash took; who must not be
// signed is not, and mail that cannot be signed now waits.
#include "gateway/signing.hpp"

#include <fstream>

#include "crypto/dkim_verify.hpp"
#include "gateway/protect.hpp"
#include "tests/gateway/hosts.hpp"
#include "tests/gateway/scene.hpp"
#include "tests/support/dkim_keys.hpp"

namespace {

using namespace postern;
using test::Scene;

const SecretRef somewhere{SecretRef::Kind::file, "key.pem"};

std::vector<crypto::DkimKey> clinic_keys() {
  static const std::vector<crypto::DkimKey> keys = {test::dkim_key("clinic.example", "r1", test::rsa_2048()),
                                                    test::dkim_key("clinic.example", "e1", test::ed25519_key())};
  return keys;
}

std::shared_ptr<const gateway::DkimKeys> of_tenant(const std::string& tenant,
                                                   const std::vector<crypto::DkimKey>& keys) {
  gateway::DkimKeys::ByTenant all;
  for (const crypto::DkimKey& key : keys)
    all[tenant].push_back({somewhere, key});
  return std::make_shared<gateway::DkimKeys>(std::move(all));
}

/// A gateway that signs, and a recipient's server that keeps what comes.
struct Signing {
  Scene scene;
  test::Hosts hosts{scene};

  explicit Signing(std::vector<crypto::DkimKey> keys = clinic_keys()) {
    scene.services().dkim.set(of_tenant("clinic", keys));
  }
  spool::MessageRecord take(const std::string& message) {
    scene.clock.forward(std::chrono::seconds(1));  // ids are in order of time
    BOOST_REQUIRE(scene.send(message) == "250");
    return scene.queue().back().message;
  }
  Result<std::string> fields(const spool::MessageRecord& message) {
    return test::run(gateway::dkim_fields(scene.services(), message));
  }
};

std::vector<std::string> results(const std::string& message) {
  std::vector<std::string> found;
  const mail::HeaderView headers(message);
  for (const mail::Field& field : headers.all("DKIM-Signature"))
    found.emplace_back(crypto::format_dkim_result(
        crypto::verify_dkim(message, field, test::find_in(test::published(clinic_keys())), Time{}).result));
  return found;
}
const std::vector<std::string> both_pass = {"pass", "pass"};

std::string hash_of(const std::string& message) {
  crypto::DkimBodyHash hash;
  hash.update(std::string_view(message).substr(mail::header_length(message).value_or(message.size())));
  return hash.finish();
}

BOOST_AUTO_TEST_SUITE(dkim)

BOOST_AUTO_TEST_CASE(what_arrives_verifies_and_the_trace_stands_above_the_signatures) {
  Signing signing;
  signing.take(test::small_message);
  signing.scene.deliver_due();
  BOOST_REQUIRE(signing.hosts.dialled.size() == 1U);
  const std::string& came = signing.hosts.dialled[0]->mx.message;
  BOOST_TEST(results(came) == both_pass);
  std::string names;
  const mail::HeaderView headers(came);
  for (const mail::Field& field : headers.fields())
    names += std::string(field.name) + " ";
  BOOST_TEST(names == "Received DKIM-Signature DKIM-Signature From Message-ID Subject ");
  BOOST_TEST(came.ends_with(test::small_message));
}

BOOST_AUTO_TEST_CASE(the_hash_is_made_while_the_body_arrives_and_is_that_of_what_is_kept) {
  Signing signing;
  const std::string header = test::small_message.substr(0, test::small_message.find("\r\n\r\n") + 2);
  for (const std::string& message :
       {test::small_message, test::message_of(300'000), test::message_of(700'000), header + "\r\n", header,
        header + "\r\n \r\n\t\r\n\r\n", header + "\r\nx  y \t\r\n",
        std::string("X-Postern-Trace: v1\r\n") + header + "\r\nx\r\n"}) {
    const spool::MessageRecord record = signing.take(message);
    const std::size_t begin = message.starts_with("X-Postern-Trace") ? message.find("From:") : 0;  // it is cut
    BOOST_TEST(record.dkim_body_hash == hash_of(message.substr(begin)));
    const std::string fields = signing.fields(record).value();
    BOOST_TEST(results(fields + message.substr(begin)) == both_pass);
  }
}

/// Reports go through the cutter of returned header fields.
BOOST_AUTO_TEST_CASE(a_report_from_the_null_sender_is_hashed_as_it_is_kept) {
  Signing signing;
  const std::string report = test::small_message + "X-Postern-Trace: v1 hop=1\r\nmore\r\n";
  test::MemoryStream stream("EHLO mail.clinic.example\r\nMAIL FROM:<>\r\nRCPT TO:<bob@lab.example>\r\nDATA\r\n" +
                            report + ".\r\nQUIT\r\n");
  signing.scene.serve(stream);
  BOOST_REQUIRE(test::reply_to_body(stream.out) == "250");
  const spool::MessageRecord record = signing.scene.queue().back().message;
  BOOST_TEST(record.dkim_body_hash == hash_of(test::small_message + "more\r\n"));
  BOOST_TEST(results(signing.fields(record).value() + test::small_message + "more\r\n") == both_pass);
}

BOOST_AUTO_TEST_CASE(a_record_without_a_hash_is_signed_all_the_same) {
  Signing signing;
  for (const std::string& message : {test::small_message, test::message_of(700'000)}) {
    spool::MessageRecord record = signing.take(message);
    const std::string fields = signing.fields(record).value();
    record.dkim_body_hash.clear();
    BOOST_TEST(signing.fields(record).value() == fields);
  }
}

BOOST_AUTO_TEST_CASE(who_has_no_keys_pays_for_no_hash_and_gets_no_signature) {
  Signing signing({});
  const spool::MessageRecord record = signing.take(test::small_message);
  BOOST_TEST(record.dkim_body_hash.empty());
  BOOST_TEST(signing.fields(record).value() == "");
  // Keys that came since, by a reload, sign it.
  signing.scene.services().dkim.set(of_tenant("clinic", clinic_keys()));
  BOOST_TEST(results(signing.fields(record).value() + test::small_message) == both_pass);
}

BOOST_AUTO_TEST_CASE(each_attempt_sends_the_same_octets) {
  Signing signing;
  signing.take(test::small_message);
  auto connect = signing.scene.dialer.connect;
  signing.scene.dialer.connect = [&, connect] {
    auto line = connect();
    if (signing.hosts.dialled.size() == 1) signing.hosts.dialled[0]->mx.replies["."] = "451 later\r\n";
    return line;
  };
  signing.scene.deliver_due();
  signing.scene.clock.forward(std::chrono::hours(1));
  signing.scene.deliver_due();
  BOOST_REQUIRE(signing.hosts.dialled.size() == 2U);
  BOOST_TEST(signing.hosts.dialled[0]->mx.message == signing.hosts.dialled[1]->mx.message);
}

BOOST_AUTO_TEST_CASE(forwarded_mail_and_a_foreign_From_are_never_signed) {
  Signing signing;
  const spool::MessageRecord own = signing.take(test::small_message);
  BOOST_TEST(signing.fields(own).value() != "");
  spool::MessageRecord other = own;
  other.envelope.origin.mail_class = mail::MailClass::forwarded;
  BOOST_TEST(signing.fields(other).value() == "");
  other = own;
  other.envelope.header_from = *mail::Address::parse("eve@stranger.example");
  BOOST_TEST(signing.fields(other).value() == "");
  other = own;
  other.envelope.origin.tenant = "another";
  BOOST_TEST(signing.fields(other).value() == "");
}

BOOST_AUTO_TEST_CASE(a_notice_is_signed_where_the_gateway_s_name_is_in_the_tenant_s_domain) {
  Signing signing;
  spool::MessageRecord notice = signing.take(test::small_message);
  notice.envelope.header_from = *mail::Address::parse("postmaster@gw.clinic.example");
  notice.envelope.peer = {};
  BOOST_TEST(signing.fields(notice).value() != "");
  notice.envelope.header_from = *mail::Address::parse("postmaster@gw.hoster.example");
  BOOST_TEST(signing.fields(notice).value() == "");
}

/// A recipient that goes by DMARC would refuse it for good.
BOOST_AUTO_TEST_CASE(mail_whose_key_fails_waits_and_nobody_is_called) {
  const auto public_half = [] {
    const crypto::PrivateKey whole = test::rsa_2048();
    unsigned char* der = nullptr;
    const int size = i2d_PUBKEY(whole.get(), &der);
    const unsigned char* in = der;
    crypto::PrivateKey half(d2i_PUBKEY(nullptr, &in, size));
    OPENSSL_free(der);
    return half;
  };
  Signing signing({test::dkim_key("clinic.example", "r1", public_half())});
  const spool::MessageRecord record = signing.take(test::small_message);
  const auto fields = signing.fields(record);
  BOOST_REQUIRE(!fields.has_value());
  signing.scene.deliver_due();
  BOOST_TEST(signing.hosts.dialled.empty());
  const auto queue = signing.scene.queue();
  BOOST_REQUIRE(queue.size() == 1U);
  BOOST_TEST(std::holds_alternative<spool::Queued>(queue[0].recipients[0].state));
  BOOST_TEST(queue[0].recipients[0].last_reason.find("DKIM") != std::string::npos);
  BOOST_TEST(queue[0].recipients[0].attempts == 1U);

  signing.scene.services().dkim.set(of_tenant("clinic", clinic_keys()));
  signing.scene.clock.forward(std::chrono::hours(1));
  signing.scene.deliver_due();
  BOOST_REQUIRE(signing.hosts.dialled.size() == 1U);
  BOOST_TEST(results(signing.hosts.dialled[0]->mx.message) == both_pass);
}

/// Waiting would not change it.
BOOST_AUTO_TEST_CASE(a_header_that_no_signature_can_cover_leaves_without) {
  Signing signing;
  std::string many;
  for (int i = 0; i < 300; ++i)
    many += "To: bob@lab.example\r\n";
  signing.take(many + test::small_message);
  signing.scene.deliver_due();
  BOOST_REQUIRE(signing.hosts.dialled.size() == 1U);
  BOOST_TEST(signing.hosts.dialled[0]->mx.kept);
  BOOST_TEST(results(signing.hosts.dialled[0]->mx.message).empty());
}

BOOST_AUTO_TEST_CASE(keys_are_loaded_all_or_none_and_everything_that_is_wrong_is_said) {
  const test::Folder folder;
  const auto write = [&](const char* name, const crypto::PrivateKey& key) {
    std::ofstream(folder.path() / name) << test::private_pem(key);
  };
  write("good.pem", test::rsa_2048());
  write("short.pem", test::rsa_key(1024));
  write("curve.pem", test::p256_key());
  gateway::Config config;
  gateway::TenantConfig tenant;
  tenant.tenant.name = "clinic";
  const auto add = [&](const char* selector, const char* file) {
    tenant.dkim.push_back({*mail::Domain::parse("clinic.example"), selector, {SecretRef::Kind::file, file}});
  };
  add("p1", "good.pem");
  config.tenants = {tenant};
  const auto good = gateway::load_dkim_keys(config, folder.path());
  BOOST_REQUIRE(good.has_value());
  BOOST_TEST((*good)->all().at("clinic").size() == 1U);

  for (const auto& [selector, file] : {std::pair("p2", "short.pem"), {"p3", "curve.pem"}, {"p4", "not-there.pem"}})
    add(selector, file);
  config.tenants = {tenant};
  const auto wrong = gateway::load_dkim_keys(config, folder.path());
  BOOST_REQUIRE(!wrong.has_value());
  BOOST_REQUIRE(wrong.error().size() == 3U);
  BOOST_TEST(wrong.error()[0].find("1024") != std::string::npos);
  BOOST_TEST(wrong.error()[1].find("p256") != std::string::npos);
  BOOST_TEST(wrong.error()[2].find("not-there.pem") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_record_to_publish_has_no_string_that_is_too_long) {  // RFC 1035 §3.3
  const std::string text = gateway::format_dkim_record(clinic_keys()[0]);
  BOOST_TEST(text.starts_with("r1._domainkey.clinic.example. TXT \"v=DKIM1; k=rsa; p="));
  std::string joined;
  for (std::size_t at = text.find('"'); at != std::string::npos;) {
    const std::size_t end = text.find('"', at + 1);
    BOOST_TEST(end - at - 1 <= 255U);
    joined += text.substr(at + 1, end - at - 1);
    at = text.find('"', end + 1);
  }
  BOOST_TEST(joined == clinic_keys()[0].record());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
