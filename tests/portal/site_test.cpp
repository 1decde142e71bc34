// Visits: what a recipient, a scanner and a thief of links see.
#include <filesystem>
#include <fstream>

#include "tests/portal/site_scene.hpp"

namespace {

using namespace postern::test::site;

BOOST_FIXTURE_TEST_SUITE(visits, Scene)

BOOST_AUTO_TEST_CASE(from_the_link_to_the_message) {
  const auto landed = get(path_of(link));
  BOOST_TEST(landed.status == 200);
  BOOST_TEST(shows(landed, "Riverside Clinic"));
  BOOST_TEST(shows(landed, "b\xE2\x80\xA6@lab.example"));
  BOOST_TEST(!shows(landed, "A-WORD"));
  BOOST_TEST(!shows(landed, "Your results"));
  BOOST_TEST(shows(ask_for_code(link), "/m/" + link.lookup + "/open"));
  const auto entered = enter(link, code());
  BOOST_TEST(entered.status == 303);
  BOOST_TEST(field(entered, "Location") == "/read");
  BOOST_TEST(cookie.starts_with("__Host-postern="));
  const auto read = get("/read");
  BOOST_TEST(read.status == 200);
  BOOST_TEST(shows(read, "A-WORD-IN-THE-BODY"));
  BOOST_TEST((events() == std::vector{EventKind::opened}));
  BOOST_TEST(get("/read/original").body == text);
}

/// A scanner that follows every link, from many addresses, and the human after it.
BOOST_AUTO_TEST_CASE(a_get_has_no_effect_however_often) {
  for (int i = 0; i < 50; ++i) {
    net::HttpCall call{"GET", path_of(link), "", "", {}, "", {"198.51.100." + std::to_string(i), 1}};
    BOOST_TEST(ask(call).status == 200);
  }
  BOOST_TEST(happenings.take_codes(clock.now(), 10).empty());
  BOOST_TEST(events().empty());
  BOOST_TEST(cookie.empty());
  open();
  BOOST_TEST(shows(get("/read"), "A-WORD"));
}

/// One that presses every button once has a code sent, and opens nothing.
BOOST_AUTO_TEST_CASE(a_scanner_that_submits_every_form_opens_nothing_and_the_human_gets_in) {
  ask_for_code(link);
  enter(link, "");
  BOOST_TEST(get("/read").status == 403);
  BOOST_TEST(happenings.take_codes(clock.now(), 10).size() == 1);
  clock.forward(seconds(30));
  open();
  BOOST_TEST(shows(get("/read"), "A-WORD"));
}

BOOST_AUTO_TEST_CASE(whoever_has_no_valid_link_sees_one_page) {
  const Link expired = deposited(), revoked = deposited();
  BOOST_REQUIRE(store->revoke({revoked.lookup}));
  const std::string reference = get(path_of({make_lookup(random), crypto::make_key(random)})).body;
  const auto same = [&](const Link& wrong) {
    for (const auto& result :
         {get(path_of(wrong)), ask_for_code(wrong), enter(wrong, "123456"), unlock(wrong, "abacus")}) {
      BOOST_TEST(result.status == 404);
      BOOST_TEST(result.body == reference);
    }
  };
  same({link.lookup, crypto::make_key(random)});
  same({make_lookup(random), link.secret});
  same({locked().lookup, link.secret});
  same(revoked);
  clock.forward(hours(24));
  same(expired);
  BOOST_TEST(happenings.take_codes(clock.now(), 10).empty());
  BOOST_TEST(get("/m/x/y").body == reference);
}

BOOST_AUTO_TEST_CASE(the_link_alone_opens_nothing) {
  BOOST_TEST(enter(link, "000000").status == 200);  // there is no code yet
  ask_for_code(link);
  const std::string right = code();
  const std::string wrong = right == "000000" ? "000001" : "000000";
  for (int i = 0; i < 5; ++i)
    BOOST_TEST(enter(link, wrong).status == 200);
  BOOST_TEST(enter(link, right).status == 200);  // void by now
  BOOST_TEST(get("/read").status == 403);
  BOOST_TEST((events() == std::vector<EventKind>(5, EventKind::code_wrong)));
}

BOOST_AUTO_TEST_CASE(a_code_is_of_its_own_link) {
  const Link other = deposited({"eve@evil.example", "en"});
  ask_for_code(other);
  const std::string theirs = code();
  BOOST_TEST(enter(link, theirs).status == 200);
  BOOST_TEST(get("/read").status == 403);
}

/// Whoever has got hold of many links cannot fill the mailbox.
BOOST_AUTO_TEST_CASE(a_mailbox_gets_so_many_codes_whatever_the_messages) {
  std::size_t sent = 0;
  for (int i = 0; i < 30; ++i) {
    const Link another = deposited();
    clock.forward(seconds(2));
    ask_for_code(another);
    sent += happenings.take_codes(clock.now(), 100).size();
  }
  BOOST_TEST(sent == 20U);
  BOOST_TEST(shows(ask_for_code(deposited()), "A code is already on its way"));
  ask_for_code(deposited({"eve@lab.example", "en"}));
  BOOST_TEST(happenings.take_codes(clock.now(), 100).size() == 1U);
  clock.forward(minutes(3));
  ask_for_code(deposited({"Bob@lab.example", "en"}));
  BOOST_TEST(happenings.take_codes(clock.now(), 100).size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_passphrase_is_asked_for_at_once_and_opens_it) {
  const Link of = locked();
  const auto landed = get(path_of(of));
  BOOST_TEST(landed.status == 200);
  BOOST_TEST(shows(landed, "/m/" + of.lookup + "/unlock"));
  BOOST_TEST(shows(landed, "b\xE2\x80\xA6@lab.example"));
  BOOST_TEST(!shows(landed, "/code"));
  const auto opened = unlock(of, "Abacus-Tulip+zebra+HONEY");
  BOOST_TEST(opened.status == 303);
  BOOST_TEST(field(opened, "Location") == "/read");
  BOOST_TEST(shows(get("/read"), "A-WORD"));
  BOOST_TEST((events() == std::vector{EventKind::opened}));
}

BOOST_AUTO_TEST_CASE(without_its_passphrase_nothing_opens_and_each_wrong_one_is_on_record) {
  const Link of = locked();
  const auto wrong = unlock(of, "abacus tulip zebra money");
  BOOST_TEST(wrong.status == 200);
  BOOST_TEST(shows(wrong, "This passphrase is not right."));
  BOOST_TEST(!shows(wrong, "money"));
  BOOST_TEST(get("/read").status == 403);
  BOOST_TEST((events() == std::vector{EventKind::code_wrong}));
}

/// The ways of the code: none is sent, and none opens it.
BOOST_AUTO_TEST_CASE(a_code_does_not_stand_in_for_a_passphrase) {
  const Link of = locked();
  BOOST_TEST(ask_for_code(of).body == get(path_of(of)).body);
  BOOST_TEST(happenings.take_codes(clock.now(), 10).empty());
  ask_for_code(link);
  const std::string theirs = code();
  for (const std::string& typed : {theirs, std::string("000000"), std::string("abacus+tulip+zebra+honey")})
    BOOST_TEST(enter(of, typed).body == get(path_of(of)).body);
  BOOST_TEST(get("/read").status == 403);
}

BOOST_AUTO_TEST_CASE(a_passphrase_does_not_stand_in_for_a_code) {
  BOOST_TEST(unlock(link, "abacus+tulip+zebra+honey").body == get(path_of(link)).body);
  BOOST_TEST(get("/read").status == 403);
}

/// From as many networks as one likes.
BOOST_AUTO_TEST_CASE(passphrases_are_guessed_ten_at_once_and_then_once_a_minute) {
  const Link of = locked();
  int networks = 0;
  const auto guess = [&](const std::string& words) {
    return unlock(of, words, "198.51.100." + std::to_string(++networks)).status;
  };
  for (int i = 0; i < 10; ++i)
    BOOST_TEST(guess("a guess") == 200);
  const auto refused = unlock(of, "abacus tulip zebra honey", "203.0.113.1");
  BOOST_TEST(refused.status == 429);
  BOOST_TEST(!field(refused, "Retry-After").empty());
  BOOST_TEST(shows(refused, "too many wrong tries"));
  BOOST_TEST(unlock(locked("other words here too"), "other+words+here+too").status == 303);
  clock.forward(minutes(1));
  BOOST_TEST(guess("abacus tulip zebra honey") == 303);
  BOOST_TEST((events() == [] {
    std::vector<EventKind> all(10, EventKind::code_wrong);
    all.insert(all.end(), 2, EventKind::opened);
    return all;
  }()));
}

/// What scanners fill in.
BOOST_AUTO_TEST_CASE(an_empty_passphrase_is_no_try) {
  const Link of = locked();
  for (int i = 0; i < 20; ++i)
    BOOST_TEST(unlock(of, i % 2 == 0 ? "" : "12345").body == get(path_of(of)).body);
  BOOST_TEST(events().empty());
  clock.forward(minutes(1));
  BOOST_TEST(unlock(of, "abacus+tulip+zebra+honey").status == 303);
}

BOOST_AUTO_TEST_CASE(links_are_good_until_they_expire_not_once) {
  open();
  clock.forward(minutes(20));
  BOOST_TEST(get("/read").status == 403);
  open();
  BOOST_TEST(get("/read").status == 200);
  BOOST_TEST((events() == std::vector{EventKind::opened, EventKind::opened_again}));
}

BOOST_AUTO_TEST_CASE(a_recalled_message_is_gone_from_open_sessions_too) {
  open();
  BOOST_REQUIRE(store->revoke({link.lookup}));
  BOOST_TEST(get("/read").status == 404);
}

BOOST_AUTO_TEST_CASE(a_session_that_was_known_before_is_worth_nothing) {
  cookie = "__Host-postern=chosen-by-an-attacker";
  open();
  BOOST_TEST(cookie != "__Host-postern=chosen-by-an-attacker");
  const std::string first = cookie;
  clock.forward(seconds(30));
  open();
  BOOST_TEST(cookie != first);
  cookie = first;
  BOOST_TEST(get("/read").status == 403);
}

BOOST_AUTO_TEST_CASE(who_ends_it_has_ended_it) {
  open();
  const std::string before = cookie;
  BOOST_TEST(post("/end", "").status == 200);
  cookie = before;
  BOOST_TEST(get("/read").status == 403);
}

BOOST_AUTO_TEST_CASE(another_site_cannot_post_for_the_reader) {
  open();
  BOOST_TEST(post("/end", "", {{"sec-fetch-site", "cross-site"}}).status == 400);
  BOOST_TEST(post("/end", "", {{"origin", "https://evil.example"}}).status == 400);
  BOOST_TEST(post("/end", "", {{"origin", "http://secure.clinic.example"}}).status == 400);
  BOOST_TEST(post("/end", "", {{"origin", "null"}}).status == 400);
  BOOST_TEST(get("/read").status == 200);
  BOOST_TEST(
      post("/end", "", {{"sec-fetch-site", "same-origin"}, {"origin", "https://secure.clinic.example"}}).status == 200);
  BOOST_TEST(get("/read").status == 403);
}

BOOST_AUTO_TEST_CASE(a_request_for_another_host_is_not_ours) {
  net::HttpCall call{"GET", path_of(link), "", "evil.example", {}, "", {}};
  BOOST_TEST(ask(call).status == 421);
}

BOOST_AUTO_TEST_CASE(forms_that_are_odd_are_refused) {
  const std::string path = "/m/" + link.lookup + "/open";
  BOOST_TEST(post(path, "link=" + secret_of(link)).status == 400);
  BOOST_TEST(post(path, "code=1").status == 400);
  BOOST_TEST(post("/m/" + link.lookup + "/unlock", "link=" + secret_of(link)).status == 400);
  BOOST_TEST(post(path, "link=" + secret_of(link) + "&code=1&code=2").status == 400);
  BOOST_TEST(post(path, "link=%zz&code=1").status == 400);
  BOOST_TEST(
      ask({"POST", path, "", "", {{"content-type", "text/plain"}}, "link=" + secret_of(link) + "&code=1", {}}).status ==
      400);
  BOOST_TEST(post("/m/" + link.lookup + "/" + secret_of(link), "").status == 404);
  BOOST_TEST(post("/read", "").status == 404);
}

BOOST_AUTO_TEST_CASE(who_hammers_is_slowed_down_and_others_are_not) {
  unsigned refused = 0;
  for (int i = 0; i < 100; ++i)
    refused += get(path_of(link)).status == 429;
  BOOST_TEST(refused == 40);
  BOOST_TEST(get("/style.css").status == 200);
  net::HttpCall other{"GET", path_of(link), "", "", {}, "", {"192.0.2.2", 1}};
  BOOST_TEST(ask(other).status == 200);
  clock.forward(seconds(2));
  BOOST_TEST(get(path_of(link)).status == 200);
}

BOOST_AUTO_TEST_CASE(every_answer_says_what_a_browser_may_do_with_it) {
  open();
  for (const char* path :
       {"/read", "/read/text", "/read/print", "/read/html", "/read/original", "/none", "/style.css"}) {
    const auto result = get(path);
    const std::string policy = field(result, "Content-Security-Policy");
    BOOST_TEST(policy.starts_with("default-src 'none'"), path);
    BOOST_TEST(policy.find("script-src") == std::string::npos, path);
    BOOST_TEST(field(result, "Referrer-Policy") == "no-referrer", path);
    BOOST_TEST(field(result, "X-Content-Type-Options") == "nosniff", path);
    BOOST_TEST(!field(result, "Strict-Transport-Security").empty(), path);
    BOOST_TEST((field(result, "Cache-Control") == "no-store") == (std::string(path) != "/style.css"), path);
  }
  BOOST_TEST(field(get("/read/html"), "Content-Security-Policy").find("sandbox") != std::string::npos);
  BOOST_TEST(field(get("/read"), "X-Frame-Options") == "DENY");
}

BOOST_AUTO_TEST_CASE(the_cookie_goes_to_this_server_alone_and_to_no_script) {
  ask_for_code(link);
  const std::string set = field(enter(link, code()), "Set-Cookie");
  for (const char* word : {"__Host-postern=", "; Path=/", "; Secure", "; HttpOnly", "; SameSite=Strict"})
    BOOST_TEST(set.find(word) != std::string::npos, word);
  BOOST_TEST(set.find("Domain") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_recipient_is_spoken_to_in_the_language_of_the_card_and_the_lost_in_the_browsers) {
  const Link german = deposited({"bob@lab.example", "de"});
  BOOST_TEST(shows(get(path_of(german)), "lang=\"de\""));
  BOOST_TEST(shows(get("/none", {{"accept-language", "fr-CH, fr;q=0.9, en;q=0.8"}}), "lang=\"fr\""));
  BOOST_TEST(shows(get("/none", {{"accept-language", "xx, en, de"}}), "lang=\"en\""));
}

BOOST_AUTO_TEST_CASE(a_file_name_cannot_break_out_of_its_field) {
  BOOST_TEST(get("/read/attachment/0").status == 403);
  open();
  for (const char* path :
       {"/read/attachment/99", "/read/attachment/-1", "/read/attachment/x", "/read/attachment/99999999999999999999",
        "/read/image/0", "/read/../m", "/read/attachment/0/1", "/brand/clinic/logo", "/brand/..css"})
    BOOST_TEST(get(path).status == 404, path);
}

/// Whatever a request says: nothing of it is looked up on a disk, where this file can be read by the process.
BOOST_AUTO_TEST_CASE(a_path_names_no_file) {
  const std::filesystem::path file = folder.path() / "portal.toml";
  std::ofstream(file) << "A-WORD-OF-A-FILE";
  open();
  for (std::string up : {"../", "..%2f", "%2e%2e/", "%2e%2e%2f", "..\\"}) {
    std::string above;
    for (int i = 0; i < 12; ++i)
      above += up;
    for (const char* folder_of_ours : {"", "brand/", "brand/clinic/", "read/attachment/", "read/image/", "m/"}) {
      const auto answered = get("/" + std::string(folder_of_ours) + above + file.string().substr(1));
      BOOST_TEST(answered.status == 404, folder_of_ours + up);
      BOOST_TEST(!shows(answered, "A-WORD"), folder_of_ours + up);
    }
  }
}

// What is long

/// 2 MiB of words that are shown, a file of 3 MiB, an image, and a message in the message.
struct Long : Scene {
  std::string file = std::string(3U << 20, '\0');
  std::string message;
  Long() {
    for (std::size_t i = 0; i < file.size(); ++i)
      file[i] = static_cast<char>(i * i >> 7);
    const auto part = [](const std::string& fields, const std::string& body) {
      return "--b\r\n" + fields + "\r\n\r\n" + body + "\r\n";
    };
    std::string words;
    while (words.size() < 1'900'000)
      words += "A-WORD-IN-THE-BODY\r\n";
    message = "From: ann@clinic.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" +
              part("Content-Type: text/plain", words) +
              part("Content-Type: application/pdf; name=scan.pdf\r\nContent-Transfer-Encoding: base64",
                   format_base64_lines(file, 76, "\r\n")) +
              part("Content-Type: image/png; name=a.png", "PNG") +
              part("Content-Type: message/rfc822", "Subject: inner\r\n\r\nA-WORD-INSIDE") + "--b--\r\n";
    link = deposited({"bob@lab.example", "en", true}, {}, message);
    open();
  }
};

BOOST_FIXTURE_TEST_CASE(files_come_in_pieces_and_whole, Long) {
  BOOST_TEST((get("/read/original").body == message));
  BOOST_TEST((get("/read/attachment/0").body == file));
  BOOST_TEST(get("/read/image/1").body == "PNG");
  BOOST_TEST(shows(get("/read/attachment/2"), "A-WORD-INSIDE"));
  BOOST_TEST(get("/read/image/0").status == 404);
  for (const char* path : {"/read/original", "/read/attachment/0"}) {
    net::HttpCall call{"GET", path, "", "secure.clinic.example", {{"cookie", cookie}}, "", {}, {}};
    const net::HttpResult result = site.answer(call);
    BOOST_TEST(result.body.empty(), path);
    BOOST_TEST(result.more->next().size() <= chunk_size, path);
  }
}

/// As many downloads at once as a browser may have connections, none of them fetched.
BOOST_FIXTURE_TEST_CASE(who_takes_answers_and_fetches_none_uses_up_their_own_room, Long) {
  std::vector<net::HttpResult> unsent;
  const auto take = [&](const char* path) { return unsent.emplace_back(get(path)).status; };
  std::uint64_t taken = 0;
  while (unsent.size() < 100 && take("/read/text") == 200)
    taken += unsent.back().body.size();
  BOOST_TEST(taken > room_of_session / 2);
  BOOST_TEST(taken <= room_of_session);
  BOOST_TEST(unsent.back().status == 503U);
  BOOST_TEST(!field(unsent.back(), "Retry-After").empty());
  const std::string mine = std::exchange(cookie, {});
  link = deposited();
  open();
  BOOST_TEST(shows(get("/read"), "A-WORD"));  // whoever else reads does so
  cookie = mine;
  unsent.clear();
  BOOST_TEST(take("/read/text") == 200);
}

/// A file that is not fetched costs a piece, not the file.
BOOST_FIXTURE_TEST_CASE(fifty_downloads_of_a_file_have_room_in_one_session, Long) {
  std::vector<net::HttpResult> unsent;
  for (int i = 0; i < 50; ++i) {
    net::HttpCall call{"GET", "/read/attachment/0", "", "secure.clinic.example", {{"cookie", cookie}}, "", {}, {}};
    BOOST_TEST(unsent.emplace_back(site.answer(call)).status == 200U);
  }
}

BOOST_FIXTURE_TEST_CASE(a_download_ends_where_its_message_is_recalled, Long) {
  net::HttpCall call{"GET", "/read/original", "", "secure.clinic.example", {{"cookie", cookie}}, "", {}, {}};
  const net::HttpResult result = site.answer(call);
  BOOST_TEST(result.more->next().size() == chunk_size);
  BOOST_REQUIRE(store->revoke({link.lookup}));
  BOOST_TEST(result.more->next().empty());
}

// Answering

/// As a browser sends it.
struct Form {
  std::string body, type = "multipart/form-data; boundary=XYZ";
  Form& add(const std::string& disposition, const std::string& content) {
    body += "--XYZ\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n" + content + "\r\n";
    return *this;
  }
  static Form with(const std::string& words) { return Form().add("name=\"text\"", words); }
};

struct Answering : Scene {
  Answering() {
    link = deposited({"bob@lab.example", "en", true, {"carol@clinic.example"}});
    open();
  }
  net::HttpResult send(const Form& form) {
    return ask({"POST", "/read/reply", "", "", {{"content-type", form.type}}, form.body + "--XYZ--\r\n", {}, {}});
  }
  Letter letter() {
    const auto waiting = store->waiting_replies(10);
    BOOST_REQUIRE_EQUAL(waiting->size(), 1);
    std::vector<std::string> chunks;
    for (std::uint32_t i = 0; i < waiting->front().chunks; ++i)
      chunks.push_back(*store->reply_chunk(waiting->front().id, i));
    const auto opened = open_reply(crypto::reply_root(link.secret), waiting->front(), chunks);
    BOOST_REQUIRE(opened);
    return *opened;
  }
};

BOOST_FIXTURE_TEST_CASE(a_reply_is_written_sealed_and_waits, Answering) {
  BOOST_TEST(shows(get("/read"), "href=\"/read/reply\""));
  const auto written = get("/read/reply");
  BOOST_TEST(shows(written, "enctype=\"multipart/form-data\""));
  BOOST_TEST(shows(written, "ann@clinic.example"));
  BOOST_TEST(!shows(written, "carol@clinic.example"));
  const auto sent = send(Form::with("A-WORD-OF-THE-PATIENT").add("name=\"file\"; filename=\"../x/scan.pdf\"", "PDF"));
  BOOST_TEST(sent.status == 303);
  BOOST_TEST(field(sent, "Location") == "/read/sent");
  BOOST_TEST(get("/read/sent").status == 200);
  BOOST_TEST((events() == std::vector{EventKind::opened, EventKind::replied}));
  const Letter kept = letter();
  BOOST_TEST(kept.subject == "Re: Your results");
  BOOST_TEST(!kept.to_all);
  const std::string mail = "From: b@lab.example\r\n" + kept.entity;
  BOOST_TEST(read_message(mail).text == "A-WORD-OF-THE-PATIENT");
  BOOST_TEST(read_message(mail).attachments.front().name == "scan.pdf");
}

BOOST_FIXTURE_TEST_CASE(a_reply_to_all_names_them, Answering) {
  BOOST_TEST(shows(get("/read/reply-all"), "carol@clinic.example"));
  BOOST_TEST(send(Form::with("hello").add("name=\"all\"", "1")).status == 303);
  BOOST_TEST(letter().to_all);
}

BOOST_FIXTURE_TEST_CASE(an_empty_reply_is_asked_for_again, Answering) {
  for (const Form& form : {Form(), Form::with(" \r\n"), Form::with("").add("name=\"file\"; filename=\"\"", "")}) {
    const auto again = send(form);
    BOOST_TEST(again.status == 422);
    BOOST_TEST(shows(again, "Write something"));
  }
  BOOST_TEST(store->waiting_replies(10)->empty());
}

BOOST_FIXTURE_TEST_CASE(what_is_no_form_of_ours_or_comes_from_elsewhere_sends_nothing, Answering) {
  Form wrong = Form::with("x");
  wrong.type = "text/plain";
  BOOST_TEST(send(wrong).status == 400);
  net::HttpCall foreign{"POST", "/read/reply", "", "", {}, Form::with("x").body + "--XYZ--\r\n", {}, {}};
  foreign.fields = {{"content-type", Form().type}, {"sec-fetch-site", "cross-site"}};
  BOOST_TEST(ask(foreign).status == 400);
  cookie.clear();
  BOOST_TEST(send(Form::with("x")).status == 403);
  BOOST_TEST(get("/read/reply").status == 403);
  BOOST_TEST(store->waiting_replies(10)->empty());
}

BOOST_FIXTURE_TEST_CASE(where_replies_are_off_there_is_no_form_and_none_is_taken, Answering) {
  link = deposited();
  open();
  BOOST_TEST(!shows(get("/read"), "/read/reply"));
  BOOST_TEST(get("/read/reply").status == 404);
  BOOST_TEST(send(Form::with("x")).status == 404);
  BOOST_TEST(store->waiting_replies(10)->empty());
}

BOOST_FIXTURE_TEST_CASE(who_sends_without_end_is_asked_to_wait_with_the_words_kept, Answering) {
  for (int i = 0; i < 10; ++i)
    BOOST_REQUIRE_EQUAL(send(Form::with("x")).status, 303);
  const auto again = send(Form::with("MY <WORDS>"));
  BOOST_TEST(again.status == 429);
  BOOST_TEST(shows(again, "MY &lt;WORDS&gt;"));
  clock.forward(minutes(5));
  get("/read");
}

BOOST_FIXTURE_TEST_CASE(whoever_writes_stays_in_while_the_page_is_open_and_not_for_ever, Answering) {
  std::string next = "/read/awake/0";
  unsigned turns = 0;
  for (; !next.empty(); ++turns) {
    BOOST_REQUIRE(turns < 100);
    clock.forward(minutes(4));
    const auto awake = get(next);
    BOOST_REQUIRE_EQUAL(awake.status, 200);
    const std::string refresh = field(awake, "Refresh");
    next = refresh.empty() ? "" : refresh.substr(refresh.find('/'));
  }
  BOOST_TEST(minutes(4) * turns > hours(2));
  BOOST_TEST(minutes(4) * turns < hours(4));
  BOOST_TEST(send(Form::with("at last")).status == 303);
}

BOOST_FIXTURE_TEST_CASE(an_upload_has_room_only_for_whoever_has_opened_a_message, Answering) {
  net::HttpCall head{"POST", "/read/reply", "", "secure.clinic.example", {{"cookie", cookie}}, "", {}, {}};
  BOOST_TEST(site.room_for(head, 1000).most == 1000U);
  BOOST_TEST(site.room_for(head, 26ULL << 20).refusal == 413U);
  BOOST_TEST(site.room_for(head, 26ULL << 20).most < 26ULL << 20);
  const auto one = site.room_for(head, 25ULL << 20), two = site.room_for(head, 25ULL << 20);
  BOOST_TEST(two.most == 25ULL << 20);
  BOOST_TEST(site.room_for(head, 25ULL << 20).refusal == 503U);  // memory is bounded
  BOOST_TEST(site.room_for(head, 1000).most == 1000U);
  head.fields.clear();
  BOOST_TEST(site.room_for(head, 1000).refusal == 403U);
  BOOST_TEST(site.room_for(head, 1000).most == 0U);
  head.path = "/end";
  BOOST_TEST(site.room_for(head, 26ULL << 20).most == longest_form);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
