#include "discovery/ldap_codec.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>

#include <fcntl.h>
#include <ldap.h>
#include <openldap.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/descriptor.hpp"

namespace postern::discovery {
namespace {

constexpr std::size_t piece = 16U << 10;  // less than a pipe holds
constexpr std::size_t longest_answer = 1U << 20;
constexpr std::size_t most_values = 20;

struct Unbind {
  void operator()(LDAP* session) const { ldap_unbind_ext_s(session, nullptr, nullptr); }
};
struct FreeMessage {
  void operator()(LDAPMessage* message) const { ldap_msgfree(message); }
};
using Message = std::unique_ptr<LDAPMessage, FreeMessage>;

bool readable(int fd) {
  pollfd one{fd, POLLIN, 0};
  return poll(&one, 1, 0) > 0;
}

/// Whatever ldap.conf or the environment say.
bool set_options(LDAP* session) {
  const int version = LDAP_VERSION3, never = LDAP_DEREF_NEVER;
  ber_len_t longest = longest_answer;
  Sockbuf* buffer = nullptr;
  return ldap_set_option(session, LDAP_OPT_PROTOCOL_VERSION, &version) == LDAP_OPT_SUCCESS &&
         ldap_set_option(session, LDAP_OPT_DEREF, &never) == LDAP_OPT_SUCCESS &&
         ldap_set_option(session, LDAP_OPT_REFERRALS, LDAP_OPT_OFF) == LDAP_OPT_SUCCESS &&
         ldap_get_option(session, LDAP_OPT_SOCKBUF, &buffer) == LDAP_OPT_SUCCESS &&
         ber_sockbuf_ctrl(buffer, LBER_SB_OPT_SET_MAX_INCOMING, &longest) == 1;
}

void add_values(LDAP* session, LDAPMessage* entry, std::vector<std::string>& into) {
  BerElement* place = nullptr;
  for (char* name = ldap_first_attribute(session, entry, &place); name != nullptr;
       name = ldap_next_attribute(session, entry, place)) {
    berval** values = ldap_get_values_len(session, entry, name);
    for (berval** one = values; one != nullptr && *one != nullptr && into.size() < most_values; ++one) {
      std::string value((*one)->bv_val, (*one)->bv_len);
      if (std::ranges::find(into, value) == into.end()) into.push_back(std::move(value));
    }
    ldap_value_free_len(values);
    ldap_memfree(name);
  }
  ber_free(place, 0);
}

}  // namespace

struct LdapCodec::Impl {
  explicit Impl(int end) : ours(end) {}
  Descriptor ours;  // outlives the session, which says good-bye to it
  std::unique_ptr<LDAP, Unbind> session;
  int theirs = -1;  // the session's
  int asked = -1;   // the request that waits for its answer
  std::size_t received = 0;

  /// What libldap has just written.
  Result<std::string> written(int code) {
    if (code != LDAP_SUCCESS) return fail(Errc::invalid, ldap_err2string(code));
    std::string bytes;
    std::array<char, piece> part{};
    for (ssize_t got = 0; (got = recv(ours.get(), part.data(), part.size(), MSG_DONTWAIT)) > 0;)
      bytes.append(part.data(), static_cast<std::size_t>(got));
    return bytes;
  }

  Result<std::optional<LdapAnswer>> answer() {
    timeval at_once{};
    // Each turn takes an octet at least, or there is none.
    for (std::size_t turn = 0; turn <= piece; ++turn) {
      LDAPMessage* raw = nullptr;
      const int kind = ldap_result(session.get(), asked, LDAP_MSG_ALL, &at_once, &raw);
      const Message message(raw);
      if (kind > 0) return read(message.get());
      if (kind < 0) break;
      if (!readable(theirs)) return std::nullopt;
    }
    return fail(Errc::invalid, "the answer is not LDAP");
  }

