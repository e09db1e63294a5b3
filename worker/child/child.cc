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
#include <iostream>
#include <stdexcept>
#include <string>

#include "proto/limits.h"
#include "proto/os/processes.h"
#include "proto/os/real_env.h"
#include "worker/child/attempt_context.h"
#include "worker/child/output_watch.h"
#include "worker/confinement/sandbox.h"
#include "worker/confinement/task_folder.h"
#include "worker/errors/handler_error.h"
#include "worker/errors/throw_site.h"
#include "worker/os/forked_copy.h"
#include "worker/os/limits.h"
#include "worker/os/reaping.h"
#include "worker/rules/session/shard_sessions.h"

namespace forkmill::worker {

namespace {

// Ends this process without the exit handlers and destructors of static objects: those belong to its parent.
[[noreturn]] void exit_now(int status) {
  for (std::ostream* stream : {&std::cout, &std::clog}) stream->flush();  // in case it is not synchronized with stdio
  std::fflush(nullptr);
  ::_exit(status);
}

// The error of a process whose starter may never ask for it.
void print_error(const HandlerError& error) {
  const char* name = std::getenv("FORKMILL_PROCESS");
  std::string text = "process " + std::string{name == nullptr ? "" : name} + " has failed: " + error.type + ": " +
                     error.message + "\n";
  for (const std::string* lines : {&error.cause, &error.backtrace}) {
    if (lines->empty()) continue;
    text += *lines;
    if (text.back() != '\n') text += '\n';
  }
  std::fflush(stdout);
  std::fwrite(text.data(), 1, text.size(), stderr);
}

// Resident bytes of this process.
class MemoryGauge {
 public:
  // Opened each time: handlers may close any descriptor.
  static std::uint64_t resident() {
    const proto::Descriptor file{::open("/proc/self/statm", O_RDONLY | O_CLOEXEC)};
    std::array<char, 128> text;
    const auto length = ::read(file.get(), text.data(), text.size());
    const std::string_view line{text.data(), length > 0 ? static_cast<std::size_t>(length) : 0};
    const auto second = line.find(' ') + 1;  // "size resident shared …", in pages
    std::uint64_t pages = 0;
    std::from_chars(line.data() + second, line.data() + line.size(), pages);
    return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  }
};

class Child {
 public:
  explicit Child(const ChildSetup& setup)
      : setup_{setup},
        end_{SharedArea::map(setup.shared_area), setup.link_bell},
        stop_watcher_{end_.head()},
        output_{end_.head(), setup.registry.all().size()},
        folder_{setup.folder} {
    ::close(setup.shared_area);
    mark_original();
  }

  [[noreturn]] void run() {
    prepare();
    say_born();
    for (;;) {
      const StartedTask task = end_.next();
      const Leaving leaving = run(task);
      if (setup_.process) exit_now(succeeded_ ? EXIT_SUCCESS : EXIT_FAILURE);
      if (!end_.finish(task.head.serial)) exit_now(EXIT_SUCCESS);
      if (leaving != Leaving::no) exit_now(EXIT_SUCCESS);
      if (end_.missed_bell()) leave_without_bell();
    }
  }

 private:
  void prepare() {
    for (const auto& function : setup_.on_start) {
      function();
      if (is_forked_copy()) end_forked_copy({});
    }
    if (!descriptors_intact())
      throw std::runtime_error{"an on_child_start function has closed or replaced descriptors that the child needs"};
    if (setup_.options.sandbox) enter_sandbox();
  }

  // Only the thread that enters is kept inside.
  void enter_sandbox() const {
    if (proto::own_threads() > 1)
      throw std::runtime_error{
          "an on_child_start function has left a thread behind, which the sandbox would not confine"};
    worker::enter_sandbox(setup_.folder);
  }

  void say_born() {
    flush_output(true);
    const OutputEnds printed = output_.position();
    output_.told(printed);
    end_.born(printed);
  }

  Leaving run(const StartedTask& task) {
    ResultHead head{};
    head.serial = task.head.serial;
    if (output_.should_look_before(task.head.handler)) say_output();
    const auto started = task.at_once && ended_is_now_ ? ended_ : proto::RealEnv::steady();
    HandlerError error;
    std::string result;
    succeeded_ = call(task, result, error);
    if (is_forked_copy()) end_forked_copy(succeeded_ ? std::string{} : error.type + ": " + error.message);
    if (setup_.process) detail::run_at_process_end();
    folder_.end();
    ended_ = proto::RealEnv::steady();
    head.run_us = static_cast<std::uint64_t>((ended_ - started).count());
    const bool brief = is_brief(head.run_us);
    flush_output(!brief);
    head.printed = output_.look_after(task.head.handler, brief);
    ended_is_now_ = brief && result.size() <= kSmallResult && setup_.options.max_memory_per_child == 0;
    const Leaving leaving = after_task(head.run_us);
    head.leaving = static_cast<std::uint8_t>(leaving);
    if (succeeded_)
      say_result(head, result);
    else
      say_error(head, error);
    return leaving;
  }

