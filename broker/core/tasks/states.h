// The life of a task: every transition there is, as one table. PROTOCOL.md ("A task's states") says what each event is.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace forkmill::broker {

enum class State : std::uint8_t { submitted, scheduled, ready, running, succeeded, failed, cancelled, expired };

enum class Event : std::uint8_t {
  delayed,      // taken in, not due yet
  queued,       // taken in or come due
  granted,      // given to a worker
  handed_back,  // came back unstarted
  succeeded,
  retried,  // this attempt did not succeed, and another one follows
  failed,   // for good
  cancelled,
  expired,
};

struct Transition {
  State from;
  Event event;
  State to;
};

inline constexpr std::array kTransitions{
    Transition{State::submitted, Event::delayed, State::scheduled},
    Transition{State::submitted, Event::queued, State::ready},
    Transition{State::scheduled, Event::queued, State::ready},
    Transition{State::scheduled, Event::cancelled, State::cancelled},
    Transition{State::scheduled, Event::expired, State::expired},
    Transition{State::ready, Event::granted, State::running},
    Transition{State::ready, Event::cancelled, State::cancelled},
    Transition{State::ready, Event::expired, State::expired},
    Transition{State::running, Event::handed_back, State::ready},
    Transition{State::running, Event::succeeded, State::succeeded},
    Transition{State::running, Event::retried, State::scheduled},
    Transition{State::running, Event::failed, State::failed},
    Transition{State::running, Event::cancelled, State::cancelled},
};

// Empty: the event means nothing in that state, and changes nothing.
constexpr std::optional<State> next_state(State from, Event event) {
  for (const Transition& row : kTransitions)
    if (row.from == from && row.event == event) return row.to;
  return std::nullopt;
}

constexpr bool is_terminal(State state) { return state >= State::succeeded; }

constexpr std::string_view state_name(State state) {
  constexpr std::array<std::string_view, 8> kNames{"submitted", "scheduled", "ready",     "running",
                                                   "succeeded", "failed",    "cancelled", "expired"};
  return kNames[static_cast<std::size_t>(state)];
}

}  // namespace forkmill::broker
