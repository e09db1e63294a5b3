// Invitations: connects the broker's office for invitations (enrolment/registrar.h) with its sockets, its authenticator
// and its audit log. The authenticator then accepts the keys that have come of invitations as it does those of the file
// of authorized keys. Does nothing in a broker whose peers have no keys. Thread of the loop.
#pragma once

#include <spdlog/logger.h>

#include <memory>
#include <string>
#include <vector>

#include "broker/audit_log.h"
#include "broker/enrolment/registrar.h"
#include "broker/options.h"
#include "proto/transport/router.h"
#include "proto/transport/zap_authenticator.h"

namespace forkmill::broker {

class Invitations {
 public:
  // `authenticator` and `audit` must outlive this. `authenticator` has the keys of `options`.
  Invitations(const ProgramOptions& options, proto::ZapAuthenticator& authenticator, AuditLog& audit,
              std::shared_ptr<spdlog::logger> log);

  // The endpoints as they are open now. Call once, before the first message.
  void set_endpoints(const std::vector<std::string>& endpoints);
  // Readable when take_news() has something to do. Negative: never.
  int fd() const { return registrar_ == nullptr ? -1 : registrar_->fd(); }

  // Answers INVITE and ENROL, now or in take_news(). Returns false for any other message. REQUIRES: the principal may
  // send it.
  bool handle(proto::Router& router, const proto::Router::Incoming& incoming, proto::Now now);

  // Answers questions that had to wait. Returns whether other keys are authorized than before.
  bool take_news(proto::Router& router, proto::Now now);

  // The keys of the file of authorized keys. REQUIRES: peers have keys.
  const proto::AuthorizedKeys& authorized() const { return registrar_->authorized(); }
  // Reads the keys that have come of invitations again, soon.
  void reread() {
    if (registrar_ != nullptr) registrar_->reread();
  }
  // Takes over another file of authorized keys, and reads the keys that have come of invitations again.
  void replace(proto::AuthorizedKeys authorized);

 private:
  void tell_authenticator();
  template <class Question>
  void ask(proto::Router& router, const proto::Router::Incoming& incoming, const Question& question, proto::Now now);
  Registrar::Send send_through(proto::Router& router, proto::Now now);

  const std::vector<std::string> advertised_;  // by which others know this broker; empty: by its endpoints
  proto::ZapAuthenticator& authenticator_;
  AuditLog& audit_;
  std::unique_ptr<Registrar> registrar_;  // null: peers have no keys
};

}  // namespace forkmill::broker
