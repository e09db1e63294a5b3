#include "client/engine/engine.h"

#include <exception>
#include <utility>

#include "client/engine/loans.h"
#include "client/futures/cancel_state.h"
#include "proto/os/real_env.h"

namespace forkmill::client {

namespace {

ClientOptions without_executor(ClientOptions options) {
  options.executor.reset();
  return options;
}

void give_back(const detail::Ref<detail::Origin>& engine, std::uint64_t pipe, std::int64_t ticket) {
  Loan loan;
  loan.engine = engine;
  loan.pipe = pipe;
  loan.ticket = ticket;
  take_back({std::move(loan)});
}

std::uint64_t draw_instance() {
  proto::RealEnv env;
  return env.random();
}

}  // namespace

Engine::Engine(ClientOptions options)
    : executors_{options.executor},
      options_{without_executor(std::move(options))},
      holdings_{draw_instance(), std::make_shared<ReceivedLoans>(*this, give_back)} {}

// A client that is being closed is about to end the future whose task is cancelled: that is no error of the caller.
detail::Ref<detail::State> Engine::cancel(const TaskId& id) {
  guard_.check();
  try {
    return detail::task_future<CancelState>(tasks_.cancel(id)).release_state();
  } catch (const Disconnected&) {
    return make_failed<CancelState>(std::current_exception()).release_state();
  }
}

bool Engine::wait(detail::Signal& signal, const detail::Deadline& deadline) {
  guard_.check();
  return driver_.wait(signal, deadline);
}

void Engine::fail(const std::string& text) noexcept {
  if (in_forked_child()) return;
  driver_.with_turn([&] { connection_.fail(text); });
}

void Engine::close() noexcept {
  if (in_forked_child() || !inbox_.close()) return;
  forget_unsent_of(*this);
  holdings_.received_loans().close();
  driver_.stop([&] { connection_.close(); }, [&] { connection_.finish(); });
}

}  // namespace forkmill::client
