// AccessControl: keeps the broker's authenticator, lets only those messages pass to the core that their principal may
// send, and logs which peers were refused, and which endpoints accept any peer. Thread of the loop.
#pragma once

#include <spdlog/logger.h>
#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "broker/audit_log.h"
#include "broker/core/core.h"
#include "broker/invitations.h"
#include "broker/options.h"
#include "proto/log_limit.h"
#include "proto/transport/router.h"
#include "proto/transport/zap_authenticator.h"

namespace forkmill::broker {

class AccessControl {
 public:
  // Throws TransportError if the process has an authenticator already. `audit` must outlive this.
  AccessControl(const ProgramOptions& options, std::shared_ptr<spdlog::logger> log, AuditLog& audit);

  proto::ZapAuthenticator& authenticator() { return authenticator_; }

  // Returns the name of the principal behind a connection; empty: the broker's own user.
  std::string principal_of(proto::PeerId peer) const;

  // Returns what the principal behind a connection may use. The rights stay where they are, and follow reload().
  const proto::Rights* rights_of(proto::PeerId peer) const;
  // The number of messages that admits() has refused.
  std::uint64_t refused() const { return refused_; }

  // Returns whether the core may see the message. If not, the peer is told why through `router`. A message that cannot
  // be decoded is for the core, and noted in the log.
  bool admits(proto::Router& router, const proto::Router::Incoming& incoming, proto::Now now);

  // Logs that the core has refused something of the peer that sent the message, for lack of a right or a quota; a few
  // lines a second.
  void note_refused(const proto::Router::Incoming& incoming, const Totals::Refused& refused, proto::Now now) {
    note_denial(authenticator_.principal(incoming.principal).name, {refused.code, refused.last}, now);
  }

  // Reads the file of authorized keys again, and ends the sessions of principals that have lost their key or role. A
  // file with a mistake changes nothing. `core`: null if there are no sessions. `sender`: the user who has asked for
  // it. Does nothing if there is no such file.
  void reload(Core* core, proto::Now now, uid_t sender);

  // INVITE and ENROL, and the keys that come of them.
  Invitations& invitations() { return invitations_; }
  // Answers questions about invitations that had to wait, and ends the sessions of principals that have lost their key
  // by that. `core`: null if there are no sessions.
  void take_news(proto::Router& router, Core* core, proto::Now now);

  // Logs the warnings that are due: of refused connections, and of `endpoints` that accept any peer.
  void tick(proto::Now now, const std::vector<std::string>& endpoints);
  Instant next_wakeup() const { return open_.due; }

 private:
  void note_denial(const std::string& principal, const proto::Failure& why, proto::Now now);
  void note_bad_message(const proto::Router::Incoming& incoming, Instant now);

  const std::string authorized_keys_;  // the file; empty: there is none
  const std::shared_ptr<spdlog::logger> log_;
  AuditLog& audit_;
  proto::ZapAuthenticator authenticator_;
  Invitations invitations_;
  proto::LogLimit bad_messages_;
  proto::LogLimit denials_;
  proto::LogLimit audited_denials_{100};
  std::uint64_t refused_ = 0;
  Instant refusals_due_{0};
  // The warning of endpoints that accept any peer.
  struct Open {
    bool to_all;
    Instant due{0};
  };
  Open open_;
};

}  // namespace forkmill::broker
