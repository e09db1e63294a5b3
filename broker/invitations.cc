#include "broker/invitations.h"

#include <string_view>
#include <utility>
#include <variant>

#include "broker/cluster/endpoints.h"
#include "broker/enrolment/book_file.h"
#include "broker/enrolment/book_table.h"
#include "broker/offline_commands.h"
#include "proto/os/host.h"
#include "proto/os/real_env.h"

namespace forkmill::broker {

namespace {

constexpr milliseconds kBookInterval{1000};  // between two looks at a book that other processes change

// Keys that have come of invitations are in the database that brokers share, or in a file.
std::unique_ptr<BookStore> make_book_store(const ProgramOptions& options) {
  if (options.store.empty()) return std::make_unique<BookFile>(options.enrolled_keys);
  proto::RealEnv env;
  return std::make_unique<BookTable>(postgres_options(options, fresh_store_id(env)));
}

}  // namespace

Invitations::Invitations(const ProgramOptions& options, proto::ZapAuthenticator& authenticator, AuditLog& audit,
                         std::shared_ptr<spdlog::logger> log)
    : advertised_{options.sharding.shards > 1 ? options.sharding.advertise : std::vector<std::string>{}},
      authenticator_{authenticator},
      audit_{audit} {
  if (!authenticator_.key()) return;
  // Only brokers with shards have several processes that change the same book.
  const milliseconds poll = options.sharding.shards > 1 ? kBookInterval : milliseconds{0};
  registrar_ = std::make_unique<Registrar>(
      make_book_store(options), poll, authenticator_.key()->public_key,
      [this](const AuditLine& line) { audit_.note(line); }, std::move(log));
  registrar_->set_authorized(authenticator_.authorized());
  tell_authenticator();
}

void Invitations::set_endpoints(const std::vector<std::string>& endpoints) {
  if (registrar_ == nullptr) return;
  auto reachable = advertised_.empty() ? reachable_endpoints(endpoints, proto::host_name()) : advertised_;
  std::erase_if(reachable, [](const std::string& one) { return !one.starts_with("tcp://"); });
  registrar_->set_endpoints(joined(reachable));
}

bool Invitations::handle(proto::Router& router, const proto::Router::Incoming& incoming, proto::Now now) {
  const proto::Message& message = incoming.envelope->message;
  if (const auto* invite = std::get_if<proto::Invite>(&message)) {
    ask(router, incoming, *invite, now);
    return true;
  }
  const auto* enrol = std::get_if<proto::Enrol>(&message);
  if (enrol != nullptr) ask(router, incoming, *enrol, now);
  return enrol != nullptr;
}

bool Invitations::take_news(proto::Router& router, proto::Now now) {
  if (registrar_ == nullptr || !registrar_->has_news()) return false;
  bool has_changed = false;
  const auto apply = [&] {
    tell_authenticator();
    has_changed = true;
  };
  registrar_->take_news(now, apply, send_through(router, now));
  return has_changed;
}

void Invitations::replace(proto::AuthorizedKeys authorized) {
  registrar_->set_authorized(std::move(authorized));
  registrar_->reread();
  tell_authenticator();
}

void Invitations::tell_authenticator() {
  authenticator_.replace(registrar_->keys());
  authenticator_.invite(registrar_->invitations());
}

template <class Question>
void Invitations::ask(proto::Router& router, const proto::Router::Incoming& incoming, const Question& question,
                      proto::Now now) {
  if (registrar_ != nullptr)
    return registrar_->handle(incoming.peer, authenticator_.principal(incoming.principal), question, now,
                              send_through(router, now));
  const proto::Header& header = incoming.envelope->header;
  router.send(incoming.peer, {{header.session, {}},
                              proto::ErrorMessage{header.seq, Errc::bad_request,
                                                  "this broker has no keys, and invites no peers: start it with "
                                                  "--server-key and --authorized-keys"}});
}

// Lines of the audit log are written before the answer goes out.
Registrar::Send Invitations::send_through(proto::Router& router, proto::Now now) {
  return [this, &router, now](proto::PeerId peer, proto::Message message) {
    if (audit_.is_on()) audit_.flush(now.steady);
    router.send(peer, {{}, std::move(message)});
  };
}

}  // namespace forkmill::broker
