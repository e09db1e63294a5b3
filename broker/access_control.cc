#include "broker/access_control.h"

#include <utility>
#include <variant>

#include "broker/key_changes.h"
#include "broker/role_checks.h"

namespace forkmill::broker {

namespace {

constexpr Instant kOpenInterval = std::chrono::minutes{1};
constexpr Instant kRefusalsInterval = std::chrono::seconds{1};

// Ends the sessions of principals that have lost their key or role.
void expel(Core& core, const proto::ZapAuthenticator& authenticator, proto::Now now) {
  core.expel(now, [&](proto::PeerId peer, proto::Role role) -> std::string {
    const auto status = may_be(authenticator.principal(proto::principal_of(peer)), role);
    return status.ok() ? "" : status.failure().text;
  });
}

// Returns when to warn again.
Instant warn_of_open_endpoints(spdlog::logger& log, const std::vector<std::string>& endpoints, Instant now) {
  Instant due = proto::kNever;
  for (const std::string& endpoint : endpoints) {
    if (!endpoint.starts_with("tcp://")) continue;
    log.warn("--insecure: any program that can connect to {} may submit tasks, run them and read all results",
             endpoint);
    due = now + kOpenInterval;
  }
  return due;
}

}  // namespace

AccessControl::AccessControl(const ProgramOptions& options, std::shared_ptr<spdlog::logger> log, AuditLog& audit)
    : authorized_keys_{options.authorized_keys},
      log_{std::move(log)},
      audit_{audit},
      authenticator_{options.authentication},
      invitations_{options, authenticator_, audit_, log_},
      open_{options.authentication.open_to_all} {}

std::string AccessControl::principal_of(proto::PeerId peer) const {
  const proto::Principal& principal = authenticator_.principal(proto::principal_of(peer));
  return principal.is_owner ? "" : principal.name;
}

const proto::Rights* AccessControl::rights_of(proto::PeerId peer) const {
  return &authenticator_.principal(proto::principal_of(peer)).rights;
}

bool AccessControl::admits(proto::Router& router, const proto::Router::Incoming& incoming, proto::Now now) {
  if (!incoming.envelope.ok()) {
    note_bad_message(incoming, now.steady);
    return true;
  }
  const proto::Principal& principal = authenticator_.principal(incoming.principal);
  const proto::Envelope& envelope = incoming.envelope.value();
  const auto status = may_send(principal, envelope.message);
  if (status.ok()) return !invitations_.handle(router, incoming, now);
  ++refused_;
  // A peer whose key was removed is told so when it says HELLO; its other messages come too late.
  if (principal.is_removed && !std::holds_alternative<proto::Hello>(envelope.message)) return false;
  note_denial(principal.name, status.failure(), now);
  const proto::ErrorMessage error{envelope.header.seq, status.code(), status.failure().text};
  router.send(incoming.peer, {{envelope.header.session, {}}, error});
  return false;
}

void AccessControl::note_denial(const std::string& principal, const proto::Failure& why, proto::Now now) {
  if (denials_.allows(now.steady)) log_->warn("refused {}: {}{}", principal, why.text, denials_.take_omitted());
  if (!audit_.is_on() || !audited_denials_.allows(now.steady)) return;
  AuditLine line{now.unix_time, "denied"};
  line.add("principal", principal).add("code", errc_name(why.code)).add("text", why.text);
  if (const auto omitted = audited_denials_.drain_omitted(); omitted > 0) line.add("omitted_before", omitted);
  audit_.note(line);
}

void AccessControl::note_bad_message(const proto::Router::Incoming& incoming, Instant now) {
  if (!bad_messages_.allows(now)) return;
  const proto::Failure& failure = incoming.envelope.failure();
  log_->warn("peer {:x}: {}: {}{}", incoming.peer.value(), errc_name(failure.code), failure.text,
             bad_messages_.take_omitted());
}

void AccessControl::reload(Core* core, proto::Now now, uid_t sender) {
  if (authorized_keys_.empty()) return;
  auto authorized = proto::read_authorized_keys(authorized_keys_);
  if (!authorized.ok()) {
    log_->error("{}; the previous keys stay authorized", authorized.failure().text);
    audit_.note(AuditLine{now.unix_time, "keys_refused"}.add("by_uid", sender).add("text", authorized.failure().text));
    return;
  }
  const KeyChanges changes = changes_between(invitations_.authorized(), authorized.value());
  audit_.note(AuditLine{now.unix_time, "keys_reloaded"}
                  .add("by_uid", sender)
                  .add("keys", authorized->size())
                  .add("added", changes.added)
                  .add("removed", changes.removed)
                  .add("changed", changes.changed));
  log_->info("{} keys are authorized now", authorized->size());
  invitations_.replace(std::move(authorized).value());
  if (core != nullptr) expel(*core, authenticator_, now);
}

void AccessControl::take_news(proto::Router& router, Core* core, proto::Now now) {
  if (invitations_.take_news(router, now) && core != nullptr) expel(*core, authenticator_, now);
}

void AccessControl::tick(proto::Now now, const std::vector<std::string>& endpoints) {
  if (now.steady >= open_.due)
    open_.due = open_.to_all ? warn_of_open_endpoints(*log_, endpoints, now.steady) : proto::kNever;
  if (now.steady < refusals_due_) return;
  const std::string refusals = authenticator_.take_refusals();
  if (refusals.empty()) return;
  log_->warn("{}", refusals);
  audit_.note(AuditLine{now.unix_time, "connections_refused"}.add("text", refusals));
  refusals_due_ = now.steady + kRefusalsInterval;
}

}  // namespace forkmill::broker
