// Registrar: the broker's office for invitations. Answers INVITE of operators and ENROL of those that were invited, and
// says which keys have come of invitations. The book is kept by a thread of its own; a question that needs no change of
// it is answered at once. Thread of the loop.
#pragma once

#include <spdlog/logger.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "broker/core/state/audit_line.h"
#include "broker/enrolment/book_thread.h"
#include "broker/enrolment/key_book.h"
#include "proto/clock.h"
#include "proto/ids.h"
#include "proto/log_limit.h"
#include "proto/transport/keys/authorized_keys.h"
#include "proto/wire/messages.h"

namespace forkmill::broker {

class Registrar {
 public:
  // The public key of the broker, and how those that were invited reach it.
  struct Office {
    proto::Key broker;
    std::string endpoints;  // over TCP, with commas between
  };
  // Sends a message to a peer.
  using Send = std::function<void(proto::PeerId, proto::Message)>;
  using Note = std::function<void(const AuditLine&)>;

  // `poll`: as for BookThread. `note` gets lines for the audit log, and `send` the answers, both also from take_news().
  Registrar(std::unique_ptr<BookStore> store, milliseconds poll, proto::Key broker, Note note,
            std::shared_ptr<spdlog::logger> log);

  // The endpoints of the broker over TCP, with commas between.
  void set_endpoints(std::string endpoints) { office_.endpoints = std::move(endpoints); }
  // The keys that are authorized by the file for them. REQUIRES: before any question.
  void set_authorized(proto::AuthorizedKeys authorized);
  const proto::AuthorizedKeys& authorized() const { return *authorized_; }

  // Answer a question of a peer, whose principal is `by`, at once or from take_news(). `may_send` has admitted it.
  void handle(proto::PeerId peer, const proto::Principal& by, const proto::Invite& question, proto::Now now,
              const Send& send);
  void handle(proto::PeerId peer, const proto::Principal& by, const proto::Enrol& question, proto::Now now,
              const Send& send);

  // Reads the book again.
  void reread() { thread_.reread(); }
  int fd() const { return thread_.fd(); }
  bool has_news() const { return thread_.has_news(); }
  // Takes over what the thread has done. `apply` is called if the keys have changed, before the answers are sent.
  void take_news(proto::Now now, const std::function<void()>& apply, const Send& send);

  // Returns all keys that may connect: those of set_authorized(), and those that have come of invitations.
  proto::AuthorizedKeys keys() const;
  // Returns the public keys of the invitations of the book.
  std::set<proto::Key> invitations() const;

 private:
  // Asker: who waits for the thread, and for what.
  struct Asker {
    proto::PeerId peer;
    std::uint64_t nonce = 0;
    AuditLine line;  // once it is done
    bool enrols = false;
  };

  void make(proto::PeerId peer, const proto::Principal& by, const proto::Invite& question, proto::Now now,
            const Send& send);
  // Gives the change to the thread. Fails if too many wait for it.
  proto::Status ask(Asker asker, decltype(BookChange::make) change);
  void answer(const Asker& asker, const proto::Result<std::vector<BookEntry>>& result, proto::Now now,
              const Send& send);

  Office office_;
  const Note note_;
  const std::shared_ptr<spdlog::logger> log_;
  KeyBook book_;          // as the thread has told last
  bool is_safe_ = false;  // no power cut or failover takes away what `book_` has
  std::shared_ptr<const proto::AuthorizedKeys> authorized_ = std::make_shared<proto::AuthorizedKeys>();
  std::map<std::uint64_t, Asker> askers_;  // by ticket
  std::uint64_t last_ticket_ = 0;
  proto::LogLimit refusals_;
  proto::LogLimit audited_refusals_{100};
  BookThread thread_;
};

}  // namespace forkmill::broker
