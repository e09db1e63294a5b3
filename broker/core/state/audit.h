// Audit: what the core notes in the audit log, besides what the owner of the core notes itself.
#pragma once

#include <string_view>

#include "broker/core/state/audit_line.h"
#include "broker/core/state/broker_state.h"

namespace forkmill::broker {

// Appends a line about the peer of the session to the audit log, unless there is none. `add` adds to the line. No
// `principal` in a line: the broker's own user, or with --insecure any program.
template <class Add>
void audit(BrokerState& state, std::string_view event, const Session& session, Add&& add) {
  if (!state.options.audit) return;
  AuditLine line{state.clock.unix_time(), event};
  line.add("principal", session.principal).add("peer", session.name.str()).add("host", session.host);
  if (session.pid != 0) line.add("pid", session.pid);
  add(line);
  state.output.audit.push_back(line.text());
}

// The same for what a peer can bring about as often as it likes and that may be left out: a flood must not push other
// lines out of the files that are kept. Lines beyond LogLimit are counted in the next one.
template <class Add>
void audit_some(BrokerState& state, std::string_view event, const Session& session, Add&& add) {
  if (!state.options.audit || !state.output.audit_limit.allows(state.clock.now())) return;
  audit(state, event, session, [&](AuditLine& line) {
    add(line);
    if (const auto omitted = state.output.audit_limit.drain_omitted(); omitted > 0) line.add("omitted_before", omitted);
  });
}

}  // namespace forkmill::broker
