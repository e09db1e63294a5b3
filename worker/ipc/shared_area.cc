#include "worker/ipc/shared_area.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace forkmill::worker {

namespace {

constexpr std::size_t kHeadBytes = 4096;
constexpr std::size_t kAreaBytes = kHeadBytes + 2 * kRingBytes;
static_assert(sizeof(AreaHead) <= kHeadBytes);

std::system_error failed(const char* what) { return {errno, std::generic_category(), what}; }

}  // namespace

proto::Descriptor SharedArea::create() {
  proto::Descriptor fd{::memfd_create("forkmill-area", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
  if (!fd) throw failed("memfd_create");
  if (::ftruncate(fd.get(), kAreaBytes) != 0) throw failed("ftruncate of a shared area");
  if (::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) throw failed("F_ADD_SEALS");
  return fd;
}

SharedArea SharedArea::map(int fd) {
  void* memory = ::mmap(nullptr, kAreaBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) throw failed("mmap of a shared area");
  return SharedArea{memory};
}

void SharedArea::hide_from_forks() const {
  if (::madvise(memory_, kAreaBytes, MADV_DONTFORK) != 0) throw failed("MADV_DONTFORK of a shared area");
}

bool SharedArea::was_born(int fd) {
  std::uint32_t born = 0;
  return ::pread(fd, &born, sizeof born, offsetof(AreaHead, born)) == sizeof born && born == 1;
}

SharedArea::SharedArea(SharedArea&& other) noexcept : memory_{std::exchange(other.memory_, nullptr)} {}
SharedArea& SharedArea::operator=(SharedArea&& other) noexcept {
  std::swap(memory_, other.memory_);
  return *this;
}
SharedArea::~SharedArea() {
  if (memory_ != nullptr) ::munmap(memory_, kAreaBytes);
}

char* SharedArea::task_bytes() const { return static_cast<char*>(memory_) + kHeadBytes; }
char* SharedArea::result_bytes() const { return task_bytes() + kRingBytes; }

void futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t expected) {
  ::syscall(SYS_futex, &word, FUTEX_WAIT, expected, nullptr, nullptr, 0);
}
void futex_wake(std::atomic<std::uint32_t>& word) { ::syscall(SYS_futex, &word, FUTEX_WAKE, 1, nullptr, nullptr, 0); }

}  // namespace forkmill::worker
