#include "crypto/dkim_signature.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/base64.hpp"
#include "crypto/dkim_tags.hpp"
#include "mail/headers.hpp"

namespace postern::crypto {
namespace {

constexpr std::size_t longest_number = 76, most_names = 1000;

/// Reads tags into a signature; the first complaint stays.
struct Filling {
  const DkimTags& tags;
  DkimSignature signature = {};
  std::optional<Error> wrong = {};

  void complain(std::string text, Errc code = Errc::invalid) {
    if (!wrong) wrong = Error{code, std::move(text)};
  }

  std::string_view required(const char* name) {
    const auto value = tags.find(name);
    if (!value || value->empty()) complain(std::string(name) + "= is missing");
    return value.value_or("");
  }

  void algorithm() {
    const std::string name = lowered(required("a"));
    if (name == "ed25519-sha256") {
      signature.algorithm = DkimAlgorithm::ed25519_sha256;
    } else if (name != "rsa-sha256") {
      complain("an algorithm that is not believed", Errc::denied);
    }
  }

  static std::optional<Canonical> form_of(std::string_view word) {
    if (word == "simple") return Canonical::simple;
    if (word == "relaxed") return Canonical::relaxed;
    return std::nullopt;
  }
  void forms() {
    const std::string text = lowered(tags.find("c").value_or("simple"));
    const auto words = dkim_words(text, '/');
    const auto header = form_of(words.front());
    const auto body = words.size() > 1 ? form_of(words[1]) : Canonical::simple;
    if (!header || !body || words.size() > 2) return complain("c= is malformed");
    signature.header_form = *header;
    signature.body_form = *body;
  }

  void domains() {
    auto domain = mail::Domain::parse(required("d"));
    if (!domain || domain->is_literal()) return complain("d= is no domain");
    signature.domain = signature.identity = std::move(*domain);
    signature.selector = required("s");
    if (!is_dkim_selector(signature.selector)) complain("s= is no selector");
    const auto identity = tags.find("i");
    if (!identity) return;
    const std::size_t at = identity->rfind('@');
    auto of = at == std::string_view::npos ? fail(Errc::invalid, "") : mail::Domain::parse(identity->substr(at + 1));
    if (!of || !mail::domain_matches("." + signature.domain.str(), *of))
      return complain("i= is not of the domain d= or below it");
    signature.identity = std::move(*of);
  }

  void names() {
    for (const std::string_view name : dkim_words(required("h"), ':'))
      signature.names.emplace_back(name);
    const auto is_from = [](const std::string& name) { return mail::equals_ignoring_case(name, "From"); };
    if (signature.names.size() > most_names) complain("h= is too long");
    if (!std::ranges::any_of(signature.names, is_from)) complain("h= does not cover From");  // §3.5
  }

  std::string octets(const char* name) {
    auto decoded = dkim_base64(required(name));
    if (!decoded) complain(std::string(name) + "= is not base64");
    return decoded.value_or("");
  }

  std::optional<std::uint64_t> number(const char* name) {
    const auto value = tags.find(name);
    if (!value) return std::nullopt;
    const auto read = dkim_number(*value);
    if (!read || value->size() > longest_number) complain(std::string(name) + "= is no number");
    return read;
  }
  void numbers() {
    signature.body_length = number("l");
    signature.made = number("t");
    signature.expires = number("x");
    if (signature.made && signature.expires && *signature.expires <= *signature.made) complain("x= is not after t=");
  }

  void query() {
    const auto methods = tags.find("q");
    if (methods && std::ranges::count(dkim_words(*methods, ':'), "dns/txt") == 0)
      complain("no way to its key is known", Errc::denied);
  }
};

}  // namespace

Result<DkimSignature> parse_dkim_signature(std::string_view value) {
  const auto tags = DkimTags::parse(value);
  if (!tags) return fail(tags.error());
  Filling filling{*tags};
  if (filling.required("v") != "1") filling.complain("an unknown version");
  filling.algorithm();
  filling.forms();
  filling.domains();
  filling.names();
  filling.numbers();
  filling.query();
  filling.signature.body_hash = filling.octets("bh");
  filling.signature.signature = filling.octets("b");
  if (filling.wrong) return fail(std::move(*filling.wrong));
  return std::move(filling.signature);
}

}  // namespace postern::crypto
