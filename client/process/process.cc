#include <forkmill/process.h>
#include <unistd.h>

#include <csignal>
#include <typeinfo>
#include <utility>

#include "client/engine/engine.h"
#include "client/process/checks.h"
#include "client/process/classes.h"
#include "client/process/registry.h"
#include "client/process/signals.h"
#include "client/process/state.h"

namespace forkmill {

namespace {

using client::engine_of;
using client::refuse;

// Ends the wait for the fork of a process when the process has ended.
class Settle final : public detail::Continuation {
 public:
  explicit Settle(std::shared_ptr<Process::State> process) : Continuation{true}, process_{std::move(process)} {}
  void run() noexcept override { process_->settled.set(); }
  void abandon() noexcept override { run(); }

 private:
  std::shared_ptr<Process::State> process_;
};

client::Prepared prepared(const Process::State& process) {
  SubmitOptions options;
  options.queue = process.options.queue;
  options.priority = process.options.priority;
  options.max_attempts = 1;
  options.soft_timeout = process.options.soft_timeout;
  options.timeout = process.options.timeout;
  options.expires = process.options.expires;
  client::Prepared how = client::prepare(options);
  how.options.process = true;
  how.options.daemon = process.daemon;
  how.options.label = process.options.name;
  return how;
}

}  // namespace

Process::Process(Client* client, ProcessOptions options, std::string_view task, std::uint64_t signature,
                 std::string_view payload)
    : state_{std::make_shared<State>()} {
  if (client != nullptr) state_->engine = client->engine_;
  state_->daemon = options.daemon ? *options.daemon : current_process().daemon;
  state_->options = std::move(options);
  std::string& name = state_->options.name;
  if (name.empty()) name = "Process-" + std::to_string(client::ProcessRegistry::instance().next_number());
  client::check_name(name);
  state_->task = task;
  state_->signature = signature;
  state_->payload = payload;
  state_->parent = static_cast<std::uint32_t>(::getpid());
}

void Process::keep(std::shared_ptr<const void> objects) { state_->kept.push_back(std::move(objects)); }

void Process::be_current() {
  const CurrentProcess self = current_process();
  state_->options.name = self.name;
  state_->daemon = self.daemon;
  state_->parent = self.ppid;
}

Process::State& Process::open() const {
  if (!state_) detail::throw_moved_from("process");
  const std::unique_lock lock{state_->mutex};
  if (state_->closed) throw Error{Errc::object_closed, "process " + state_->options.name};
  return *state_;
}

Process::State& Process::started(const char* what) const {
  State& state = open();
  const std::unique_lock lock{state.mutex};
  if (!state.result) refuse(state, std::string{what} + " before start()");
  return state;
}

void Process::run() { refuse(open(), "run() is for a class derived from Process that overrides it"); }

// ---- Start and end --------------------------------------------------------------------------------------------------

void Process::start() {
  State& state = open();
  if (client::runs_in_pool()) {
    if (!state.daemon) refuse(state, "a function of a pool may only start daemons, which end with the pool");
  } else if (current_process().daemon) {
    refuse(state, "a daemon may not have children");
  }
  submit(state);
  state.result->on_started([process = std::weak_ptr{state_}](std::uint32_t pid, const std::string& host) {
    const auto one = process.lock();
    if (one == nullptr) return;
    {
      const std::unique_lock lock{one->mutex};
      one->pid = pid;
      one->host = host;
    }
    one->settled.set();
  });
  state.result->add(new Settle{state_});
  client::ProcessRegistry::instance().add(state_);
}

void Process::submit(State& state) {
  {
    const std::unique_lock lock{state.mutex};
    if (state.starting || state.result) refuse(state, "start() was called before");
    state.starting = true;
  }
  // Without the lock: a client that is full blocks, and this thread may do the client's work meanwhile, which takes
  // locks of processes.
  detail::Ref<detail::RemoteState> result;
  try {
    if (state.task.empty()) {
      const auto* known = client::process_class(typeid(*this));
      if (known == nullptr) refuse(state, "its class is not registered: see forkmill::register_process()");
      state.payload = known->pack(*this);
      state.task = known->task;
    }
    if (!state.engine) state.engine = default_client().engine_;
    result = engine_of(state.engine).tasks().submit(prepared(state), state.task, state.signature, state.payload);
  } catch (...) {
    const std::unique_lock lock{state.mutex};
    state.starting = false;
    throw;
  }
  auto sentinel = detail::task_future<RawResult>(result).share();
  const std::unique_lock lock{state.mutex};
  state.result = std::move(result);
  state.sentinel = std::move(sentinel);
  state.starting = false;
}

void Process::join() {
  started("join()").result->wait({});
  client::ProcessRegistry::instance().forget_ended();
}

bool Process::join_for(std::chrono::nanoseconds how_long) {
  State& state = started("join()");
  const bool ended = detail::wait_for(*state.result, how_long);
  if (ended) client::ProcessRegistry::instance().forget_ended();
  return ended;
}

bool Process::is_alive() const {
  const State& state = open();
  const std::unique_lock lock{state.mutex};
  return state.result && !state.ended();
}

void Process::terminate() { signal(SIGTERM); }
void Process::kill() { signal(SIGKILL); }

void Process::signal(int number) {
  State& state = started("a signal");
  if (number < 1 || number >= NSIG) refuse(state, "there is no signal " + std::to_string(number));
  if (state.ended()) return;
  {
    const std::unique_lock lock{state.mutex};
    state.last_signal = number;
  }
  // The answer is an error if the broker does not know the task yet. Cancelling it keeps it from being submitted.
  client::send_signal(state, number)
      .on_error([engine = state.engine, id = state.result->id()](const std::exception_ptr&) -> RawResult {
        engine->cancel(id);
        return {};
      });
}

void Process::close() {
  if (!state_) detail::throw_moved_from("process");
  const std::unique_lock lock{state_->mutex};
  if (state_->closed) return;
  if (state_->starting) refuse(*state_, "close() while another thread starts it");
  if (state_->result && !state_->ended()) refuse(*state_, "close() while it is alive; join() it first");
  state_->closed = true;
}

}  // namespace forkmill
