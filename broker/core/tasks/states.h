// States of a task, and all transitions between them as one table. PROTOCOL.md ("A task's states") explains each event.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace forkmill::broker {

enum class State : std::uint8_t { submitted, scheduled, ready, running, succeeded, failed, cancelled, expired };

enum class Event : std::uint8_t {
  delayed,      // accepted, but not due yet
  queued,       // accepted and due, or has become due
  granted,      // given to a worker
  handed_back,  // returned unstarted
  succeeded,
  retried,  // this attempt did not succeed, and another one follows
  failed,   // no other attempt follows
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

// Returns the state after the event. None: the event means nothing in that state, and changes nothing.
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
