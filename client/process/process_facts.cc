// The members of Process that tell about it.
#include <forkmill/process.h>
#include <forkmill/serialize.h>

#include <map>
#include <string>
#include <utility>

#include "client/process/checks.h"
#include "client/process/exit_code.h"
#include "client/process/signals.h"
#include "client/process/state.h"

namespace forkmill {

std::optional<int> Process::exitcode() const {
  const State& state = open();
  const std::unique_lock lock{state.mutex};
  if (!state.ended()) return std::nullopt;
  return client::exit_code_of(state.result->outcome().error(), state.last_signal);
}

void Process::get() {
  join();
  if (const auto failure = error()) std::rethrow_exception(failure);
}

std::exception_ptr Process::error() const {
  const State& state = open();
  const std::unique_lock lock{state.mutex};
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
  if (state.result) client::refuse(state, "the name is fixed once the process has been started");
  client::check_name(name);
  state.options.name = std::move(name);
}

bool Process::daemon() const { return open().daemon; }

void Process::set_daemon(bool daemon) {
  State& state = open();
  if (state.result) client::refuse(state, "the daemon flag is fixed once the process has been started");
  state.daemon = daemon;
}

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

ProcessState Process::state() const {
  State& state = open();
  {
    const std::unique_lock lock{state.mutex};
    if (!state.result) return ProcessState::created;
    if (state.ended()) return ProcessState::terminated;
    if (!state.pid) return ProcessState::ready;
  }
  try {
    const auto answer = client::ask_state(state).get();
    const auto body = unpack_value<std::map<std::string, std::string>>(answer.bytes);
    if (body.at("state") == "waiting") return ProcessState::waiting;
  } catch (const Error&) {  // the process has ended meanwhile, and the broker does not know it any more
  }
  return state.ended() ? ProcessState::terminated : ProcessState::running;
}

SharedFuture<RawResult> Process::sentinel() const { return started("sentinel()").sentinel; }

void Process::on_exit(std::function<void()> what) { sentinel().finally(std::move(what)); }

}  // namespace forkmill
