// A wall clock that the ring can set for the programs that it starts, and for no other process. Preloaded, it replaces
// the C library's clock functions, and adds to the real time the number in the file that CHAOS_CLOCK names (seconds,
// 64 bits). The monotonic clock is unchanged.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

namespace {

const volatile std::int64_t* map_offset() {
  const char* path = std::getenv("CHAOS_CLOCK");
  const int file = path == nullptr ? -1 : ::open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return nullptr;
  void* area = ::mmap(nullptr, sizeof(std::int64_t), PROT_READ, MAP_SHARED, file, 0);
  ::close(file);
  return area == MAP_FAILED ? nullptr : static_cast<const volatile std::int64_t*>(area);
}

std::int64_t offset() {
  static const volatile std::int64_t* const mapped = map_offset();
  return mapped == nullptr ? 0 : *mapped;
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* now) noexcept {
  const auto result = ::syscall(SYS_clock_gettime, clock, now);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += offset();
  return static_cast<int>(result);
}

int gettimeofday(timeval* now, void*) noexcept {
  timespec fine{};
  if (clock_gettime(CLOCK_REALTIME, &fine) != 0) return -1;
  now->tv_sec = fine.tv_sec;
  now->tv_usec = fine.tv_nsec / 1000;
  return 0;
}

time_t time(time_t* where) noexcept {
  timespec fine{};
  clock_gettime(CLOCK_REALTIME, &fine);
  if (where != nullptr) *where = fine.tv_sec;
  return fine.tv_sec;
}
}
