#include "worker/confinement/syscall_filter.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <system_error>
#include <vector>

namespace forkmill::worker {

namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#elif defined(__riscv) && __riscv_xlen == 64
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_RISCV64;
#else
constexpr std::uint32_t kArchitecture = 0;  // the numbers of its system calls have not been looked up
#endif

constexpr std::uint32_t kForeignNumbers = 0x40000000;  // from here on: those of x32 on x86-64

// Filter: a program of classic BPF. Each rule is a short run of instructions; what no rule forbids is allowed.
class Filter {
 public:
  Filter() {
    load(offsetof(seccomp_data, arch));
    kill_unless(BPF_JEQ, kArchitecture);
    load(offsetof(seccomp_data, nr));
    add(BPF_JMP | BPF_JGE | BPF_K, kForeignNumbers, 0, 1);
    add(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
  }

  void forbid(std::uint32_t number, int error) {
    add(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1);
    add(BPF_RET | BPF_K, fails_with(error));
  }

  // Forbids the call if (argument & mask) == value. Only the lower half of the argument is looked at: the kernel takes
  // no more of these.
  void forbid_if(std::uint32_t number, std::size_t argument, std::uint32_t mask, std::uint32_t value, int error) {
    add(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 5);
    load(static_cast<std::uint32_t>(offsetof(seccomp_data, args) + argument * sizeof(std::uint64_t)));
    add(BPF_ALU | BPF_AND | BPF_K, mask);
    add(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
    add(BPF_RET | BPF_K, fails_with(error));
    load(offsetof(seccomp_data, nr));
  }

  void install() {
    add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    sock_fprog program{static_cast<unsigned short>(code_.size()), code_.data()};  // NOLINT(google-runtime-int)
    if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0)
      throw std::system_error{errno, std::generic_category(), "seccomp"};
  }

 private:
  static std::uint32_t fails_with(int error) {
    return SECCOMP_RET_ERRNO | (static_cast<std::uint32_t>(error) & SECCOMP_RET_DATA);
  }
  void load(std::uint32_t offset) { add(BPF_LD | BPF_W | BPF_ABS, offset); }
  void kill_unless(std::uint16_t comparison, std::uint32_t value) {
    add(static_cast<std::uint16_t>(BPF_JMP | comparison | BPF_K), value, 1, 0);
    add(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
  }
  void add(std::uint16_t code, std::uint32_t value, std::uint8_t if_true = 0, std::uint8_t if_false = 0) {
    code_.push_back({code, if_true, if_false, value});
  }

  std::vector<sock_filter> code_;
};

// Opening with O_TRUNC changes a file that is not opened for writing: for reading, or for ioctl(2) only (O_ACCMODE).
void forbid_truncation(Filter& filter) {
  constexpr std::uint32_t kMask = O_TRUNC | O_ACCMODE;
  filter.forbid(SYS_truncate, EACCES);
  for (const std::uint32_t flags : {O_TRUNC | O_RDONLY, O_TRUNC | O_ACCMODE}) {
    filter.forbid_if(SYS_openat, 2, kMask, flags, EACCES);
#ifdef SYS_open
    filter.forbid_if(SYS_open, 1, kMask, flags, EACCES);
#endif
  }
  filter.forbid(SYS_openat2, ENOSYS);  // its flags cannot be seen; callers fall back to openat
}

}  // namespace

proto::Status check_syscall_filter() {
  const std::uint32_t action = SECCOMP_RET_KILL_PROCESS;
  if (kArchitecture == 0) return {Errc::unknown, "forkmill has no filter of system calls for this processor"};
  if (::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) != 0)
    return {Errc::unknown, "this kernel has no filter of system calls (seccomp)"};
  return {};
}

void forbid_sockets(bool forbid_truncate) {
  constexpr std::uint32_t kTypes = 0xf;  // the type of a socket without its flags
  Filter filter;
  filter.forbid(SYS_socket, EACCES);
  // One socket of a pair of datagram sockets can be sent to any other address; those of other types cannot.
  filter.forbid_if(SYS_socketpair, 1, kTypes, SOCK_DGRAM, EACCES);
  filter.forbid(SYS_io_uring_setup, ENOSYS);
  if (forbid_truncate) forbid_truncation(filter);
  filter.install();
}

}  // namespace forkmill::worker
