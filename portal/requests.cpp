#include "portal/requests.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>
#include <map>
#include <optional>
#include <vector>

#include "base/ascii.hpp"
#include "base/base64.hpp"
#include "base/percent.hpp"
#include "portal/deposit.hpp"
#include "portal/responses.hpp"

namespace postern::portal {
namespace {

constexpr std::size_t most_fields = 10;
constexpr std::array<std::string_view, 6> posts_to_message = {"code", "open", "unlock", "sign-in", "choose", "second"};

std::vector<std::string_view> parts_of(std::string_view path) {
  std::vector<std::string_view> parts;
  for (path.remove_prefix(1);;) {
    const std::size_t slash = path.find('/');
    parts.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return parts;
    path.remove_prefix(slash + 1);
  }
}

std::optional<Secret> parse_link_secret(std::string_view text) {
  auto octets = parse_base64url(text);
  if (!octets || octets->size() != crypto::key_size) return std::nullopt;
  return Secret(std::span(reinterpret_cast<const std::uint8_t*>(octets->data()), octets->size()));
}

std::optional<Link> link_of(std::string_view lookup, std::string_view secret) {
  auto parsed = parse_link_secret(secret);
  if (!is_lookup(lookup) || !parsed) return std::nullopt;
  return Link{std::string(lookup), std::move(*parsed)};
}

/// application/x-www-form-urlencoded (WHATWG URL §5.1). Nothing where it is something else, or says a name twice.
using Fields = std::map<std::string, std::string, std::less<>>;
std::optional<Fields> form_of(const net::HttpCall& call) {
  const std::string type = lowered(call.field("content-type"));
  if (!type.starts_with("application/x-www-form-urlencoded")) return std::nullopt;
  Fields fields;
  std::string_view body = call.body;
  while (!body.empty()) {
    const std::size_t end = body.find('&');
    std::string pair(body.substr(0, end));
    body.remove_prefix(end == std::string_view::npos ? body.size() : end + 1);
    for (char& c : pair)
      if (c == '+') c = ' ';
    const std::size_t equals = pair.find('=');
    const auto name = decode_percent(std::string_view(pair).substr(0, equals));
    const auto value = decode_percent(equals == std::string::npos ? "" : std::string_view(pair).substr(equals + 1));
    if (!name || !value || fields.size() == most_fields || !fields.emplace(*name, *value).second) return std::nullopt;
  }
  return fields;
}

/// What is in one of the fields, "" where it is not there.
const std::string& field_of(const Fields& form, std::string_view name) {
  static const std::string nothing;
  const auto found = form.find(name);
  return found == form.end() ? nothing : found->second;
}

/// Into each string what its field says in base64url. False where one is none.
bool read_octets(const Fields& form, std::initializer_list<std::pair<std::string_view, std::string*>> wanted) {
  for (const auto& [name, into] : wanted) {
    auto octets = parse_base64url(field_of(form, name));
    if (!octets) return false;
    *into = std::move(*octets);
  }
  return true;
}

Action second_of(const Fields& form, Link link) {
  Second second{std::move(link), field_of(form, "ticket"), std::nullopt};
  if (form.contains("digits")) {
    second.digits = form.at("digits");
  } else if (!read_octets(form, {{"credential", &second.credential},
                                 {"client-data", &second.assertion.client_data},
                                 {"authenticator-data", &second.assertion.authenticator_data},
                                 {"signature", &second.assertion.signature}})) {
    return Unknown{Lost::bad_request};
  }
  return second;
}

Action change_of(const net::HttpCall& call, std::string_view what) {
  using What = Change::What;
  static const std::map<std::string_view, What> known = {
      {"new-app", What::new_app},           {"new-passkey", What::new_passkey}, {"ask-remove", What::ask_remove},
      {"add-app", What::add_app},           {"add-passkey", What::add_passkey}, {"remove", What::remove},
      {"ask-password", What::ask_password}, {"password", What::password}};
  if (!known.contains(what)) return Unknown{};
  const auto form = form_of(call);
  if (!form) return Unknown{Lost::bad_request};
  Change change{known.at(what),
                field_of(*form, "ticket"),
                field_of(*form, "password"),
                field_of(*form, "digits"),
                field_of(*form, "chosen"),
                field_of(*form, "again")};
  if (!read_octets(*form, {{"client-data", &change.registration.client_data},
                           {"attestation", &change.registration.attestation}}))
    return Unknown{Lost::bad_request};
  if (const std::string& which = field_of(*form, "which"); which != "app" && !which.empty()) {
    change.passkey = parse_base64url(which);
    if (!change.passkey) return Unknown{Lost::bad_request};
  }
  return change;
}

Action post_to_message(const net::HttpCall& call, std::string_view lookup, std::string_view what) {
  const auto form = form_of(call);
  if (!form || !form->contains("link")) return Unknown{Lost::bad_request};
  auto link = link_of(lookup, form->at("link"));
  if (!link) return Unknown{Lost::no_message};
  if (what == "code") return SendCode{std::move(*link)};
  if (what == "unlock") {
    if (!form->contains("passphrase")) return Unknown{Lost::bad_request};
    return Unlock{std::move(*link), form->at("passphrase")};
  }
  if (what == "sign-in") {
    if (!form->contains("password")) return Unknown{Lost::bad_request};
    return SignIn{std::move(*link), form->at("password")};
  }
  if (what == "second") return second_of(*form, std::move(*link));
  if (what == "choose") {
    for (const char* name : {"ticket", "password", "again"})
      if (!form->contains(name)) return Unknown{Lost::bad_request};
    return Choose{std::move(*link), form->at("ticket"), form->at("password"), form->at("again")};
  }
  if (!form->contains("code")) return Unknown{Lost::bad_request};
  return Enter{std::move(*link), form->at("code")};
}

Action read_of(const std::vector<std::string_view>& parts) {
  using What = Read::What;
  static const std::map<std::string_view, What> whole = {
      {"text", What::as_text}, {"html", What::html}, {"print", What::print}, {"original", What::original}};
  static const std::map<std::string_view, What> numbered = {{"attachment", What::attachment}, {"image", What::image}};
  static const std::map<std::string_view, Action> beside = {
      {"reply", Write{false}}, {"reply-all", Write{true}}, {"sent", Sent{}}, {"sign-in", ShowSignIn{}}};
  if (parts.size() == 1) return Read{};
  if (parts.size() == 2 && whole.contains(parts[1])) return Read{whole.at(parts[1])};
  if (parts.size() == 2 && beside.contains(parts[1])) return beside.at(parts[1]);
  if (parts.size() != 3) return Unknown{};
  std::size_t index = 0;
  const std::string_view text = parts[2];
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (error != std::errc{} || end != text.data() + text.size()) return Unknown{};
  if (parts[1] == "awake") return Awake{index};
  if (!numbered.contains(parts[1])) return Unknown{};
  return Read{numbered.at(parts[1]), index};
}

bool is_tenant(std::string_view name) {
  return !name.empty() && name.size() <= 100 &&
         std::ranges::all_of(name, [](char c) { return is_alphanumeric(c) || c == '-' || c == '_'; });
}

Action asset_of(const std::vector<std::string_view>& parts) {
  using What = Asset::What;
  if (parts.size() == 1) {
    if (parts[0] == "style.css") return Asset{What::style, {}};
    if (parts[0] == "icon.svg") return Asset{What::icon, {}};
    if (parts[0] == "passkey.js") return Asset{What::passkey_script, {}};
    if (parts[0] == "robots.txt") return Asset{What::robots, {}};
    return Unknown{};
  }
  if (parts[0] != "brand") return Unknown{};
  if (parts.size() == 3 && parts[2] == "logo" && is_tenant(parts[1])) return Asset{What::logo, std::string(parts[1])};
  constexpr std::string_view css = ".css";
  if (parts.size() != 2 || !parts[1].ends_with(css)) return Unknown{};
  const std::string_view tenant = parts[1].substr(0, parts[1].size() - css.size());
  if (!is_tenant(tenant)) return Unknown{};
  return Asset{What::brand_style, std::string(tenant)};
}

}  // namespace

Action action_of(const net::HttpCall& call) {
  const std::vector<std::string_view> parts = parts_of(call.path);
  const bool is_post = call.method == "POST";
  if (parts[0] == "m" && parts.size() == 3) {
    if (is_post && std::ranges::find(posts_to_message, parts[2]) != posts_to_message.end())
      return post_to_message(call, parts[1], parts[2]);
    auto link = link_of(parts[1], parts[2]);
    if (is_post || !link) return Unknown{Lost::no_message};
    return Land{std::move(*link)};
  }
  if (is_post && call.path == reply_path) return SendReply{};
  if (is_post && parts.size() == 3 && parts[0] == "read" && parts[1] == "sign-in") return change_of(call, parts[2]);
  if (is_post) return call.path == "/end" ? Action(End{}) : Action(Unknown{});
  if (parts[0] == "read") return read_of(parts);
  return asset_of(parts);
}

bool is_costly(const net::HttpCall& call) {
  static constexpr std::array<std::string_view, 7> ends = {"/unlock",      "/sign-in", "/choose",  "/add-app",
                                                           "/add-passkey", "/remove",  "/password"};
  return call.method == "POST" &&
         std::ranges::any_of(ends, [&](std::string_view end) { return call.path.ends_with(end); });
}

std::string session_of(const net::HttpCall& call) {
  std::string_view cookies = call.field("cookie");
  while (!cookies.empty()) {
    const std::size_t end = cookies.find(';');
    std::string_view one = trimmed(cookies.substr(0, end));
    cookies.remove_prefix(end == std::string_view::npos ? cookies.size() : end + 1);
    if (one.starts_with(session_cookie) && one.substr(session_cookie.size()).starts_with('='))
      return std::string(one.substr(session_cookie.size() + 1));
  }
  return {};
}

bool is_foreign(const net::HttpCall& call, const std::string& host) {
  if (const std::string& site = call.field("sec-fetch-site"); !site.empty())
    return site != "same-origin" && site != "none";
  const std::string& origin = call.field("origin");
  if (origin.empty()) return false;  // an old browser: the link in the form, or the cookie's SameSite, has to do
  std::string_view from = origin;
  if (!from.starts_with("https://")) return true;
  from.remove_prefix(8);
  return lowered(from.substr(0, from.find(':'))) != host;
}

Language parse_language(std::string_view tag) {
  const std::string primary = lowered(tag.substr(0, 2));
  const bool whole = tag.size() == 2 || (tag.size() > 2 && !is_alphanumeric(tag[2]));
  if (whole && primary == "de") return Language::de;
  if (whole && primary == "fr") return Language::fr;
  if (whole && primary == "es") return Language::es;
  return Language::en;
}

Language preferred_language(std::string_view accept_language) {
  while (!accept_language.empty()) {
    const std::size_t end = accept_language.find(',');
    const std::string_view range = trimmed(accept_language.substr(0, end));
    accept_language.remove_prefix(end == std::string_view::npos ? accept_language.size() : end + 1);
    const Language language = parse_language(range);
    if (language != Language::en || lowered(range.substr(0, 2)) == "en") return language;
  }
  return Language::en;
}

}  // namespace postern::portal
