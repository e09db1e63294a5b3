#include <forkmill/registered.h>
#include <forkmill/worker.h>

#include <sched.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <utility>
#include <vector>

#include "proto/os/control_groups.h"
#include "proto/os/cpus.h"
#include "proto/os/standard_streams.h"
#include "worker/confinement/cannot_confine.h"
#include "worker/confinement/check.h"
#include "worker/errors/handler_error.h"
#include "worker/options.h"
#include "worker/os/log_options.h"
#include "worker/os/own_program.h"
#include "worker/pool_tasks.h"
#include "worker/rules/scaling/pool_bounds.h"
#include "worker/supervisor/supervisor.h"
#include "worker/tasks/registry.h"

namespace forkmill {

struct Worker::State {
  WorkerOptions options;
  std::string program = "worker";
  worker::Registry registry;
  std::vector<std::function<void()>> on_start;
  std::vector<std::function<void()>> on_child_start;
  bool has_run = false;
};

namespace {

// Warns on stderr if a program has registered handlers and forgotten run(): it would end silently.
void check_has_run(const worker::Registry& registry, bool has_run, const std::string& program) {
  if (has_run || registry.empty() || std::uncaught_exceptions() > 0) return;
  std::fprintf(stderr, "%s: Worker::run() was not called, so nothing was served\n", program.c_str());
}

// Sets the number of children, or its bounds if the pool follows its load, to what this machine gives.
void settle_processes(WorkerOptions& options) {
  if (!worker::follows_load(options)) {
    if (options.processes == 0) options.processes = proto::usable_cpus();
    return;
  }
  const auto quota = proto::cpu_quota(proto::own_control_groups(), "/sys/fs/cgroup");
  const auto bounds = worker::bounds_of(options.scaling, proto::usable_cpus(), quota);
  options.scaling = {.min = static_cast<unsigned>(bounds.least), .max = static_cast<unsigned>(bounds.most)};
  options.processes = options.scaling.max;
}

}  // namespace

Worker::Worker(int argc, char** argv) : state_{std::make_unique<State>()} {
  proto::open_standard_streams();
  worker::CommandLine line;
  if (const auto code = worker::read_options(argc, argv, worker::Program::own, line)) {
    std::exit(*code);  // NOLINT(concurrency-mt-unsafe): before any thread
  }
  state_->options = std::move(line.options);
  if (argc > 0) state_->program = argv[0];
}

Worker::Worker(WorkerOptions options) : state_{std::make_unique<State>()} {
  proto::open_standard_streams();
  worker::complete(options);
  worker::check(options);
  state_->options = std::move(options);
}

Worker::~Worker() {
  if (state_) check_has_run(state_->registry, state_->has_run, state_->program);
}
Worker::Worker(Worker&&) noexcept = default;
Worker& Worker::operator=(Worker&&) noexcept = default;

Worker::State& Worker::own_state() const {
  if (!state_) throw std::logic_error{"this worker is empty: it was moved from"};
  return *state_;
}

void Worker::add(std::string_view name, const std::string& signature, std::uint64_t hash,
                 std::unique_ptr<detail::Handler> handler) {
  own_state().registry.add({std::string{name}, signature, hash, std::move(handler)});
}

namespace {

class RegisteredHandler final : public detail::Handler, public detail::Merger {
 public:
  explicit RegisteredHandler(const detail::RegisteredFunction& function) : function_{function} {}
  std::string run(Context&, std::string_view arguments) override { return function_.call(arguments); }
  detail::Merger* merger() override { return function_.call_merged ? this : nullptr; }
  std::string run_merged(Context&, detail::ItemCursor& items) override { return function_.call_merged(items); }

 private:
  const detail::RegisteredFunction& function_;
};

}  // namespace

void Worker::add_registered() {
  for (const auto& function : detail::registered_functions())
    add(function.name, function.signature, signature_hash(function.signature),
        std::make_unique<RegisteredHandler>(function));
}

Worker& Worker::on_start(std::function<void()> load) {
  own_state().on_start.push_back(std::move(load));
  return *this;
}

Worker& Worker::on_child_start(std::function<void()> prepare) {
  own_state().on_child_start.push_back(std::move(prepare));
  return *this;
}

const WorkerOptions& Worker::options() const { return own_state().options; }

int Worker::run() {
  State& state = own_state();
  if (std::exchange(state.has_run, true)) throw std::logic_error{"Worker::run() was called before"};
  const worker::OwnProgram* const program = worker::OwnProgram::noted();
  add_registered();
  if (state.registry.empty()) {
    std::fprintf(stderr,
                 "%s: this worker has no handlers, so it could run nothing. Register some with Worker::on() before "
                 "run(); forkmill-worker has one when started with --allow-exec.\n",
                 state.program.c_str());
    return 2;
  }
  const auto account = worker::account_of(state.options);  // tries in a fork: before any thread
  if (!account) {
    std::fprintf(stderr, "%s: %s\n", state.program.c_str(), account.failure().text.c_str());
    return 2;
  }
  if (state.options.sandbox && state.options.task_folder.empty())
    state.options.task_folder = std::filesystem::temp_directory_path();
  worker::add_pool_tasks(state.registry, state.options, state.on_child_start);
  try {
    for (const auto& load : state.on_start) load();
  } catch (...) {
    const auto error = worker::describe_current_exception();
    std::fprintf(stderr, "%s: the pool does not start, because an on_start initializer failed: %s: %s\n",
                 state.program.c_str(), error.type.c_str(), error.message.c_str());
    return 1;
  }
  settle_processes(state.options);
  try {
    proto::check_log_file(worker::log_options(state.options));
    const auto ending = worker::Supervisor{{.registry = state.registry,
                                            .options = state.options,
                                            .on_child_start = state.on_child_start,
                                            .account = account.value(),
                                            .can_restart = program != nullptr}}
                            .run();
    if (ending.restarts) program->execute();
    return ending.exit_code;
  } catch (const worker::CannotConfine& error) {
    std::fprintf(stderr, "%s: %s\n", state.program.c_str(), error.what());
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: the pool cannot run: %s\n", state.program.c_str(), error.what());
    return 1;
  }
}

}  // namespace forkmill
