// A joinable queue knows when all of its items have been worked on, so the consumers need no sentinel: they are
// daemons, which never stop by themselves and end with the program.
#include <forkmill/local.h>
#include <forkmill/manager.h>
#include <forkmill/process.h>

#include <iostream>
#include <vector>

#include "client/examples/toolkit/example.h"

namespace {

using Jobs = forkmill::JoinableQueue<int>;
using Squares = forkmill::Dict<int, int>;

constexpr int kJobs = 30;
constexpr int kConsumers = 3;

constexpr forkmill::Task<void(Jobs, Squares)> kConsume{"consume"};

void consume(Jobs jobs, Squares squares) {
  for (;;) {
    const int job = jobs.get();
    squares.set(job, job * job);
    jobs.task_done();
  }
}
const forkmill::Registered kConsumeHere{kConsume, consume};

}  // namespace

int main(int argc, char** argv) {
  forkmill::local_main(argc, argv);
  Jobs jobs;
  const Squares squares;
  std::vector<forkmill::Process> consumers;
  for (int i = 0; i < kConsumers; ++i)
    consumers.emplace_back(forkmill::ProcessOptions{.daemon = true}, kConsume, jobs, squares).start();

  for (int i = 0; i < kJobs; ++i) jobs.put(i);
  jobs.join();  // returns after the last task_done()

  check(jobs.unfinished() == 0, "nothing is left to do");
  check(squares.size() == kJobs, "every job is done");
  for (const auto& [job, square] : squares.items()) check(square == job * job, "the result is the square");
  for (const auto& consumer : consumers) check(consumer.is_alive(), "consumers are ready for more");
  std::cout << squares.size() << " jobs done; the consumers end with this program\n";
}
