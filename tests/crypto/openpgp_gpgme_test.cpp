// GnuPG's processes: what they leave behind, and what becomes of a call when they die, hang, lie or are not there.
#include <chrono>
#include <fstream>
#include <sstream>
#include <thread>

#include <boost/test/unit_test.hpp>
#include <signal.h>
#include <sys/wait.h>

#include "tests/crypto/openpgp_engines.hpp"

namespace {

using namespace postern;
using namespace postern::crypto;
using test::make_pgp_key;
using test::open_pgp;
using test::PgpKey;
namespace fs = std::filesystem;
using namespace std::chrono_literals;

struct Process {
  int pid;
  std::string arguments;
};

/// That run, and have `word` in their command line.
std::vector<Process> processes_with(const std::string& word) {
  std::vector<Process> all;
  for (const fs::directory_entry& entry : fs::directory_iterator("/proc")) {
    const std::string pid = entry.path().filename();
    if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
    const std::ifstream in(entry.path() / "cmdline", std::ios::binary);
    std::ostringstream read;  // one that ends meanwhile is an error of the stream, not of the test
    read << in.rdbuf();
    const std::string arguments = read.str();
    if (arguments.find(word) != std::string::npos) all.push_back({std::atoi(pid.c_str()), arguments});
  }
  return all;
}

struct Gnupg {
  test::LaterClock clock;
  test::MemoryFolder memory;
  PgpKey ann = make_pgp_key("ann@clinic.example"), bob = make_pgp_key("bob@lab.example");
  GpgmeEngineOptions options{.folder = memory.path() / "gnupg", .concurrency = 1, .deadline = 20s};
  std::unique_ptr<OpenpgpEngine> engine;

