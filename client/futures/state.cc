#include <forkmill/detail/state.h>

#include <forkmill/errors.h>

#include <stdexcept>

#include "client/futures/log.h"

namespace forkmill::detail {

void State::check_wait() const {
  if (ready()) return;
  if (origin_) origin_->check_process();
  if (!needs_executor()) return;
  const auto where = resolving_executor();
  if (!where || !where->would_block_itself()) return;
  throw Error{Errc::bad_request,
              "waiting here for a future that a callback makes would never end, because callbacks run on this thread: "
              "chain with then() instead, or wait in another thread"};
}

bool State::wait(const Deadline& deadline) {
  if (ready()) return true;
  work_off();
  if (ready()) return true;
  check_wait();
  return origin_ && is_driven() ? origin_->wait(signal_, deadline) : signal_.sleep_until(deadline);
}

void State::fail(std::exception_ptr error) {
  error_ = std::move(error);
  publish();
}

State::States State::cancel() {
  States asked{Ref<State>{this}};
  States answers;
  while (!asked.empty()) {
    const auto state = std::move(asked.back());
    asked.pop_back();
    if (!state->ready()) state->cancel_or_pass_on(asked, answers);
  }
  return answers;
}

void State::cancel_or_pass_on(States&, States& answers) {
  if (origin_ && !id_.is_nil()) answers.push_back(origin_->cancel(id_));
}

void throw_empty_future() { throw std::logic_error{"this future is empty: it was moved from, shared or never set"}; }

void throw_timeout(const State& state, std::chrono::nanoseconds waited) {
  auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(waited).count();
  std::string text = "not ready after " + std::to_string(ms) + " ms";
  if (!state.id().is_nil()) text += " (task " + state.id().to_string() + ")";
  if (state.origin() != nullptr) {
    auto why = state.origin()->why_waiting();
    if (!why.empty()) text += "; " + why;
  }
  throw Timeout{Errc::timeout, text};
}

void throw_undecodable(const State& state, const char* why) {
  throw Error{Errc::result_undecodable, std::string{why} + " (task " + state.id().to_string() + ")"};
}

void log_callback_error(const char* where) noexcept {
  try {
    throw;
  } catch (const std::exception& error) {
    client::log().warn("{} threw: {}", where, error.what());
  } catch (...) {
    client::log().warn("{} threw something that is not a std::exception", where);
  }
}

}  // namespace forkmill::detail
