// Jobs: pieces of work in processes of their own, so that they use all CPUs and a process that dies takes no other
// along; and memory that these processes share with their parent.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <functional>
#include <new>
#include <type_traits>

namespace forkmill::sim {

// Rows of plain data in shared memory. The parent sees what a child wrote there, even after the child died.
template <class Row>
class SharedRows {
  static_assert(std::is_trivially_copyable_v<Row>);

 public:
  explicit SharedRows(std::size_t count) : bytes_{count * sizeof(Row)} {
    void* memory = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc{};
    rows_ = new (memory) Row[count]{};
  }
  ~SharedRows() { ::munmap(rows_, bytes_); }
  SharedRows(const SharedRows&) = delete;
  SharedRows& operator=(const SharedRows&) = delete;

  Row& operator[](std::size_t at) const { return rows_[at]; }

 private:
  std::size_t bytes_;
  Row* rows_;
};

// Calls work(0) … work(count − 1), each in a child, `at_once` at a time. `died(i, signal)` is called for a child that
// failed (signal 0: it exited with an error); true: its work is called again. Throws std::system_error when no process
// can be made.
void run_forked(std::size_t count, std::size_t at_once, const std::function<void(std::size_t)>& work,
                const std::function<bool(std::size_t, int signal)>& died);

// The CPU time of this process and of all children that have ended, in seconds.
double cpu_seconds();

}  // namespace forkmill::sim