  void start() { engine = make_gpgme_engine(clock, options).value(); }
  Result<std::string> seal(const std::string& body = "x") {
    return engine->seal(body, {bob.recipient()}, ann.signer());
  }
  void check_that_it_serves() {
    const auto sealed = seal("still here");
    BOOST_REQUIRE_MESSAGE(sealed, sealed.error().text << " " << sealed.error().detail);
    BOOST_TEST(open_pgp(*sealed, bob, {ann}).data == "still here");
  }
  [[nodiscard]] int agent() const {
    for (const Process& one : processes_with(options.folder))
      if (one.arguments.find("gpg-agent") != std::string::npos) return one.pid;
    return -1;
  }
  /// A gpg that does something else first: `lines` is shell, "$@" are its arguments.
  void wrap_gpg(const std::string& lines) {
    options.programs.gpg = memory.path() / "gpg";
    std::ofstream(options.programs.gpg) << "#!/bin/bash\nhome=" << memory.path().native() << "\n"
                                        << "case \"$*\" in *--version*) exec /usr/bin/gpg \"$@\";; esac\n"
                                        << lines << "\n";
    fs::permissions(options.programs.gpg, fs::perms::owner_all);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(openpgp_gpgme, Gnupg)

BOOST_AUTO_TEST_CASE(nothing_is_left_in_the_folder_or_among_the_processes) {
  start();
  check_that_it_serves();
  BOOST_TEST((fs::status(options.folder).permissions() == fs::perms::owner_all));
  BOOST_TEST(agent() > 0);
  for (const Process& one : processes_with(options.folder))
    BOOST_TEST((one.arguments.find("gpg-agent") != std::string::npos), one.arguments);  // between calls, nothing else
  engine.reset();
  BOOST_TEST(processes_with(options.folder).empty());
  for (const fs::directory_entry& entry : fs::directory_iterator(options.folder))
    BOOST_TEST(entry.path().filename().native() == "lock");
}

BOOST_AUTO_TEST_CASE(nothing_is_written_into_the_home_of_whoever_runs_it) {
  const fs::path home = memory.path() / "home";
  fs::create_directory(home);
  const std::string before = ::getenv("HOME") == nullptr ? "" : ::getenv("HOME");
  ::setenv("HOME", home.c_str(), 1);
  start();
  check_that_it_serves();
  engine.reset();
  ::setenv("HOME", before.c_str(), 1);
  BOOST_TEST(fs::is_empty(home));
}

BOOST_AUTO_TEST_CASE(an_agent_that_was_killed_is_replaced) {
  start();
  check_that_it_serves();
  const int first = agent();
  BOOST_REQUIRE(::kill(first, SIGKILL) == 0);
  check_that_it_serves();
  BOOST_TEST(agent() != first);
}

// Shell: kills the agent of the home that "$@" names.
const std::string kill_agent =
    "before=; for one in \"$@\"; do [ \"$before\" = --homedir ] && at=$one; before=$one; done\n"
    "kill -KILL $(gpg-connect-agent --homedir $at --no-autostart 'getinfo pid' /bye | sed -n 's/^D //p')\n";

BOOST_AUTO_TEST_CASE(an_agent_that_is_killed_in_the_midst_of_a_call_is_replaced) {
  wrap_gpg("case \"$*\" in *--encrypt*) [ -e $home/once ] || { touch $home/once\n" + kill_agent +
           "};; esac\nexec /usr/bin/gpg \"$@\"");
  start();
  check_that_it_serves();
  BOOST_TEST(fs::exists(memory.path() / "once"));
}

BOOST_AUTO_TEST_CASE(an_agent_that_is_killed_each_time_is_transient) {
  wrap_gpg("case \"$*\" in *--encrypt*)\n" + kill_agent + ";; esac\nexec /usr/bin/gpg \"$@\"");
  start();
  const auto sealed = seal();
  BOOST_REQUIRE(!sealed);
  BOOST_TEST((sealed.error().code == Errc::unavailable), sealed.error().text);
  BOOST_TEST(processes_with(options.folder).empty());
}

BOOST_AUTO_TEST_CASE(an_agent_that_hangs_is_ended_at_the_deadline) {
  options.deadline = 2s;
  start();
  check_that_it_serves();
  const int stopped = agent();
  BOOST_REQUIRE(::kill(stopped, SIGSTOP) == 0);
  const auto begun = std::chrono::steady_clock::now();
  const auto sealed = seal();
  const auto took = std::chrono::steady_clock::now() - begun;
  BOOST_REQUIRE(!sealed);
  BOOST_TEST((sealed.error().code == Errc::timed_out), sealed.error().text);
  BOOST_TEST((took >= 2s && took < 5s));
  BOOST_TEST(processes_with(options.folder).empty());
  check_that_it_serves();
}

BOOST_AUTO_TEST_CASE(a_gpg_that_hangs_is_ended_at_the_deadline) {
  wrap_gpg(
      "case \"$*\" in *--encrypt*) [ -e $home/once ] || { touch $home/once; kill -STOP $$; };; esac\nexec /usr/bin/gpg "
      "\"$@\"");
  options.deadline = 2s;
  start();
  const auto sealed = seal();
  BOOST_REQUIRE(!sealed);
  BOOST_TEST((sealed.error().code == Errc::timed_out), sealed.error().text);
  BOOST_TEST(processes_with(options.folder).empty());
  check_that_it_serves();
}

BOOST_AUTO_TEST_CASE(without_gpg_or_without_its_agent_it_is_transient_and_comes_back) {
  const GpgPrograms good;
  for (const GpgPrograms& missing :
       {GpgPrograms{"/nonexistent/gpg", good.agent}, GpgPrograms{good.gpg, "/nonexistent/gpg-agent"},
        GpgPrograms{"/bin/true", good.agent}, GpgPrograms{good.gpg, "/bin/true"}}) {
    options.programs = missing;
    engine.reset();
    start();
    const auto sealed = seal();
    BOOST_REQUIRE(!sealed);
    BOOST_TEST((sealed.error().code == Errc::unavailable), sealed.error().text);
  }
  options.programs = good;
  engine.reset();
  start();
  check_that_it_serves();
}

// GPGME does not look at the exit of gpg; these would pass for messages.
BOOST_AUTO_TEST_CASE(a_message_that_is_cut_off_is_none) {
  wrap_gpg("case \"$*\" in *--encrypt*) /usr/bin/gpg \"$@\" | head -c 400; exit 0;; esac\nexec /usr/bin/gpg \"$@\"");
  start();
  const auto sealed = seal(std::string(10'000, 'x'));
  BOOST_REQUIRE(!sealed);
  BOOST_TEST((sealed.error().code == Errc::unavailable));
  BOOST_TEST(sealed.error().text == "gpg ended before the message did");
}

BOOST_AUTO_TEST_CASE(a_message_that_is_not_signed_is_none) {
  wrap_gpg(
      "arguments=(); for one in \"$@\"; do [ \"$one\" = --sign ] || arguments+=(\"$one\"); done\nexec /usr/bin/gpg "
      "\"${arguments[@]}\"");
  start();
  const auto sealed = seal();
  BOOST_REQUIRE(!sealed);
  BOOST_TEST((sealed.error().code == Errc::unavailable), sealed.error().text);
}

BOOST_AUTO_TEST_CASE(no_more_gpg_processes_than_allowed) {
  wrap_gpg(
      "mkdir $home/busy 2>/dev/null && mine=1 || touch $home/two-at-once\nsleep 0.05\n/usr/bin/gpg \"$@\"; done=$?\n[ "
      "\"$mine\" ] && rmdir $home/busy\nexit $done");
  for (const unsigned allowed : {1U, 3U}) {
    options.concurrency = allowed;
    engine.reset();
    start();
    std::vector<std::thread> threads;
    std::atomic<int> good = 0;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] { good += seal().has_value() ? 1 : 0; });
    for (std::thread& one : threads)
      one.join();
    BOOST_TEST(good == 4);
    BOOST_TEST(fs::exists(memory.path() / "two-at-once") == (allowed > 1));
  }
}

BOOST_AUTO_TEST_CASE(secret_keys_are_not_put_on_a_disk) {
  options.folder = fs::path(SOURCE_DIR) / "build" / "gnupg-on-disk";
  fs::create_directories(options.folder.parent_path());
  const auto refused = make_gpgme_engine(clock, options);
  std::error_code ignored;
  fs::remove(options.folder, ignored);
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error().code == Errc::denied), refused.error().text);
}

BOOST_AUTO_TEST_CASE(a_folder_has_one_owner) {
  start();
  const auto second = make_gpgme_engine(clock, options);
  BOOST_REQUIRE(!second);
  BOOST_TEST((second.error().code == Errc::denied));
  engine.reset();
  BOOST_TEST(make_gpgme_engine(clock, options).has_value());
}

BOOST_AUTO_TEST_CASE(what_a_killed_process_left_is_swept_away) {
  const pid_t child = ::fork();
  if (child == 0) {  // dies with its agent running and its keys in the folder
    start();
    (void)seal();
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
  const int left = agent();
  BOOST_REQUIRE(left > 0);
  start();
  for (const Process& one : processes_with(options.folder))
    BOOST_TEST(one.pid != left);
  BOOST_TEST(std::distance(fs::directory_iterator(options.folder), {}) == 1);  // the lock
  check_that_it_serves();
}

BOOST_AUTO_TEST_CASE(another_signer_is_another_signature) {
  start();
  check_that_it_serves();
  const PgpKey carol = make_pgp_key("carol@clinic.example");
  const auto sealed = engine->seal("x", {bob.recipient()}, carol.signer());
  BOOST_REQUIRE(sealed);
  BOOST_TEST(open_pgp(*sealed, bob, {ann, carol}).signed_by == std::vector<std::string>{carol.fingerprint});
  check_that_it_serves();
}

BOOST_AUTO_TEST_SUITE_END()