  Result<std::optional<LdapAnswer>> read(LDAPMessage* message) {
    LdapAnswer said;
    if (ldap_parse_result(session.get(), message, &said.code, nullptr, nullptr, nullptr, nullptr, 0) != LDAP_SUCCESS)
      return fail(Errc::invalid, "the answer is not LDAP");
    said.meaning = ldap_err2string(said.code);
    for (LDAPMessage* entry = ldap_first_entry(session.get(), message); entry != nullptr;
         entry = ldap_next_entry(session.get(), entry))
      add_values(session.get(), entry, said.values);
    return said;
  }
};

LdapCodec::LdapCodec(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LdapCodec::LdapCodec(LdapCodec&&) noexcept = default;
LdapCodec& LdapCodec::operator=(LdapCodec&&) noexcept = default;
LdapCodec::~LdapCodec() = default;

Result<LdapCodec> LdapCodec::make() {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0)
    return fail(Errc::unavailable, "no pipe for LDAP");
  auto impl = std::make_unique<Impl>(ends[0]);
  LDAP* session = nullptr;
  if (ldap_init_fd(ends[1], LDAP_PROTO_TCP, nullptr, &session) != LDAP_SUCCESS) {
    close(ends[1]);
    return fail(Errc::unavailable, "libldap does not start");
  }
  impl->session.reset(session);
  impl->theirs = ends[1];
  if (!set_options(session)) return fail(Errc::unavailable, "libldap does not take its options");
  return LdapCodec(std::move(impl));
}

Result<std::string> LdapCodec::start_tls() {  // RFC 4511 §4.14
  return impl_->written(ldap_start_tls(impl_->session.get(), nullptr, nullptr, &impl_->asked));
}

Result<Secret> LdapCodec::bind(const std::string& name, const Secret& password) {
  const std::string_view word = password.text();
  // libldap takes a pointer that is not const, and does not write there.
  berval credentials{word.size(), const_cast<char*>(word.data())};
  auto bytes = impl_->written(ldap_sasl_bind(impl_->session.get(), name.c_str(), LDAP_SASL_SIMPLE, &credentials,
                                             nullptr, nullptr, &impl_->asked));
  if (!bytes) return fail(bytes.error());
  Secret request(std::span(reinterpret_cast<const std::uint8_t*>(bytes->data()), bytes->size()));
  explicit_bzero(bytes->data(), bytes->size());
  return request;
}

Result<std::string> LdapCodec::search(const LdapSearch& wanted) {
  std::vector<std::string> names = wanted.attributes;
  std::vector<char*> attributes;
  for (std::string& name : names)
    attributes.push_back(name.data());
  attributes.push_back(nullptr);
  timeval limit{wanted.seconds, 0};
  return impl_->written(ldap_search_ext(impl_->session.get(), wanted.base.c_str(), LDAP_SCOPE_SUBTREE,
                                        wanted.filter.c_str(), attributes.data(), 0, nullptr, nullptr, &limit,
                                        wanted.most_entries, &impl_->asked));
}

Result<std::optional<LdapAnswer>> LdapCodec::take(std::string_view bytes) {
  impl_->received += bytes.size();
  if (impl_->received > longest_answer) return fail(Errc::limit, "the answer is too long");
  Result<std::optional<LdapAnswer>> said = std::nullopt;
  while (!bytes.empty() && said && !*said) {
    const ssize_t put =
        send(impl_->ours.get(), bytes.data(), std::min(bytes.size(), piece), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (put <= 0) return fail(Errc::invalid, "the answer is not LDAP");  // libldap has closed its end
    bytes.remove_prefix(static_cast<std::size_t>(put));
    said = impl_->answer();
  }
  return said;
}

bool is_ldap_dn(const std::string& text) {
  LDAPDN name = nullptr;
  const bool read = ldap_str2dn(text.c_str(), &name, LDAP_DN_FORMAT_LDAPV3) == LDAP_SUCCESS;
  ldap_dnfree(name);
  return read;
}

bool is_ldap_filter(const std::string& text) {
  auto codec = LdapCodec::make();
  return codec && codec->search({"", text, {"1.1"}}).has_value();
}

}  // namespace postern::discovery
