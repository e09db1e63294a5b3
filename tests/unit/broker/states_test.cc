#include "broker/core/tasks/states.h"

#include <doctest/doctest.h>

namespace states_test {

using namespace forkmill::broker;

TEST_CASE("terminal states have no way out") {
  for (const Transition& row : kTransitions) CHECK_FALSE(is_terminal(row.from));
}

TEST_CASE("no event means two things in one state, and every state can be reached and left") {
  for (std::size_t i = 0; i < kTransitions.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      CHECK_FALSE((kTransitions[i].from == kTransitions[j].from && kTransitions[i].event == kTransitions[j].event));
  for (int number = 1; number < 8; ++number) {
    const auto state = static_cast<State>(number);
    bool reached = false;
    bool left = is_terminal(state);
    for (const Transition& row : kTransitions) {
      reached = reached || row.to == state;
      left = left || row.from == state;
    }
    CHECK(reached);
    CHECK(left);
  }
}

TEST_CASE("only a running task can succeed") {
  CHECK(next_state(State::running, Event::succeeded) == State::succeeded);
  CHECK_FALSE(next_state(State::ready, Event::succeeded));
  CHECK_FALSE(next_state(State::cancelled, Event::succeeded));
}

}  // namespace states_test
