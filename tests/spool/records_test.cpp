#include "spool/records.hpp"

#include <filesystem>
#include <fstream>

#include <boost/test/unit_test.hpp>

#include "fuzz/spool_record.cpp"
#include "tests/support/bad_files.hpp"
#include "tests/support/spool_room.hpp"

namespace {

using namespace postern::spool;
using namespace std::chrono_literals;

MessageRecord full_message() {
  test::SeededRandom random;
  MessageRecord record = test::message_record(QueueId::make(Time(1ms), random), Time(2ms), 3);
  record.envelope.message_id = "<1@clinic.example>";
  record.size = 123'456'789'012;
  record.sha256 = std::string(32, '\x80');
  record.chunks = 77;
  record.epoch = 490'000;
  record.wrapped_key = std::string(40, '\xff');
  record.judged = false;
  record.bare_lf_mended = 5;
  record.eight_bit = true;
  record.dkim_body_hash = std::string(32, '\x81');
  record.envelope.origin.mail_class = mail::MailClass::forwarded;
  record.envelope.origin.hops = 2;
  return record;
}

RecipientRecord full_recipient(RecipientState state) {
  RecipientRecord record = test::recipient_record(9, std::move(state));
  record.verdict.action = mail::Action::protect;
  record.verdict.why = {{"rule", "reason", mail::Action::protect, true, "exemption"}};
  record.rung = 1;
  record.attempts = 12;
  record.rung_attempts = 3;
  record.incapable_since = Time(5ms);
  record.may_be_duplicate = true;
  record.last_reason = "no answer";
  record.delay_told = true;
  return record;
}

const Held held{mail::HoldReason::no_rung, {"a", "b"}, Time(99ms), true};

std::filesystem::path corpus() {
  return std::filesystem::path(SOURCE_DIR) / "fuzz/corpus/spool_record";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(records)

BOOST_AUTO_TEST_CASE(a_message_record_comes_back_as_it_went) {
  const MessageRecord record = full_message();
  const auto back = decode_message(bytes_of(record));
  BOOST_REQUIRE(back.has_value());
  BOOST_TEST(bytes_of(*back) == bytes_of(record));
  BOOST_TEST(back->envelope.to.size() == 3U);
  BOOST_TEST(back->size == record.size);
  BOOST_TEST(back->sha256 == record.sha256);
  BOOST_TEST(back->chunks == 77U);
  BOOST_TEST(back->wrapped_key == record.wrapped_key);
  BOOST_TEST(!back->judged);
  BOOST_TEST((back->eight_bit == true));
  BOOST_TEST(back->dkim_body_hash == record.dkim_body_hash);
  BOOST_TEST((back->envelope.origin.mail_class == mail::MailClass::forwarded));
  BOOST_TEST(back->envelope.origin.hops == 2U);
}

BOOST_AUTO_TEST_CASE(a_recipient_record_comes_back_as_it_went_in_every_state) {
  for (const RecipientState& state :
       {RecipientState(Queued{Time(7ms)}), RecipientState(held), RecipientState(Unjudged{})}) {
    const RecipientRecord record = full_recipient(state);
    const auto back = decode_recipient(bytes_of(record));
    BOOST_REQUIRE(back.has_value());
    BOOST_TEST(bytes_of(*back) == bytes_of(record));
    BOOST_TEST(back->state.index() == state.index());
    BOOST_TEST((back->verdict == record.verdict));
    BOOST_TEST((back->ladder == record.ladder));
    BOOST_TEST((back->incapable_since == record.incapable_since));
    BOOST_TEST(!back->tls_trouble_since);
    BOOST_TEST(back->may_be_duplicate);
    BOOST_TEST(back->delay_told);
  }
  const auto back = decode_recipient(bytes_of(full_recipient(held))).value();
  const Held& state = std::get<Held>(back.state);
  BOOST_TEST((state.reason == mail::HoldReason::no_rung));
  BOOST_TEST(state.releasers.size() == 2U);
  BOOST_TEST((state.expires == Time(99ms)));
  BOOST_TEST(state.sender_told);
}

BOOST_AUTO_TEST_CASE(every_truncation_and_every_addition_is_an_error) {
  const std::string message = bytes_of(full_message()), recipient = bytes_of(full_recipient(held));
  for (std::size_t size = 0; size < message.size(); ++size)
    BOOST_TEST(!decode_message(message.substr(0, size)));
  for (std::size_t size = 0; size < recipient.size(); ++size)
    BOOST_TEST(!decode_recipient(recipient.substr(0, size)));
  BOOST_TEST(!decode_message(message + "x"));
  BOOST_TEST(!decode_recipient(recipient + "x"));
}

BOOST_AUTO_TEST_CASE(every_changed_byte_is_an_error_or_another_whole_record) {
  for (const bool message : {true, false}) {
    std::string bytes = (message ? std::string("\0", 1) : std::string("\1")) +
                        (message ? bytes_of(full_message()) : bytes_of(full_recipient(held)));
    for (std::size_t at = 1; at < bytes.size(); ++at) {
      for (const int flip : {1, 0x40, 0x80, 0xff}) {
        std::string changed = bytes;
        changed[at] = static_cast<char>(changed[at] ^ flip);
        BOOST_TEST(LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(changed.data()), changed.size()) == 0);
      }
    }
  }
}

std::string stored(const char* name) {
  return test::read_file(std::filesystem::path(SOURCE_DIR) / "tests/cases/spool" / name).substr(1);
}

BOOST_AUTO_TEST_CASE(records_of_format_4_are_read) {
  const auto message = decode_message(stored("format-4/message"));
  BOOST_REQUIRE(message.has_value());
  BOOST_TEST((message->eight_bit == true));
  BOOST_TEST((message->envelope.origin.mail_class == mail::MailClass::forwarded));
  BOOST_TEST(message->envelope.origin.hops == 2U);
  BOOST_TEST(message->dkim_body_hash.empty());  // it does not say
  const auto queued = decode_recipient(stored("format-4/queued"));
  BOOST_REQUIRE(queued.has_value());
  BOOST_TEST(queued->delay_told);
}

BOOST_AUTO_TEST_CASE(a_body_hash_is_whole_or_none) {
  MessageRecord record = full_message();
  record.dkim_body_hash.resize(31);
  BOOST_TEST(!decode_message(bytes_of(record)).has_value());
}

BOOST_AUTO_TEST_CASE(records_of_format_1_are_read) {
  const auto message = decode_message(stored("format-1/message"));
  BOOST_REQUIRE(message.has_value());
  BOOST_TEST(message->envelope.asked.empty());
  BOOST_TEST(!message->envelope.parameters.utf8);
  BOOST_TEST(!message->eight_bit);  // it does not say
  BOOST_TEST((message->envelope.origin.mail_class == mail::MailClass::own));
  for (const char* name : {"format-1/queued", "format-1/held", "format-1/unjudged"})
    BOOST_TEST(decode_recipient(stored(name)).has_value());
}

BOOST_AUTO_TEST_CASE(a_record_of_a_later_version_is_damage_not_a_guess) {
  Writer out;
  out.u64((1ULL << 40) + record_version + 1);
  BOOST_TEST(!decode_message(out.take() + "anything").has_value());
}

BOOST_AUTO_TEST_CASE(the_fuzzer_s_corpus_holds_records_that_decode_and_replays) {
  std::size_t files = 0, decoded = 0;
  for (const auto& entry : std::filesystem::directory_iterator(corpus())) {
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    const std::string_view record = std::string_view(bytes).substr(1);
    if (bytes[0] == 0 ? decode_message(record).has_value() : decode_recipient(record).has_value()) ++decoded;
    ++files;
  }
  BOOST_TEST(files >= 5U);
  BOOST_TEST(decoded >= 4U);  // or the format has changed and format_version has not
}

BOOST_AUTO_TEST_SUITE_END()
