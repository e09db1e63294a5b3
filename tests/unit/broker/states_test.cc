#include "broker/core/tasks/states.h"

#include <doctest/doctest.h>

#include <algorithm>

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

TEST_CASE("an event leads to where its row of the table says, and nowhere without a row") {
  for (int from = 0; from < 8; ++from) {
    for (int event = 0; event < 9; ++event) {
      const auto row = std::find_if(kTransitions.begin(), kTransitions.end(), [&](const Transition& one) {
        return one.from == static_cast<State>(from) && one.event == static_cast<Event>(event);
      });
      const auto next = next_state(static_cast<State>(from), static_cast<Event>(event));
      CHECK(next.has_value() == (row != kTransitions.end()));
      if (next) CHECK(*next == row->to);
    }
  }
}

TEST_CASE("only a running task can succeed") {
  CHECK(next_state(State::running, Event::succeeded) == State::succeeded);
  CHECK_FALSE(next_state(State::ready, Event::succeeded));
  CHECK_FALSE(next_state(State::cancelled, Event::succeeded));
}

}  // namespace states_test
