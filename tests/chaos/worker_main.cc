// chaos-worker: runs the ring's tasks and records them in the journal that CHAOS_JOURNAL names. CHAOS_WORKER is the
// worker's number.
#include <forkmill/worker.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <thread>

#include "tests/chaos/journal.h"
#include "tests/chaos/tasks.h"
#include "tests/eventually.h"

namespace {

using namespace forkmill;
using namespace forkmill::chaos;
using std::chrono::milliseconds;

std::unique_ptr<Journal> journal;

// One execution of a task: the constructor records its start; done() records its end and returns the result.
class Execution {
 public:
  explicit Execution(Context& context) : id_{context.task_id()}, token_{context.fencing_token().to_string()} {
    static const char* const named = std::getenv("CHAOS_WORKER");
    static const std::string worker = named == nullptr ? "" : named;
    journal->append("B " + id_.to_string() + " " + token_ + " " + worker);
  }
  std::string done() const {
    journal->append("E " + id_.to_string() + " " + token_);
    return value_of(id_, token_);
  }

 private:
  TaskId id_;
  std::string token_;
};

[[noreturn]] void die(int how) {
  switch (how) {
    case kSegfault:
      ::signal(SIGSEGV, SIG_DFL);
      ::raise(SIGSEGV);
      break;
    case kQuick:
      ::_exit(3);
    case kExit:
      ::exit(4);
    default:
      break;
  }
  std::abort();
}

void register_handlers(Worker& worker) {
  worker.on(kShort, [](Context& context, int) { return Execution{context}.done(); });
  worker.on(kLong, [](Context& context, int how_long_ms) {
    const Execution execution{context};
    if (tests::stopped_within(context.stop_token(), milliseconds{how_long_ms})) throw std::runtime_error{"stopped"};
    return execution.done();
  });
  worker.on(kStubborn, [](Context& context, int how_long_ms) {
    const Execution execution{context};
    std::this_thread::sleep_for(milliseconds{how_long_ms});  // the load: a task that takes so long
    return execution.done();
  });
  worker.on(kDie, [](Context& context, int how, int before) {
    const Execution execution{context};
    if (static_cast<int>(context.attempt()) < before) die(how);
    return execution.done();
  });
  worker.on(kThrow, [](Context& context, int before) {
    const Execution execution{context};
    if (static_cast<int>(context.attempt()) < before) throw std::out_of_range{"thrown on purpose"};
    return execution.done();
  });
  worker.on(kRetry, [](Context& context, int before) {
    const Execution execution{context};
    if (static_cast<int>(context.attempt()) < before) throw Retry{"not yet", milliseconds{20}};
    return execution.done();
  });
  worker.on(kLarge, [](Context& context, const std::string& text) {
    const Execution execution{context};
    return execution.done() + ";" + text;
  });
}

}  // namespace

int main(int argc, char** argv) {
  Worker worker{argc, argv};
  register_handlers(worker);
  worker.on_child_start([] { journal = std::make_unique<Journal>(std::getenv("CHAOS_JOURNAL")); });
  return worker.run();
}
