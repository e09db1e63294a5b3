#include "worker/child/child.h"

#include <cxxabi.h>
#include <fcntl.h>
#include <forkmill/registered.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

#include "proto/limits.h"
#include "proto/os/real_env.h"
#include "worker/child/attempt_context.h"
#include "worker/errors/handler_error.h"
#include "worker/errors/throw_site.h"

namespace forkmill::worker {

namespace {

// Ends this process without the exit handlers and destructors of static objects: those belong to its parent.
[[noreturn]] void exit_now(int status) {
  std::fflush(nullptr);
  ::_exit(status);
}

// Resident bytes of this process.
class MemoryGauge {
 public:
  MemoryGauge() : file_{::open("/proc/self/statm", O_RDONLY | O_CLOEXEC)} {}
  std::uint64_t resident() const {
    std::array<char, 128> text;
    const auto length = ::pread(file_.get(), text.data(), text.size(), 0);
    const std::string_view line{text.data(), length > 0 ? static_cast<std::size_t>(length) : 0};
    const auto second = line.find(' ') + 1;  // "size resident shared …", in pages
    std::uint64_t pages = 0;
    std::from_chars(line.data() + second, line.data() + line.size(), pages);
    return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  }

 private:
  proto::Descriptor file_;
};

class Child {
 public:
  explicit Child(const ChildSetup& setup)
      : setup_{setup}, end_{SharedArea::map(setup.shared_area), setup.link_bell}, stop_watcher_{end_.head()} {
    ::close(setup.shared_area);
  }

  [[noreturn]] void run() {
    for (const auto& prepare : setup_.on_start) prepare();
    end_.born();
    for (;;) {
      const StartedTask task = end_.next();
      const Leaving leaving = run(task);
      if (setup_.process) exit_now(succeeded_ ? EXIT_SUCCESS : EXIT_FAILURE);
      if (!end_.finish(task.head.serial)) exit_now(EXIT_SUCCESS);
      if (leaving != Leaving::no) exit_now(EXIT_SUCCESS);
    }
  }

 private:
  Leaving run(const StartedTask& task) {
    ResultHead head{};
    head.serial = task.head.serial;
    const auto started = env_.now().steady;
    HandlerError error;
    std::string result;
    succeeded_ = call(task, result, error);
    if (setup_.process) detail::run_at_process_end();
    head.run_us = static_cast<std::uint64_t>((env_.now().steady - started).count());
    const Leaving leaving = after_task();
    head.leaving = static_cast<std::uint8_t>(leaving);
    if (succeeded_)
      say_result(head, result);
    else
      say_error(head, error);
    return leaving;
  }

  bool call(const StartedTask& task, std::string& result, HandlerError& error) {
    AttemptContext context{end_, stop_watcher_, task};
    const ThrowWatch watch;
    try {
      result = setup_.registry.at(task.head.handler).handler->run(context, task.arguments);
    } catch (const abi::__forced_unwind&) {
      throw;  // pthread_exit() or a cancellation: it must not be caught
    } catch (...) {
      error = describe_current_exception();
      return false;
    }
    if (result.size() <= proto::limits::kMaxPayload) return true;
    error.code = Errc::result_too_large;
    error.message = "the result has " + std::to_string(result.size()) + " bytes; the limit is " +
                    std::to_string(proto::limits::kMaxPayload);
    return false;
  }

  Leaving after_task() {
    const auto& options = setup_.options;
    if (options.max_tasks_per_child != 0 && ++tasks_run_ >= options.max_tasks_per_child) return Leaving::task_count;
    if (options.max_memory_per_child == 0) return Leaving::no;
    return memory_.resident() > options.max_memory_per_child ? Leaving::memory : Leaving::no;
  }

  void say_result(ResultHead& head, std::string_view result) {
    head.verdict = static_cast<std::uint8_t>(Verdict::succeeded);
    const std::array<std::string_view, 2> pieces{bytes_of(head), result};
    end_.say(kResultRecord, pieces);
  }

  void say_error(ResultHead& head, const HandlerError& error) {
    head.verdict = static_cast<std::uint8_t>(error.retry ? Verdict::retry : Verdict::failed);
    head.code = static_cast<std::uint16_t>(error.code);
    head.retry_delay_ms = error.retry_delay ? std::max<std::int64_t>(error.retry_delay->count(), 0) : -1;
    head.type_length = static_cast<std::uint32_t>(error.type.size());
    head.message_length = static_cast<std::uint32_t>(error.message.size());
    head.backtrace_length = static_cast<std::uint32_t>(error.backtrace.size());
    head.cause_length = static_cast<std::uint32_t>(error.cause.size());
    const std::array<std::string_view, 5> pieces{bytes_of(head), error.type, error.message, error.backtrace,
                                                 error.cause};
    end_.say(kResultRecord, pieces);
  }

  const ChildSetup& setup_;
  ChildEnd end_;
  StopWatcher stop_watcher_;
  proto::RealEnv env_;
  MemoryGauge memory_;
  std::uint64_t tasks_run_ = 0;
  bool succeeded_ = false;  // the last task
};

}  // namespace

void run_child(const ChildSetup& setup) {
  std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);  // or the last lines before a crash would be lost in a buffer
  try {
    Child{setup}.run();
  } catch (...) {
    const auto error = describe_current_exception();
    std::fprintf(stderr, "the child cannot start: %s: %s\n", error.type.c_str(), error.message.c_str());
    exit_now(EXIT_FAILURE);
  }
}

}  // namespace forkmill::worker
