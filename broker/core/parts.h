// Parts: the rules of the core, each with one concern, put together.
#pragma once

#include "broker/core/lifecycle/cancels.h"
#include "broker/core/lifecycle/deliveries.h"
#include "broker/core/lifecycle/log_reports.h"
#include "broker/core/lifecycle/matching.h"
#include "broker/core/lifecycle/paging.h"
#include "broker/core/lifecycle/retention.h"
#include "broker/core/lifecycle/task_grants.h"
#include "broker/core/lifecycle/time_limits.h"
#include "broker/core/objects/objects.h"
#include "broker/core/operators/bulk/change_commands.h"
#include "broker/core/operators/operators.h"
#include "broker/core/operators/steering.h"
#include "broker/core/operators/unserved_notices.h"
#include "broker/core/peers/admission.h"
#include "broker/core/peers/child_clients.h"
#include "broker/core/peers/processes.h"
#include "broker/core/peers/session_index.h"
#include "broker/core/peers/session_timeouts.h"
#include "broker/core/peers/sessions.h"
#include "broker/core/peers/worker_orders.h"
#include "broker/core/peers/worker_roster.h"
#include "broker/core/state/broker_state.h"
#include "broker/core/state/registry.h"
#include "broker/core/submission/submissions.h"

namespace forkmill::broker {

struct Parts {
  explicit Parts(BrokerState& broker_state) : state{broker_state} {
    state.task_types.ask_with([this](std::string_view name, std::uint64_t signature) {
      return state.options.grants_unknown || registry.ask(name, signature) == Registry::Answer::served;
    });
  }

  BrokerState& state;
  Registry registry;
  Retention retention{state};
  Objects objects{state};
  Deliveries deliveries{state, retention, objects.loans()};
  TaskGrants grants{state, deliveries, objects};
  Submissions submissions{state, deliveries, retention, registry};
  TimeLimits time_limits{state, grants};
  LogReports logs{state, grants};
  Cancels cancels{state, grants};
  SessionIndex index{state};
  ChildClients children;
  WorkerRoster roster{state, registry};
  SessionTimeouts silence{state};
  Sessions sessions{state, index, children, roster, silence, deliveries, grants, cancels, objects};
  Admission admission{state, index, children, roster, silence, sessions, deliveries, grants, cancels};
  Processes processes{state, grants, sessions, children, objects};
  Matching matching{state, registry, grants};
  Paging paging{state, grants, retention};
  UnservedNotices notices{state, registry};
  WorkerOrders orders{state};
  Steering steering{state, orders};
  ChangeCommands bulk{state, submissions, retention, cancels, paging};
  Operators operators{state, registry, submissions, retention, grants, cancels, objects, processes, steering, bulk};
};

}  // namespace forkmill::broker
