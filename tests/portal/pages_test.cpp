#include "portal/pages.hpp"

#include <set>
#include <sstream>

#include <boost/test/unit_test.hpp>

#include "html_tree.hpp"
#include "page_samples.hpp"
#include "portal/markup.hpp"

namespace {

using namespace postern;
using namespace postern::portal;
using namespace postern::test;

bool contains(std::string_view text, std::string_view what) {
  return text.find(what) != text.npos;
}

std::vector<std::string> words(const std::string& text) {
  std::istringstream in(text);
  return {std::istream_iterator<std::string>(in), {}};
}

/// Calls `check(name, html, tree, language)` for every page, state and language.
template <typename Check>
void for_every_page(const Check& check) {
  for (const Language language : all_languages) {
    for (const PageSample& page : page_samples({clinic(), language})) {
      BOOST_TEST_CONTEXT(language_code(language) << " " << page.name) {
        check(page.name, page.html, parsed(page.html), language);
      }
    }
  }
}

std::string html_of(std::string_view name, Language language = Language::en) {
  for (const PageSample& page : page_samples({clinic(), language}))
    if (page.name == name) return page.html;
  BOOST_FAIL("there is no page " << name);
  return {};
}

HtmlTree tree_of(std::string_view name) {
  return parsed(html_of(name));
}

BOOST_AUTO_TEST_SUITE(every_page)

BOOST_AUTO_TEST_CASE(is_well_formed_and_says_its_language_and_title) {
  for_every_page([](const std::string& name, const std::string&, const HtmlTree& tree, Language language) {
    BOOST_TEST(tree.errors == 0U);
    BOOST_TEST(tree.elements.front().at("lang") == language_code(language));
    BOOST_REQUIRE(tree.all("title").size() == 1U);
    BOOST_TEST(!tree.all("title")[0].text.empty());
    BOOST_TEST(tree.all("h1").size() == (name == "frame" ? 0U : 1U));  // there the mail has its own
    BOOST_TEST(tree.all("main").size() == 1U);
    BOOST_TEST(tree.where("name", "viewport").size() == 1U);
  });
}

/// Those that may talk to the browser about passkeys.
bool is_scripted(const std::string& name) {
  return name.starts_with("add-passkey") ||
         (name.starts_with("second-step") && name != "second-step-app" && name != "second-step-too-many");
}

BOOST_AUTO_TEST_CASE(has_no_script_and_no_style_in_it) {
  for_every_page([](const std::string& name, const std::string&, const HtmlTree& tree, Language) {
    const std::vector<Element> scripts = tree.all("script");
    BOOST_TEST(scripts.size() == (is_scripted(name) ? 1U : 0U));
    for (const Element& one : scripts) {
      BOOST_TEST(one.at("src") == "/passkey.js");
      BOOST_TEST(one.text.empty());
    }
    for (const Element& one : tree.elements) {
      BOOST_TEST(one.tag != "style");
      for (const auto& [attribute, value] : one.attributes) {
        BOOST_TEST(attribute != "style");
        BOOST_TEST(!attribute.starts_with("on"));
        BOOST_TEST(!value.starts_with("javascript:"));
      }
    }
  });
}

BOOST_AUTO_TEST_CASE(asks_nobody_else_for_anything_and_is_in_no_search_engine) {
  for_every_page([](const std::string& name, const std::string&, const HtmlTree& tree, Language) {
    for (const Element& one : tree.elements) {
      for (const char* attribute : {"src", "href", "action"}) {
        if (!one.has(attribute) || (name == "frame" && one.tag == "a")) continue;  // links of the mail itself
        const std::string path = one.at(attribute);
        BOOST_TEST((path == "#content" || (path.starts_with("/") && !path.starts_with("//"))), path);
      }
    }
    BOOST_REQUIRE(tree.where("name", "robots").size() == 1U);
    BOOST_TEST(contains(tree.where("name", "robots")[0].at("content"), "noindex"));
    BOOST_REQUIRE(tree.where("name", "referrer").size() == 1U);
    BOOST_TEST(tree.where("name", "referrer")[0].at("content") == "no-referrer");
  });
}

BOOST_AUTO_TEST_CASE(names_what_it_refers_to_once) {
  for_every_page([](const std::string&, const std::string&, const HtmlTree& tree, Language) {
    std::set<std::string> ids;
    for (const Element& one : tree.elements) {
      if (one.has("id")) BOOST_TEST(ids.insert(one.at("id")).second, one.at("id") << " twice");
    }
    for (const Element& one : tree.elements) {
      for (const char* attribute : {"aria-describedby", "aria-labelledby", "for"}) {
        for (const std::string& id : words(one.at(attribute)))
          BOOST_TEST(ids.contains(id), id);
      }
    }
  });
}

BOOST_AUTO_TEST_CASE(has_only_classes_that_the_style_sheet_knows) {
  for_every_page([](const std::string&, const std::string&, const HtmlTree& tree, Language) {
    for (const Element& one : tree.elements) {
      for (const std::string& name : words(one.at("class")))
        BOOST_TEST(contains(style_sheet(), "." + name), name);
    }
  });
}

BOOST_AUTO_TEST_CASE(posts_its_forms_with_their_hidden_fields) {
  unsigned forms = 0;
  for_every_page([&](const std::string&, const std::string&, const HtmlTree& tree, Language) {
    std::string form;
    std::map<std::string, std::string> hidden;
    for (const Element& one : tree.elements) {
      if (one.tag == "form") {
        BOOST_TEST(one.at("method") == "post");
        form = one.at("action");
        hidden.clear();
        ++forms;
      }
      if (one.at("type") == "hidden" && one.has("value")) hidden[one.at("name")] = one.at("value");
      if (one.tag != "button") continue;
      const std::map<std::string, std::string> expected =
          form == "/m/4f1c/open"      ? decltype(hidden){{"token", "t-open"}, {"try", "1"}}
          : form == "/m/4f1c/code"    ? decltype(hidden){{"token", "t-send"}}
          : form.ends_with("/reply")  ? decltype(hidden){{"all", "1"}}
          : form == "/m/4f1c/unlock"  ? decltype(hidden){{"token", "t-unlock"}}
          : form == "/m/4f1c/sign-in" ? decltype(hidden){{"token", "t-in"}}
          : form == "/m/4f1c/choose"  ? decltype(hidden){{"token", "t-choose"}}
          : form == "/m/4f1c/second"  ? decltype(hidden){{"token", "t-second"}}
          : form.ends_with("/change") ? decltype(hidden){{"token", "t-change"}}
                                      : decltype(hidden){{"token", "t-end"}};
      BOOST_TEST((hidden == expected), form);
    }
  });
  // wait 1 twice; code, wrong, wait, code before a password 2 each; expired, too-many 1 each; three of the passphrase 1
  // each, three of the password 2 each, six of the choice, four message pages and four of a reply 1 each; second steps
  // with both factors 2, with one 1; signing in 3 and 5, nine changes 1 each: in four languages
  BOOST_TEST(forms == 4U * (2 + 4 * 2 + 2 + 3 + 3 * 2 + 6 + 4 + 4 + 2 * 2 + 4 + 3 + 5 + 9));
}

BOOST_AUTO_TEST_CASE(says_nothing_of_the_message_in_its_title) {
  for_every_page([](const std::string& name, const std::string&, const HtmlTree& tree, Language) {
    const std::string title = tree.all("title")[0].text;
    BOOST_TEST(!contains(title, sample_message().subject));
    BOOST_TEST(!contains(title, "Ann Ward"));
    if (name != "frame" && name != "awake") BOOST_TEST(title.ends_with(" – Riverside Clinic"));
  });
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(text_of_others)

/// What each field holds: once something plain, and once something that wants to be more than text.
struct Filling {
  std::string text;
  Brand brand() const { return {.name = text, .colour = text, .style = text, .logo = text, .help = text}; }
  Form form() const { return {.action = text, .hidden = {{text, text}}}; }
  MessageView message() const {
    MessageView message;
    message.subject = text;
    message.from = {text, text};
    message.reply_to = {text, text};
    message.to = {{text, text}, {"", text}};
    message.cc = {{text, text}};
    message.date = sample_time();
    message.text = text;
    message.html = text;
    message.attachments = {{.index = 1, .name = "n." + text, .type = text, .size = 1}};
    return message;
  }
  std::vector<std::string> pages() const {
    const Look look{brand(), Language::en};
    const MessageView view = message();
    MessagePage page{.message = view,
                     .until = sample_time(),
                     .blocked = 1,
                     .html_frame = text,
                     .as_text_path = text,
                     .as_html_path = text,
                     .attachment_path = text,
                     .original_path = text,
                     .print_path = text,
                     .reply_path = text,
                     .reply_all_path = text,
                     .end = form()};
    std::vector<std::string> all = {
        wait_page(look, {.recipient = text, .until = sample_time(), .send_code = form()}),
        code_page(look, {.recipient = text, .open = form(), .send_again = form()}),
        message_page(look, page),
        print_page(look, page),
        lost_page(look, Lost::no_message),
        reply_page(look, {.to = {{text, text}, {"", text}},
                          .subject = text,
                          .text = text,
                          .trouble = ReplyPage::Trouble::busy,
                          .send = form(),
                          .back_path = text,
                          .awake_path = text}),
        sent_page(look, {text}),
    };
    page.as_text = true;
    all.push_back(message_page(look, page));
    return all;
  }
};

const std::string hostile = "</title></bdi></h1>\"'><script>alert(1)</script><img src=x onerror=y>&lt;&amp;";

BOOST_AUTO_TEST_CASE(changes_nothing_but_text) {
  const std::vector<std::string> plain = Filling{"plain text"}.pages(), evil = Filling{hostile}.pages();
  for (std::size_t i = 0; i < plain.size(); ++i) {
    BOOST_TEST_CONTEXT("page " << i) {
      const HtmlTree tree = parsed(evil[i]);
      BOOST_TEST(tree.errors == 0U);
      BOOST_TEST(tree.skeleton() == parsed(plain[i]).skeleton());
      for (const Element& one : tree.elements) {
        for (const auto& [attribute, value] : one.attributes)
          BOOST_TEST(!attribute.starts_with("on"));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(is_shown_as_it_is) {
  const HtmlTree message = parsed(Filling{hostile}.pages()[2]);
  BOOST_TEST(message.all("h1")[0].text == hostile);
  const std::vector<Element> names = message.where("class", "name");
  BOOST_REQUIRE(names.size() == 6U);  // from, reply to, two to, cc, attachment
  BOOST_TEST(names.front().text == hostile);
  BOOST_TEST(names.back().text == "n." + hostile);
  BOOST_TEST(message.all("iframe")[0].at("src") == hostile);
  BOOST_TEST(message.all("title")[0].text == "Your message – " + hostile);
}

BOOST_AUTO_TEST_CASE(that_is_no_text_is_replaced) {
  const std::string broken("\xFF\x1B[2J\0x", 7);
  for (const std::string& html : Filling{broken}.pages()) {
    BOOST_TEST(html.find_first_of(std::string("\xFF\x1B\0", 3)) == html.npos);
    BOOST_TEST(parsed(html).errors == 0U);
  }
}

BOOST_AUTO_TEST_CASE(does_not_turn_the_line_around_it) {
  const HtmlTree tree = tree_of("message-awkward");
  BOOST_TEST(tree.all("h1")[0].at("dir") == "auto");
  for (const Element& one : tree.where("class", "name"))
    BOOST_TEST(one.tag == "bdi");
  for (const Element& one : tree.where("class", "address"))
    BOOST_TEST(one.tag == "bdi");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(the_way_in)

BOOST_AUTO_TEST_CASE(shows_the_masked_address_and_no_other) {
  for (const char* name :
       {"wait", "code", "code-wrong", "code-wait", "passphrase", "passphrase-wrong", "password", "password-wrong"}) {
    BOOST_TEST_CONTEXT(name) {
      const std::string html = html_of(name);
      BOOST_TEST(contains(html, "b…@lab.example"));
      for (std::size_t at = html.find('@'); at != html.npos; at = html.find('@', at + 1))
        BOOST_TEST(html.substr(0, at).ends_with("b…"));
    }
  }
}

BOOST_AUTO_TEST_CASE(can_be_filled_in_by_the_phone_itself) {
  const Element field = tree_of("code").where("name", "code").at(0);
  BOOST_TEST(field.at("autocomplete") == "one-time-code");
  BOOST_TEST(field.at("inputmode") == "numeric");
  BOOST_TEST(field.at("maxlength") == "12");  // "1 2 3 4 5 6"
  BOOST_TEST(field.has("required"));
  BOOST_TEST(tree_of("code").where("for", field.at("id")).size() == 1U);
  BOOST_TEST(!field.has("aria-invalid"));
}

BOOST_AUTO_TEST_CASE(says_what_was_wrong_at_the_field_and_in_the_title) {
  const HtmlTree tree = tree_of("code-wrong");
  const Element alert = tree.where("role", "alert").at(0);
  const Element field = tree.where("name", "code").at(0);
  BOOST_TEST(alert.text == "This code is not right. You have 3 tries left.");
  BOOST_TEST(field.at("aria-describedby") == alert.at("id") + " hint");
  BOOST_TEST(field.at("aria-invalid") == "true");
  BOOST_TEST(tree.all("title")[0].text.starts_with("Error: "));
  BOOST_TEST(tree_of("code").where("role", "alert").empty());
}

BOOST_AUTO_TEST_CASE(takes_no_code_where_none_can_be_right) {
  for (const char* name : {"code-expired", "code-too-many"}) {
    const HtmlTree tree = tree_of(name);
    BOOST_TEST(tree.where("name", "code").empty());
    BOOST_REQUIRE(tree.all("form").size() == 1U);
    BOOST_TEST(tree.all("form")[0].at("action") == "/m/4f1c/code");
  }
}

BOOST_AUTO_TEST_CASE(asks_for_a_passphrase_that_no_browser_keeps_mends_or_sends) {
  const HtmlTree tree = tree_of("passphrase");
  const Element field = tree.where("name", "passphrase").at(0);
  BOOST_TEST(field.at("type") == "text");
  BOOST_TEST(field.at("autocomplete") == "off");
  BOOST_TEST(field.at("autocapitalize") == "off");
  BOOST_TEST(field.at("spellcheck") == "false");
  BOOST_TEST(field.has("required"));
  BOOST_TEST(tree.where("for", field.at("id")).size() == 1U);
  BOOST_TEST(tree.where("role", "alert").empty());
  BOOST_REQUIRE(tree.all("form").size() == 1U);  // no code is to be had
  BOOST_TEST(tree.all("form")[0].at("action") == "/m/4f1c/unlock");
}

BOOST_AUTO_TEST_CASE(says_what_was_wrong_with_a_passphrase_and_can_be_filled_in_again) {
  for (const auto& [name, invalid] : {std::pair("passphrase-wrong", true), std::pair("passphrase-too-many", false)}) {
    BOOST_TEST_CONTEXT(name) {
      const HtmlTree tree = tree_of(name);
      const Element alert = tree.where("role", "alert").at(0), field = tree.where("name", "passphrase").at(0);
      BOOST_TEST(field.at("aria-describedby") == alert.at("id") + " hint");
      BOOST_TEST(field.has("aria-invalid") == invalid);
      BOOST_TEST(tree.all("title")[0].text.starts_with("Error: "));
    }
  }
}

BOOST_AUTO_TEST_CASE(counts_as_one_counts) {
  const auto wrong = [](Language language, unsigned left) {
    return parsed(code_page({clinic(), language}, {.recipient = "b…@lab.example",
                                                   .open = {},
                                                   .send_again = {},
                                                   .trouble = CodePage::Trouble::wrong,
                                                   .tries_left = left}))
        .where("role", "alert")
        .at(0)
        .text;
  };
  BOOST_TEST(wrong(Language::en, 1) == "This code is not right. You have 1 try left.");
  BOOST_TEST(wrong(Language::de, 2) == "Dieser Code stimmt nicht. Sie haben noch 2 Versuche.");
  BOOST_TEST(wrong(Language::fr, 1) == "Ce code n’est pas le bon. Il vous reste 1 essai.");
  BOOST_TEST(wrong(Language::es, 1) == "Este código no es correcto. Le queda 1 intento.");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(the_message)

BOOST_AUTO_TEST_CASE(has_its_html_in_a_frame_that_may_do_nothing) {
  const Element frame = tree_of("message-html").all("iframe").at(0);
  BOOST_TEST(frame.at("sandbox") == "allow-same-origin allow-popups allow-popups-to-escape-sandbox");
  BOOST_TEST(frame.at("src") == "/en/frame.html");
  BOOST_TEST(!frame.at("title").empty());
  BOOST_TEST(!contains(html_of("message-html"), sample_message().html));
}

BOOST_AUTO_TEST_CASE(is_text_where_the_reader_wants_that_or_there_is_nothing_else) {
  BOOST_TEST(tree_of("message-as-text").all("iframe").empty());
  BOOST_TEST(tree_of("message-as-text").where("class", "text").at(0).text == sample_message().text);
  BOOST_TEST(tree_of("message-bare").all("iframe").empty());
  BOOST_TEST(contains(html_of("message-bare"), "This message has no text."));
}

BOOST_AUTO_TEST_CASE(offers_two_views_where_there_are_two) {
  const auto current = [](const char* name) { return tree_of(name).where("aria-current", "true"); };
  BOOST_TEST(current("message-html").at(0).text == "Formatted");
  BOOST_TEST(current("message-as-text").at(0).text == "Text only");
  BOOST_TEST(current("message-bare").empty());
  MessageView only_html = sample_message();
  only_html.text.clear();
  BOOST_TEST(parsed(message_page({clinic()}, page_of(only_html, ""))).where("class", "views").empty());
}

BOOST_AUTO_TEST_CASE(says_what_was_left_out) {
  BOOST_TEST(contains(html_of("message-html"), "2 items from the internet were not loaded"));
  BOOST_TEST(!contains(html_of("message-as-text"), "from the internet"));
  BOOST_TEST(contains(html_of("message-awkward"), "too long to be shown as a whole"));
  BOOST_TEST(contains(html_of("print-awkward"), "too long to be shown as a whole"));
  BOOST_TEST(!contains(html_of("message-html"), "too long to be shown as a whole"));
}

BOOST_AUTO_TEST_CASE(offers_replies_only_where_they_are_taken) {
  BOOST_TEST(contains(html_of("message-html"), "href=\"/en/reply\""));
  BOOST_TEST(contains(html_of("message-html"), "href=\"/en/reply-all\""));
  BOOST_TEST(!contains(html_of("message-bare"), ">Reply"));
}

BOOST_AUTO_TEST_CASE(lists_attachments_with_what_they_are) {
  const HtmlTree tree = tree_of("message-html");
  const std::vector<Element> facts = tree.where("class", "facts");
  BOOST_REQUIRE(facts.size() == 2U);
  BOOST_TEST(facts[0].text == "Document, 248\u00A0KB");
  BOOST_TEST(facts[1].text == "Image, 1.5\u00A0MB");
  BOOST_TEST(contains(html_of("message-html"), "href=\"/en/part/3\""));
}

BOOST_AUTO_TEST_CASE(on_paper_has_nothing_to_press) {
  for (const char* name : {"print", "print-awkward"}) {
    const HtmlTree tree = tree_of(name);
    for (const char* tag : {"a", "button", "form", "iframe", "nav", "footer"})
      BOOST_TEST(tree.all(tag).empty(), tag);
  }
  BOOST_TEST(tree_of("print").where("class", "text").at(0).text == sample_message().text);
}

BOOST_AUTO_TEST_CASE(in_the_frame_is_nothing_but_the_mail) {
  const std::string html = frame_page(Language::de, "<p>Guten Tag</p>"_html);
  const HtmlTree tree = parsed(html);
  BOOST_TEST(tree.all("main").at(0).text == "\nGuten Tag\n");
  BOOST_TEST(tree.all("header").empty());
  BOOST_TEST(tree.all("link").size() == 2U);  // icon and style sheet
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(the_lost)

BOOST_AUTO_TEST_CASE(see_one_page_with_different_words) {
  const std::pair<Lost, const char*> reasons[] = {{Lost::no_message, "no-message"},
                                                  {Lost::session_over, "session-over"},
                                                  {Lost::ended, "ended"},
                                                  {Lost::too_many, "too-many"},
                                                  {Lost::bad_request, "bad-request"},
                                                  {Lost::not_found, "not-found"},
                                                  {Lost::too_large, "too-large"},
                                                  {Lost::trouble, "trouble"}};
  const auto without_words = [](std::string html) {
    const HtmlTree tree = parsed(html);
    for (const std::string& words : {tree.all("h1").at(0).text, tree.where("class", "lead").at(0).text}) {
      const std::string written = escape(words).str();
      for (std::size_t at = 0; (at = html.find(written)) != html.npos;)
        html.replace(at, written.size(), "…");
    }
    return html;
  };
  std::set<std::string> pages, words;
  for (const auto& [why, name] : reasons) {
    const std::string html = lost_page({clinic(), Language::en}, why);
    pages.insert(without_words(html));
    words.insert(parsed(html).all("h1").at(0).text);
  }
  BOOST_TEST(pages.size() == 1U);
  BOOST_TEST(words.size() == std::size(reasons));
  BOOST_TEST(contains(*pages.begin(), "555 0100"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(the_style_sheet_needs_nothing_else) {
  for (const char* what : {"@import", "url(", "http:", "https:", "expression("}) {
    BOOST_TEST(!contains(style_sheet(), what), what);
  }
  BOOST_TEST(contains(style_sheet(), "prefers-color-scheme: dark"));
  BOOST_TEST(parsed(icon()).elements.size() > 3U);
}

}  // namespace
