#include <forkmill/process.h>
#include <unistd.h>

#include <csignal>
#include <map>
#include <typeinfo>

#include "client/engine/options.h"
#include "client/process/process_state.h"

namespace forkmill {

namespace {

using client::engine_of;

[[noreturn]] void refuse(const Process::State& state, const std::string& text) {
  throw Error{Errc::bad_request, "process " + state.options.name + ": " + text};
}

// Wakes whoever waits for the birth of a process that has ended.
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

void check_name(const std::string& name) {
  if (name.size() > proto::limits::kMaxName)
    throw Error{Errc::option_out_of_range,
                "a process's name has " + std::to_string(name.size()) + " bytes: at most 128"};
  for (const unsigned char c : name)
    if (c < ' ' || c == 127) throw Error{Errc::name_invalid, "a process's name must not have control characters"};
}

int exit_of(const std::exception_ptr& error, int asked_to_end) {
  try {
    std::rethrow_exception(error);
  } catch (const WorkerLost& lost) {
    if (lost.signal() != 0) return -lost.signal();
    return lost.exit_code() >= 0 ? lost.exit_code() : Process::kUnknownExit;
  } catch (const RemoteError&) {
    return 1;
  } catch (const Cancelled&) {
    return asked_to_end != 0 ? -asked_to_end : -SIGTERM;
  } catch (const Timeout&) {
    return -SIGTERM;
  } catch (...) {
    return Process::kUnknownExit;
  }
}

}  // namespace

std::string_view to_string(ProcessState state) {
  switch (state) {
    case ProcessState::created:
      return "created";
    case ProcessState::ready:
      return "ready";
    case ProcessState::running:
      return "running";
    case ProcessState::waiting:
      return "waiting";
    case ProcessState::terminated:
      break;
  }
  return "terminated";
}

Process::Process(Client* client, ProcessOptions options, std::string_view task, std::uint64_t signature,
                 std::string_view payload)
    : state_{std::make_shared<State>()} {
  if (client != nullptr) state_->engine = client->engine_;
  state_->daemon = options.daemon ? *options.daemon : current_process().daemon;
  state_->options = std::move(options);
  std::string& name = state_->options.name;
  if (name.empty()) name = "Process-" + std::to_string(client::ProcessRegistry::instance().next_number());
  check_name(name);
  state_->task = task;
  state_->signature = signature;
  state_->payload = payload;
  state_->parent = static_cast<std::uint32_t>(::getpid());
}

void Process::be_current() {
  const CurrentProcess self = current_process();
  state_->options.name = self.name;
  state_->daemon = self.daemon;
  state_->parent = self.ppid;
}

Process::State& Process::open() const {
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
  if (current_process().daemon) refuse(state, "a daemon may not have children");
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
  const std::unique_lock lock{state.mutex};
  if (state.result) refuse(state, "start() was called before");
  if (state.task.empty()) {
    const auto* known = client::process_class(typeid(*this));
    if (known == nullptr) refuse(state, "its class is not registered: see forkmill::register_process()");
    state.payload = known->pack(*this);
    state.task = known->name;
  }
  if (!state.engine) state.engine = default_client().engine_;
  state.result = engine_of(state.engine).tasks().submit(prepared(state), state.task, state.signature, state.payload);
  state.sentinel = detail::task_future<RawResult>(state.result).share();
}

void Process::join() {
  started("join()").result->wait({});
  client::ProcessRegistry::instance().forget_ended();
}

bool Process::join(std::chrono::milliseconds how_long) {
  State& state = started("join()");
  const bool ended = detail::wait_for(*state.result, detail::saturated<std::chrono::nanoseconds>(how_long));
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
    state.asked_to_end = number;
  }
  const TaskId id = state.result->id();
  proto::Query query;
  query.kind = proto::QueryKind::signal;
  query.argument = id.to_string() + " " + std::to_string(number);
  auto answer = detail::task_future<RawResult>(engine_of(state.engine).tasks().query(std::move(query)));
  // One that the broker does not have yet is never sent.
  answer.on_error([engine = state.engine, id](const std::exception_ptr&) -> RawResult {
    engine->cancel(id);
    return {};
  });
}

void Process::close() {
  const std::unique_lock lock{state_->mutex};
  if (state_->closed) return;
  if (state_->result && !state_->ended()) refuse(*state_, "close() while it is alive; join() it first");
  state_->closed = true;
}

// ---- Questions ------------------------------------------------------------------------------------------------------

std::optional<int> Process::exitcode() const {
  const State& state = open();
  const std::unique_lock lock{state.mutex};
  if (!state.ended()) return std::nullopt;
  const auto& failure = state.result->outcome().error();
  return failure ? exit_of(failure, state.asked_to_end) : 0;
}

void Process::get() {
  join();
  if (const auto failure = error()) std::rethrow_exception(failure);
}

std::exception_ptr Process::error() const {
  const State& state = open();
  return state.ended() ? state.result->outcome().error() : nullptr;
}

std::string Process::error_text() const {
  const auto failure = error();
  if (!failure) return {};
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& known) {
    return known.what();
  } catch (...) {
    return "not a std::exception";
  }
}

std::optional<std::uint32_t> Process::pid() const {
  State& state = open();
  {
    const std::unique_lock lock{state.mutex};
    if (!state.result || state.pid) return state.pid;
  }
  state.engine->wait(state.settled, {});
  const std::unique_lock lock{state.mutex};
  return state.pid;
}

std::optional<std::string> Process::host() const {
  if (!pid()) return std::nullopt;
  const std::unique_lock lock{state_->mutex};
  return state_->host;
}

std::uint32_t Process::ppid() const { return open().parent; }

TaskId Process::id() const {
  const State& state = open();
  const std::unique_lock lock{state.mutex};
  return state.result ? state.result->id() : TaskId{};
}

std::string Process::name() const { return open().options.name; }

void Process::set_name(std::string name) {
  State& state = open();
  if (state.result) refuse(state, "its name is fixed once it has been started");
  check_name(name);
  state.options.name = std::move(name);
}

bool Process::daemon() const { return open().daemon; }

void Process::set_daemon(bool daemon) {
  State& state = open();
  if (state.result) refuse(state, "whether it is a daemon is fixed once it has been started");
  state.daemon = daemon;
}

ProcessState Process::state() const {
  State& state = open();
  proto::Query query;
  {
    const std::unique_lock lock{state.mutex};
    if (!state.result) return ProcessState::created;
    if (state.ended()) return ProcessState::terminated;
    if (!state.pid) return ProcessState::ready;
    query.kind = proto::QueryKind::signal;
    query.argument = state.result->id().to_string() + " 0";
  }
  try {
    const auto answer = detail::task_future<RawResult>(engine_of(state.engine).tasks().query(std::move(query))).get();
    const auto body = unpack_value<std::map<std::string, std::string>>(answer.bytes);
    if (body.at("state") == "waiting") return ProcessState::waiting;
  } catch (const Error&) {  // it has ended meanwhile, and is not kept
  }
  return state.ended() ? ProcessState::terminated : ProcessState::running;
}

SharedFuture<RawResult> Process::sentinel() const { return started("sentinel()").sentinel; }

void Process::on_exit(std::function<void()> what) { sentinel().finally(std::move(what)); }

}  // namespace forkmill