  void say_output() {
    const OutputEnds printed = output_.position();
    output_.told(printed);
    const std::array<std::string_view, 1> pieces{bytes_of(printed)};
    end_.say(kOutputRecord, pieces);
  }

  bool call(const StartedTask& task, std::string& result, HandlerError& error) {
    AttemptContext context{end_, stop_watcher_, output_, task};
    const ThrowWatch watch;
    try {
      if (setup_.options.limits.cpu.count() > 0) limit_cpu_of_task(setup_.options.limits.cpu);
      folder_.begin();
      detail::set_task_shard(
          shard_of({proto::Epoch{task.head.epoch}, proto::TaskSeq{task.head.seq}, proto::Attempt{task.head.attempt}}));
      result = setup_.registry.at(task.head.handler).handler->run(context, task.arguments);
      detail::note_result(context.task_id(), result);
    } catch (const abi::__forced_unwind&) {
      throw;  // pthread_exit() or a cancellation: it must not be caught
    } catch (const Relayed& relayed) {
      error = relayed.error();  // its pool has reported it
      return false;
    } catch (...) {
      error = describe_current_exception();
      if (setup_.process) print_error(error);
      return false;
    }
    if (result.size() <= proto::limits::kMaxPayload) return true;
    error.code = Errc::result_too_large;
    error.message = "the result has " + std::to_string(result.size()) + " bytes; the limit is " +
                    std::to_string(proto::limits::kMaxPayload);
    return false;
  }

  // A task that took no time, and whose result wakes no other process.
  bool is_brief(std::uint64_t run_us) const { return run_us < kWorthACheck && !end_.link_sleeps(); }

  Leaving after_task(std::uint64_t run_us) {
    const auto& options = setup_.options;
    // A brief task rarely closed anything. If it did, this shows when the bell is to be rung.
    if (!is_brief(run_us) && !descriptors_intact()) return Leaving::descriptors;
    if (options.max_tasks_per_child != 0 && ++tasks_run_ >= options.max_tasks_per_child) return Leaving::task_count;
    if (options.max_memory_per_child == 0) return Leaving::no;
    return MemoryGauge::resident() > options.max_memory_per_child ? Leaving::memory : Leaving::no;
  }

  // Handlers may close any descriptor. What they opened then would get the output of later tasks, or the link would not
  // hear of results.
  bool descriptors_intact() const { return end_.has_bell() && standard_descriptors_open(); }

  [[noreturn]] static void leave_without_bell() {
    std::fprintf(stderr, "child %d is replaced: a handler has closed or replaced descriptors that the child needs\n",
                 static_cast<int>(::getpid()));
    exit_now(EXIT_SUCCESS);
  }

  void say_result(ResultHead& head, std::string_view result) {
    head.verdict = static_cast<std::uint8_t>(Verdict::succeeded);
    const std::array<std::string_view, 2> pieces{bytes_of(head), result};
    end_.say(kResultRecord, pieces);
  }

  void say_error(ResultHead& head, const HandlerError& error) {
    head.verdict = static_cast<std::uint8_t>(error.shortage ? Verdict::shortage
                                             : error.retry  ? Verdict::retry
                                                            : Verdict::failed);
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
  OutputWatch output_;
  TaskFolder folder_;
  std::uint64_t tasks_run_ = 0;
  proto::Instant ended_{0};    // end of the last task
  bool ended_is_now_ = false;  // ended_ can serve as the start of the next task
  bool succeeded_ = false;     // the last task

  static constexpr std::uint64_t kWorthACheck = 20;  // microseconds
  static constexpr std::size_t kSmallResult = 4096;  // bytes
};

}  // namespace

void run_child(const ChildSetup& setup) {
  std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);  // or the last lines before a crash would be lost in a buffer
  try {
    Child{setup}.run();
  } catch (...) {
    const auto error = describe_current_exception();
    if (is_forked_copy()) end_forked_copy(error.type + ": " + error.message);
    std::fprintf(stderr, "the child cannot start: %s: %s\n", error.type.c_str(), error.message.c_str());
    exit_now(EXIT_FAILURE);
  }
}

}  // namespace forkmill::worker
