// Audit: what the core notes in the audit log, besides what the owner of the core notes itself.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "broker/core/state/audit_line.h"
#include "broker/core/state/broker_state.h"

namespace forkmill::broker {

// AuditedPeer: the peer that a line is about. Peers that are gone may have lines, so it is a copy.
struct AuditedPeer {
  explicit AuditedPeer(const Session& session)
      : principal{session.principal}, name{session.name.str()}, host{session.host}, pid{session.pid} {}

  std::string principal;  // empty: the broker's own user, or with --insecure any program
  std::string name;
  std::string host;
  std::uint32_t pid;
};

// Appends a line about the peer to the audit log, unless there is none. `add` adds to the line.
template <class Add>
void audit(BrokerState& state, std::string_view event, const AuditedPeer& peer, Add&& add) {
  if (!state.options.audit) return;
  AuditLine line{state.clock.unix_time(), event};
  line.add("principal", peer.principal).add("peer", peer.name).add("host", peer.host);
  if (peer.pid != 0) line.add("pid", peer.pid);
  add(line);
  state.output.audit.push_back(line.text());
}
template <class Add>
void audit(BrokerState& state, std::string_view event, const Session& session, Add&& add) {
  if (state.options.audit) audit(state, event, AuditedPeer{session}, std::forward<Add>(add));
}

// The same for what a peer can bring about as often as it likes and that may be left out: a flood must not push other
// lines out of the files that are kept. Lines beyond LogLimit are counted in the next one.
template <class Peer, class Add>
void audit_some(BrokerState& state, std::string_view event, const Peer& peer, Add&& add) {
  if (!state.options.audit || !state.output.audit_limit.allows(state.clock.now())) return;
  audit(state, event, peer, [&](AuditLine& line) {
    add(line);
    if (const auto omitted = state.output.audit_limit.drain_omitted(); omitted > 0) line.add("omitted_before", omitted);
  });
}

}  // namespace forkmill::broker
