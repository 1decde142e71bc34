#include "inspect/worker/sandbox.hpp"

#include <initializer_list>
#include <memory>

#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "inspect/fd_passing.hpp"

namespace postern::inspect {
namespace {

class Rules {
 public:
  Rules() : context_(seccomp_init(SCMP_ACT_KILL_PROCESS)) {}
  ~Rules() {
    if (context_ != nullptr) seccomp_release(context_);
  }
  Rules(const Rules&) = delete;
  Rules& operator=(const Rules&) = delete;

  void allow(std::initializer_list<int> calls) {
    for (const int call : calls)
      add(SCMP_ACT_ALLOW, call, {});
  }
  void allow_if(int call, std::initializer_list<scmp_arg_cmp> conditions) { add(SCMP_ACT_ALLOW, call, conditions); }
  void answer(int error, int call, std::initializer_list<scmp_arg_cmp> conditions = {}) {
    add(SCMP_ACT_ERRNO(static_cast<unsigned>(error)), call, conditions);
  }

  /// As a program that a child can load without libseccomp's help.
  Result<Filter> program() {
    if (failed_ || context_ == nullptr) return fail(Errc::unavailable, "libseccomp refuses a rule");
    const Descriptor file(memfd_create("filter", MFD_CLOEXEC));
    if (!file || seccomp_export_bpf(context_, file.get()) != 0) return fail(Errc::unavailable, "no seccomp filter");
    const off_t size = lseek(file.get(), 0, SEEK_END);
    Filter filter(static_cast<std::size_t>(size) / sizeof(sock_filter));
    if (pread(file.get(), filter.data(), filter.size() * sizeof(sock_filter), 0) != size)
      return fail(Errc::unavailable, "no seccomp filter");
    return filter;
  }

 private:
  void add(std::uint32_t action, int call, std::initializer_list<scmp_arg_cmp> conditions) {
    if (context_ == nullptr || seccomp_rule_add_array(context_, action, call, static_cast<unsigned>(conditions.size()),
                                                      std::data(conditions)) != 0)
      failed_ = true;
  }

  scmp_filter_ctx context_;
  bool failed_ = false;
};

/// Conditions on an argument's bits.
scmp_arg_cmp without(unsigned argument, int bit) {
  return {argument, SCMP_CMP_MASKED_EQ, static_cast<scmp_datum_t>(bit), 0};
}
scmp_arg_cmp with(unsigned argument, int bit) {
  return {argument, SCMP_CMP_MASKED_EQ, static_cast<scmp_datum_t>(bit), static_cast<scmp_datum_t>(bit)};
}

/// Memory that is never executable, the clock, and the way out.
void allow_computing(Rules& rules) {
  rules.allow({SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(futex),
               SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep), SCMP_SYS(gettimeofday), SCMP_SYS(time),
               SCMP_SYS(getrandom), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(sched_yield), SCMP_SYS(exit),
               SCMP_SYS(exit_group), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask), SCMP_SYS(restart_syscall),
               SCMP_SYS(sigaltstack)});
  rules.allow_if(SCMP_SYS(mprotect), {without(2, PROT_EXEC)});
}

bool limit(int resource, rlim_t value) {
  const rlimit both{value, value};
  return setrlimit(static_cast<__rlimit_resource>(resource), &both) == 0;
}

}  // namespace

Result<Filter> zygote_filter() {
  Rules rules;
  allow_computing(rules);
  rules.allow({SCMP_SYS(clone),
               SCMP_SYS(clone3),
               SCMP_SYS(fork),
               SCMP_SYS(vfork),
               SCMP_SYS(wait4),
               SCMP_SYS(waitid),
               SCMP_SYS(pidfd_open),
               SCMP_SYS(kill),
               SCMP_SYS(recvmsg),
               SCMP_SYS(sendmsg),
               SCMP_SYS(poll),
               SCMP_SYS(ppoll),
               SCMP_SYS(read),
               SCMP_SYS(write),
               SCMP_SYS(close),
               SCMP_SYS(close_range),
               SCMP_SYS(dup2),
               SCMP_SYS(dup3),
               SCMP_SYS(fcntl),
               SCMP_SYS(fstat),
               SCMP_SYS(newfstatat),
               SCMP_SYS(lseek),
               SCMP_SYS(getppid),
               SCMP_SYS(prctl),
               SCMP_SYS(prlimit64),
               SCMP_SYS(setrlimit),
               SCMP_SYS(seccomp),
               SCMP_SYS(rt_sigaction),
               SCMP_SYS(set_tid_address),
               SCMP_SYS(set_robust_list),
               SCMP_SYS(rseq)});
  rules.allow_if(SCMP_SYS(mmap), {without(2, PROT_EXEC)});
  return rules.program();
}

Result<Filter> child_filter(int facts) {
  const auto fd = static_cast<scmp_datum_t>(facts);
  Rules rules;
  allow_computing(rules);
  rules.allow_if(SCMP_SYS(mmap), {without(2, PROT_EXEC), with(3, MAP_ANONYMOUS)});
  rules.allow_if(SCMP_SYS(write), {scmp_arg_cmp{0, SCMP_CMP_EQ, fd, 0}});
  // A library that would complain on standard error finds it closed.
  rules.answer(EBADF, SCMP_SYS(write), {scmp_arg_cmp{0, SCMP_CMP_NE, fd, 0}});
  rules.answer(EBADF, SCMP_SYS(writev));
  rules.answer(EBADF, SCMP_SYS(fstat));
  rules.answer(EBADF, SCMP_SYS(newfstatat));
  rules.answer(EBADF, SCMP_SYS(ioctl));
  return rules.program();
}

bool apply(Filter& filter) {
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}

bool forbid_privileges() {
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 &&
         limit(RLIMIT_CORE, 0);
}

bool apply(const ChildLimits& limits) {
  const auto seconds = static_cast<rlim_t>(limits.cpu.count());
  return limit(RLIMIT_CORE, 0) && limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_NPROC, 0) && limit(RLIMIT_NOFILE, 0) &&
         limit(RLIMIT_MEMLOCK, 0) && (seconds == 0 || limit(RLIMIT_CPU, seconds)) &&
         (limits.address_space == 0 || limit(RLIMIT_AS, limits.address_space));
}

}  // namespace postern::inspect
