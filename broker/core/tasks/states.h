// States of a task, and all transitions between them as one table. PROTOCOL.md ("A task's states") explains each event.
#pragma once

#include <array>
#include <cstddef>
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

// The same by state and event, for a look-up without a search. The state itself: the event means nothing in it.
inline constexpr auto kNextStates = [] {
  constexpr auto kStates = static_cast<std::size_t>(State::expired) + 1;
  constexpr auto kEvents = static_cast<std::size_t>(Event::expired) + 1;
  std::array<std::array<State, kEvents>, kStates> next{};
  for (std::size_t from = 0; from < kStates; ++from) next[from].fill(static_cast<State>(from));
  for (const Transition& row : kTransitions)
    next[static_cast<std::size_t>(row.from)][static_cast<std::size_t>(row.event)] = row.to;
  return next;
}();

// Returns the state after the event. None: the event means nothing in that state, and changes nothing.
constexpr std::optional<State> next_state(State from, Event event) {
  const State to = kNextStates[static_cast<std::size_t>(from)][static_cast<std::size_t>(event)];
  return to == from ? std::nullopt : std::optional{to};
}

constexpr bool is_terminal(State state) { return state >= State::succeeded; }

inline constexpr std::array<std::string_view, 8> kStateNames{"submitted", "scheduled", "ready",     "running",
                                                             "succeeded", "failed",    "cancelled", "expired"};
constexpr std::string_view state_name(State state) { return kStateNames[static_cast<std::size_t>(state)]; }
// Returns the state of a task that a list can show. None: there is none of that name.
constexpr std::optional<State> state_named(std::string_view name) {
  for (std::size_t i = static_cast<std::size_t>(State::scheduled); i < kStateNames.size(); ++i)
    if (kStateNames[i] == name) return static_cast<State>(i);
  return std::nullopt;
}

}  // namespace forkmill::broker
