#include "worker/pool_tasks.h"

#include <cxxabi.h>
#include <forkmill/task.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <utility>

#include "proto/os/cpus.h"
#include "proto/os/processes.h"
#include "proto/os/real_env.h"
#include "proto/pool_tasks.h"
#include "worker/errors/error_mailbox.h"
#include "worker/errors/handler_error.h"
#include "worker/options.h"
#include "worker/os/forked_copy.h"
#include "worker/supervisor/supervisor.h"
#include "worker/tasks/chunk_task.h"

namespace forkmill::worker {

namespace {

using proto::PoolSpec;

// InitializerContext: for initializers, which belong to no attempt.
class InitializerContext final : public Context {
 public:
  void progress(double, std::string_view) override {}
  std::stop_token stop_token() const override { return {}; }
  std::uint32_t attempt() const override { return 1; }
  FencingToken fencing_token() const override { return {}; }
  TaskId task_id() const override { return {}; }
  const std::string& queue() const override { return queue_; }
  void log(LogLevel, std::string_view text) override {
    std::fprintf(stderr, "%.*s\n", static_cast<int>(text.size()), text.data());
  }
  std::uint64_t random_seed() override { return env_.random(); }

 private:
  std::string queue_;
  proto::RealEnv env_;
};

std::string how_it_ended(const Death& death) {
  return death.signal != 0 ? "signal " + std::to_string(death.signal) : "exit code " + std::to_string(death.exit_code);
}

class PoolHandler final : public detail::Handler {
 public:
  PoolHandler(const Registry& registry, const WorkerOptions& options, const std::vector<std::function<void()>>& prepare)
      : registry_{registry}, options_{options}, prepare_{prepare} {}

  std::string run(Context&, std::string_view arguments) override {
    const PoolSpec spec = std::get<0>(detail::arguments_of_call<PoolSpec>(arguments));
    if (options_.sandbox) throw std::logic_error{"this worker's sandbox has no network, which a pool needs"};
    refuse_shared_process();
    const WorkerOptions options = pool_options(spec, options_);
    check(options);
    ErrorMailbox mailbox;
    auto prepare = prepare_;
    if (!spec.initializer.empty()) {
      detail::Handler& initializer = *function_of(registry_, spec.initializer, spec.initializer_signature).handler;
      prepare.push_back([&] { initialize(initializer, spec.initializer_arguments, mailbox); });
    }
    // A pool whose children cannot start ends, so that the client learns why.
    const auto report_stillborn = [&](const Death& death) {
      HandlerError error;
      error.message = "a child of the pool ended before it was ready: " + how_it_ended(death);
      mailbox.post(error);
      ::kill(::getpid(), SIGTERM);
    };
    Supervisor{{.registry = registry_,
                .options = options,
                .on_child_start = prepare,
                .on_death_at_birth = report_stillborn,
                .of_client = true,
                .drains_when_ready = !spec.initializer.empty()}}
        .run();
    if (auto error = mailbox.read()) throw Relayed{std::move(*error)};
    return pack_nothing();
  }

 private:
  // A pool forks, and blocks signals for good.
  static void refuse_shared_process() {
    if (std::getenv("FORKMILL_PROCESS") == nullptr)
      throw std::logic_error{"forkmill.pool needs a process of its own: see forkmill::Process"};
    if (proto::own_threads() > 1)
      throw std::logic_error{"a pool cannot be forked here: an on_child_start function has left a thread behind"};
  }

  static void initialize(detail::Handler& initializer, std::string_view arguments, ErrorMailbox& mailbox) {
    InitializerContext context;
    try {
      initializer.run(context, arguments);
    } catch (const abi::__forced_unwind&) {
      throw;
    } catch (...) {
      const auto error = describe_current_exception();
      if (is_forked_copy()) end_forked_copy(error.type + ": " + error.message);
      mailbox.post(error);
      std::fflush(nullptr);
      ::_exit(EXIT_FAILURE);
    }
  }

  const Registry& registry_;
  const WorkerOptions& options_;
  const std::vector<std::function<void()>>& prepare_;
};

}  // namespace

WorkerOptions pool_options(const PoolSpec& spec, const WorkerOptions& host) {
  WorkerOptions options = host;
  options.name.clear();
  options.processes = spec.processes == 0 ? proto::usable_cpus() : spec.processes;
  options.scaling = {};  // a client's pool keeps its size, also if that of its host follows the load
  options.max_processes = 0;
  options.queues = {spec.queue};
  options.cgroup.clear();  // that of this process holds all
  options.group_limits = {};
  if (!options.task_folder.empty()) options.task_folder = ".";  // the folder of this task
  options.max_tasks_per_child = spec.max_tasks_per_child;
  options.drain_timeout = options.kill_grace = std::chrono::milliseconds{0};  // a pool is stopped when no client waits
  // Clients learn from their tasks' errors how children end: the log need not repeat it.
  options.log_file.clear();  // which the user of this process may not be able to write
  if (options.log_level == "info" || options.log_level == "warn") options.log_level = "error";
  return options;
}

void add_pool_tasks(Registry& registry, const WorkerOptions& options,
                    const std::vector<std::function<void()>>& prepare) {
  const auto add = [&](const char* name, const std::string& signature, std::unique_ptr<detail::Handler> handler) {
    registry.add({name, signature, signature_hash(signature), std::move(handler)});
  };
  add(proto::kPoolTask, "forkmill.pool", std::make_unique<PoolHandler>(registry, options, prepare));
  add(proto::kChunkTask, "forkmill.chunk", make_chunk_handler(registry));
}

}  // namespace forkmill::worker
