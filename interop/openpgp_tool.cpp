// The OpenPGP engines on standard input and output, for the tests that ask independent readers. In no package.
//
//   openpgp_tool rnp|gpgme [--folder DIR] --to FILE… [--sign FILE]      a whole message → the same, sealed as PGP/MIME
//   openpgp_tool … --raw                                                octets → a message in ASCII armour
//   openpgp_tool inner                                                  a whole message → the entity that is sealed
//   openpgp_tool keys                                                   a file of keys → what is said of each
#include <fstream>
#include <iostream>
#include <iterator>

#include <fmt/format.h>

#include "crypto/openpgp_gpgme.hpp"
#include "crypto/openpgp_key.hpp"
#include "crypto/openpgp_rnp.hpp"
#include "crypto/pgp_mime.hpp"
#include "crypto/rnp.hpp"
#include "mail/entity.hpp"

namespace {

using namespace postern;
using namespace postern::crypto;

[[noreturn]] void stop(const Error& error) {
  fmt::print(stderr, "openpgp_tool: {} ({})\n", error.text, error.detail);
  std::exit(1);
}

std::string read_all(std::istream& in) {
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string read_file(const std::string& name) {
  std::ifstream in(name, std::ios::binary);
  if (!in) stop({Errc::io, "cannot read " + name});
  return read_all(in);
}

/// The fingerprint of the first key in the file, secret or not.
std::string fingerprint_of(const std::string& bytes) {
  const rnp::Context context = rnp::make_context();
  const rnp::Input input = rnp::read_memory(bytes);
  rnp_load_keys(context.get(), "GPG", input.get(), RNP_LOAD_SAVE_PUBLIC_KEYS | RNP_LOAD_SAVE_SECRET_KEYS);
  rnp_identifier_iterator_t each = nullptr;
  const char* found = nullptr;
  std::string first;
  if (rnp_identifier_iterator_create(context.get(), &each, "fingerprint") != RNP_SUCCESS) return {};
  while (first.empty() && rnp_identifier_iterator_next(each, &found) == RNP_SUCCESS && found != nullptr) {
    const rnp::Key key = rnp::find_key(context.get(), found);
    if (key && rnp::ask<bool>(rnp_key_is_primary, key.get())) first = rnp::fingerprint(key.get());
  }
  rnp_identifier_iterator_destroy(each);
  return first;
}

struct Request {
  std::string engine, folder = "/dev/shm/postern-openpgp-tool";
  std::vector<OpenpgpRecipient> to;
  std::optional<OpenpgpSigner> signer;
  bool raw = false;
};

Request parse(int argc, char** argv) {
  Request request;
  request.engine = argc > 1 ? argv[1] : "";
  for (int i = 2; i < argc; ++i) {
    const std::string_view word = argv[i];
    const std::string value = i + 1 < argc ? argv[i + 1] : "";
    if (word == "--raw") {
      request.raw = true;
      continue;
    }
    if (word == "--folder") {
      request.folder = value;
    } else if (word == "--to") {
      const auto key = parse_openpgp_key(read_file(value));
      if (!key) stop(key.error());
      request.to.push_back({key->primary.fingerprint, key->bytes});
    } else if (word == "--sign") {
      const std::string bytes = read_file(value);
      request.signer = OpenpgpSigner{
          fingerprint_of(bytes), Secret(std::span(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()))};
    } else {
      stop({Errc::invalid, "what is " + std::string(word) + "?"});
    }
    ++i;
  }
  return request;
}

std::unique_ptr<OpenpgpEngine> make_engine(const Request& request, const Clock& clock) {
  if (request.engine == "rnp") return make_rnp_engine(clock);
  if (request.engine != "gpgme") stop({Errc::invalid, "rnp, gpgme, inner or keys?"});
  auto engine = make_gpgme_engine(clock, {.folder = request.folder, .concurrency = 1});
  if (!engine) stop(engine.error());
  return *std::move(engine);
}

void print_keys() {
  const auto file = parse_openpgp_keys(read_all(std::cin));
  if (!file) stop(file.error());
  for (const OpenpgpKey& key : file->keys) {
    const auto part = encryption_part(key, SystemClock().now());
    fmt::print("{} {} {}\n", key.primary.fingerprint, fmt::join(key.addresses, ","),
               part ? "→ " + part->fingerprint : part.error().text);
  }
  for (const std::string& why : file->refused)
    fmt::print("{}\n", why);
}

}  // namespace

int main(int argc, char** argv) {
  const Request request = parse(argc, argv);
  if (request.engine == "keys") return print_keys(), 0;
  const std::string in = read_all(std::cin);
  const mail::Entity cut = mail::cut_entity(in);
  if (request.engine == "inner") return std::cout << cut.inner, 0;
  const SystemClock clock;
  const auto sealed = make_engine(request, clock)->seal(request.raw ? in : cut.inner, request.to, request.signer);
  if (!sealed) stop(sealed.error());
  std::cout << (request.raw ? *sealed : cut.outer + "MIME-Version: 1.0\r\n" + format_pgp_mime(*sealed));
  return 0;
}
