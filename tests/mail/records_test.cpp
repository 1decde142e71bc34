// The byte forms: what is written is read back, and a form that was cut or lied about is an error, never a crash.
#include <boost/test/unit_test.hpp>

#include "mail/dsn.hpp"
#include "mail/envelope.hpp"
#include "mail/facts.hpp"
#include "mail/probe.hpp"
#include "mail/route.hpp"
#include "mail/tls_required.hpp"
#include "mail/trace.hpp"
#include "mail/verdict.hpp"

namespace {

using namespace postern;

mail::Facts some_facts() {
  mail::Facts facts;
  facts.size = 5000;
  facts.parts = {{"0", "text/rfc822-headers", 200, false, {}},
                 {"1.2", "application/pdf", 4000, true, mail::Uninspectable::unsupported}};
  facts.findings = {{0, 0, 5, 11, 42}, {1, 1, 100, 3, 7}};
  return facts;
}

BOOST_AUTO_TEST_CASE(facts_survive_the_way_and_every_cut_is_an_error) {
  const std::string bytes = mail::encode_facts(some_facts());
  BOOST_TEST((mail::decode_facts(bytes, 2).value() == some_facts()));
  for (std::size_t cut = 0; cut < bytes.size(); ++cut)
    BOOST_TEST(!mail::decode_facts(bytes.substr(0, cut), 2).has_value());
  BOOST_TEST(!mail::decode_facts(bytes + "x", 2).has_value());
}

BOOST_AUTO_TEST_CASE(facts_that_lie_are_refused) {
  BOOST_TEST(!mail::decode_facts(mail::encode_facts(some_facts()), 1).has_value());  // a probe that was not asked
  mail::Facts facts = some_facts();
  facts.findings[0].part = 2;
  BOOST_TEST(!mail::decode_facts(mail::encode_facts(facts), 2).has_value());
  facts = some_facts();
  facts.findings[0].length = UINT32_MAX;
  BOOST_TEST(!mail::decode_facts(mail::encode_facts(facts), 2).has_value());
  facts = some_facts();
  facts.parts.clear();
  facts.findings.clear();
  BOOST_TEST(!mail::decode_facts(mail::encode_facts(facts), 2).has_value());  // "nothing found" by having no parts
  facts = some_facts();
  facts.parts[1].media_type = "text/\x1b[31mred";
  BOOST_TEST(!mail::decode_facts(mail::encode_facts(facts), 2).has_value());
}

BOOST_AUTO_TEST_CASE(probes_survive_the_way_and_every_cut_is_an_error) {
  const mail::ProbeSet probes = {{"ssn", mail::ProbeTarget::text, "", {"x", "y"}, false, true, true},
                                 {"h", mail::ProbeTarget::header, "x-a", {"z"}, true, false, false}};
  const std::string bytes = mail::encode_probes(probes);
  BOOST_TEST((mail::decode_probes(bytes).value() == probes));
  for (std::size_t cut = 0; cut < bytes.size(); ++cut)
    BOOST_TEST(!mail::decode_probes(bytes.substr(0, cut)).has_value());
}

BOOST_AUTO_TEST_CASE(routes_of_every_kind_survive_the_way) {
  const mail::Ladder ladder = {
      mail::TlsRelay{mail::FinalMx{}, mail::TlsRequirement::at(mail::TlsLevel::verified)},
      mail::TlsRelay{mail::Relay{"s.example", 587, true}, mail::TlsRequirement::at(mail::TlsLevel::encrypted)},
      mail::Smime{mail::FinalMx{}, mail::TlsRequirement::at(mail::TlsLevel::opportunistic)},
      mail::Pgp{mail::Relay{"s.example", 25, false}, mail::TlsRequirement::at(mail::TlsLevel::encrypted)},
      mail::Portal{},
      mail::Hold{mail::HoldReason::operator_},
      mail::Refuse{}};
  Writer out;
  mail::encode(out, ladder);
  const std::string bytes = out.take();
  Reader in(bytes);
  BOOST_TEST((mail::decode_ladder(in) == ladder));
  BOOST_TEST(in.finished());
}

BOOST_AUTO_TEST_CASE(sealed_rungs_of_version_4_say_nothing_of_their_way) {
  constexpr std::uint8_t smime = 1, pgp = 2;
  Writer out;
  out.u64(2);
  out.enumerator(smime);
  out.enumerator(pgp);
  const std::string bytes = out.take();
  Reader in(bytes);
  BOOST_TEST((mail::decode_ladder(in, 4) == mail::Ladder{mail::Smime{}, mail::Pgp{}}));
  BOOST_TEST(in.finished());
}

mail::Envelope an_envelope(const std::string& helo) {
  SystemRandom random;
  mail::Envelope envelope;
  envelope.id = QueueId::make(Time(std::chrono::hours(500'000)), random);
  envelope.to = {*mail::Address::parse("bob@lab.example")};
  envelope.peer.helo = helo;
  envelope.peer.address = "192.0.2.1";
  envelope.peer.esmtp = true;
  envelope.peer.tls.version = mail::TlsVersion::tls1_3;
  envelope.peer.tls.cipher = "TLS_AES_256_GCM_SHA384";
  return envelope;
}

BOOST_AUTO_TEST_CASE(no_helo_can_write_the_trace_header) {
  for (const char* helo : {"mail.example", "x\r\nSubject: forged", "(comment", "a b;c", "", "\x01\xff", "<>\"\\"}) {
    const std::string field =
        mail::format_received(an_envelope(helo), "gw.clinic.example", Time(std::chrono::hours(500'000)));
    BOOST_TEST(mail::HeaderView(field).fields().size() == 1U, helo);
    BOOST_TEST(field.ends_with("+0000\r\n"));
    BOOST_TEST((field.find("\nSubject") == std::string::npos), helo);
  }
}

BOOST_AUTO_TEST_CASE(for_stands_only_where_nobody_learns_of_another) {
  mail::Envelope envelope = an_envelope("mail.example");
  BOOST_TEST((mail::format_received(envelope, "gw", Time{}).find("for <bob@lab.example>") != std::string::npos));
  envelope.to.push_back(*mail::Address::parse("hidden@lab.example"));
  BOOST_TEST((mail::format_received(envelope, "gw", Time{}).find("for <") == std::string::npos));
}

BOOST_AUTO_TEST_CASE(a_notice_has_codes_and_our_words_and_nothing_of_the_peers) {
  SystemRandom random;
  mail::Dsn dsn;
  dsn.reporting_mta = "gw.clinic.example";
  dsn.to = *mail::Address::parse("ann@clinic.example");
  dsn.from = *mail::Address::parse("postmaster@gw.clinic.example");
  dsn.id = dsn.about = QueueId::make(Time{}, random);
  dsn.recipients = {{*mail::Address::parse("bob@lab.example"),
                     mail::DsnAction::failed,
                     {5, 1, 1},
                     "The address was refused",
                     mail::PeerReply{550, mail::StatusCode{5, 1, 1}, Tainted("MARKER")},
                     "mx.lab.example"}};
  const std::string text = mail::format_dsn(dsn);
  for (const char* expected :
       {"Final-Recipient: rfc822; bob@lab.example\r\n", "Action: failed\r\n", "Status: 5.1.1\r\n",
        "Diagnostic-Code: smtp; 550 5.1.1\r\n", "Remote-MTA: dns; mx.lab.example\r\n",
        "Auto-Submitted: auto-replied\r\n", "report-type=delivery-status"}) {
    BOOST_TEST((text.find(expected) != std::string::npos), expected);
  }
  BOOST_TEST((text.find("MARKER") == std::string::npos));
  BOOST_TEST((text.find('\n') == text.find("\r\n") + 1));
}

mail::Dsn a_notice(mail::DsnAction action, const std::string& recipient) {
  SystemRandom random;
  mail::Dsn dsn;
  dsn.reporting_mta = "gw.clinic.example";
  dsn.to = *mail::Address::parse("ann@clinic.example");
  dsn.from = *mail::Address::parse("postmaster@gw.clinic.example");
  dsn.id = dsn.about = QueueId::make(Time{}, random);
  dsn.about_from = *mail::Address::parse("ann@clinic.example");
  dsn.about_message_id = "<1@clinic.example>";
  dsn.envid = "QQ+2B1";
  dsn.recipients = {{*mail::Address::parse(recipient),
                     action,
                     {2, 0, 0},
                     "told",
                     {},
                     "mx.lab.example",
                     "rfc822;old+2Bbob@lab.example"}};
  return dsn;
}

BOOST_AUTO_TEST_CASE(a_dsn_names_what_the_sender_called_it) {  // RFC 3461 §6.3
  const std::string text = mail::format_dsn(a_notice(mail::DsnAction::relayed, "bob@lab.example"));
  for (const char* line :
       {"\r\nOriginal-Envelope-Id: QQ+1\r\n", "\r\nOriginal-Recipient: rfc822; old+bob@lab.example\r\n",
        "\r\nFinal-Recipient: rfc822; bob@lab.example\r\n", "\r\nAction: relayed\r\n",
        "\r\nContent-Type: text/rfc822-headers\r\n\r\nFrom: <ann@clinic.example>\r\nMessage-ID: <1@clinic.example>\r\n",
        "\r\nSubject: Your message was handed over\r\n"}) {
    BOOST_TEST(text.find(line) != std::string::npos, line);
  }
}

BOOST_AUTO_TEST_CASE(a_dsn_about_an_address_beyond_ascii_is_ascii_where_it_must_be) {  // RFC 6533 §3
  const std::string text = mail::format_dsn(a_notice(mail::DsnAction::failed, "bäb@lab.example"));
  BOOST_TEST(text.find("\r\nFinal-Recipient: utf-8; b\\x{E4}b@lab.example\r\n") != std::string::npos);
  const std::size_t status = text.find("message/delivery-status");
  BOOST_TEST(is_ascii(std::string_view(text).substr(status)));
  BOOST_TEST(text.find("charset=utf-8\r\nContent-Transfer-Encoding: 8bit") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_envelope_keeps_what_the_sender_asked_for) {
  mail::Envelope envelope = an_envelope("mail.example");
  envelope.header_from = *mail::Address::parse("ann@clinic.example");
  envelope.parameters.utf8 = envelope.utf8_headers = true;
  envelope.parameters.ret = mail::Return::headers;
  envelope.parameters.envid = "x+2B";
  envelope.parameters.requiretls = true;
  envelope.asked = {{{true, true, false, true}, "rfc822;b@lab.example"}};
  Writer out;
  mail::encode(out, envelope);
  const std::string bytes = out.take();
  Reader in(bytes);
  const mail::Envelope back = mail::decode_envelope(in, mail::envelope_version);
  BOOST_TEST(in.finished());
  BOOST_TEST((back.parameters == envelope.parameters));
  BOOST_TEST((back.asked == envelope.asked));
  BOOST_TEST(back.utf8_headers);
  BOOST_TEST(!back.tls_optional);
}

BOOST_AUTO_TEST_CASE(an_envelope_of_before_requiretls_is_read) {
  mail::Envelope envelope = an_envelope("mail.example");
  envelope.header_from = *mail::Address::parse("ann@clinic.example");
  envelope.tls_optional = true;
  Writer out;
  mail::encode(out, envelope);
  const std::string bytes = out.take(), before = bytes.substr(0, bytes.size() - 2);
  Reader in(before), now(bytes);
  BOOST_TEST(!mail::decode_envelope(in, 4).tls_optional);
  BOOST_TEST(in.finished());
  BOOST_TEST(mail::decode_envelope(now, 5).tls_optional);
  BOOST_TEST(now.finished());
}

BOOST_AUTO_TEST_CASE(tls_is_not_required_only_where_one_field_says_no) {  // RFC 8689 §3
  const auto says = [](const std::string& section) { return mail::says_tls_not_required(mail::HeaderView(section)); };
  BOOST_TEST(says("TLS-Required: No\r\n"));
  BOOST_TEST(says("From: a@a.example\r\ntls-required:\r\n nO \r\n"));
  for (const std::string other :
       {"", "TLS-Required: Yes\r\n", "TLS-Required:\r\n", "TLS-Required: No, really\r\n", "X-TLS-Required: No\r\n",
        "TLS-Required: No\r\nTLS-Required: No\r\n", "TLS-Required: No\r\nTLS-Required: Yes\r\n"})
    BOOST_TEST(!says(other), other);
}

}  // namespace
