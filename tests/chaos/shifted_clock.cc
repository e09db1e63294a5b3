#include "tests/chaos/shifted_clock.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <stdexcept>
#include <utility>

#include "proto/os/descriptor.h"

namespace forkmill::chaos {

ShiftedClock::ShiftedClock(std::string file, std::string library)
    : file_{std::move(file)}, library_{std::move(library)} {
  const proto::Descriptor made{::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)};
  if (!made || ::fchmod(made.get(), 0644) != 0 || ::ftruncate(made.get(), sizeof(std::int64_t)) != 0)
    throw std::runtime_error{file_};
  void* area = ::mmap(nullptr, sizeof(std::int64_t), PROT_READ | PROT_WRITE, MAP_SHARED, made.get(), 0);
  if (area == MAP_FAILED) throw std::runtime_error{file_};
  area_ = static_cast<std::int64_t*>(area);
}

ShiftedClock::~ShiftedClock() { ::munmap(const_cast<std::int64_t*>(area_), sizeof(std::int64_t)); }

void ShiftedClock::set(std::int64_t ahead) { *area_ = ahead; }

std::vector<std::string> ShiftedClock::environment() const {
  return {"LD_PRELOAD=" + library_, "CHAOS_CLOCK=" + file_};
}

}  // namespace forkmill::chaos
