#include "proto/wire/messages.h"

#include <tuple>
#include <utility>

namespace forkmill::proto {

Outcome Outcome::ended(OutcomeKind kind, Errc code, std::string message) {
  Outcome outcome;
  outcome.kind = kind;
  outcome.error.emplace();
  outcome.error->code = code;
  outcome.error->message = std::move(message);
  return outcome;
}

const SharedSpec& blank_spec() {
  // Never destroyed: destructors of static objects may still submit tasks.
  static const auto* const blank = new SharedSpec{std::make_shared<const TaskSpec>()};
  return *blank;
}

TaskSpec& own_spec(SharedSpec& spec) {
  auto own = std::make_shared<TaskSpec>(*spec);
  TaskSpec& editable = *own;
  spec = std::move(own);
  return editable;
}

bool operator==(const GrantedTask& a, const GrantedTask& b) {
  const auto granted = [](const TaskSpec& spec) {
    const TaskOptions& options = spec.options;
    return std::tie(spec.queue, spec.name, spec.signature, options.soft_timeout, options.timeout, options.process,
                    options.daemon, options.label, options.headers);
  };
  return a.grant == b.grant && a.id == b.id && granted(*a.spec) == granted(*b.spec) && a.payload == b.payload &&
         a.parent == b.parent;
}

Message::Message() = default;

template <class M>
requires kIsOneOf<M, AnyMessage> Message::Message(M message) : AnyMessage{std::move(message)} {}

template Message::Message(Hello);
template Message::Message(Welcome);
template Message::Message(Heartbeat);
template Message::Message(Goodbye);
template Message::Message(ErrorMessage);
template Message::Message(Submit);
template Message::Message(SubmitAck);
template Message::Message(Results);
template Message::Message(ResultAck);
template Message::Message(Attach);
template Message::Message(Cancel);
template Message::Message(CancelReply);
template Message::Message(Progress);
template Message::Message(Credit);
template Message::Message(Grants);
template Message::Message(Scale);
template Message::Message(Scaled);
template Message::Message(Logs);
template Message::Message(LogLimits);
template Message::Message(Moved);
template Message::Message(Invite);
template Message::Message(Invited);
template Message::Message(Enrol);
template Message::Message(Enrolled);
template Message::Message(Outcomes);
template Message::Message(OutcomeAck);
template Message::Message(Return);
template Message::Message(Revoke);
template Message::Message(Revoked);
template Message::Message(Drain);
template Message::Message(Query);
template Message::Message(Reply);
template Message::Message(Started);
template Message::Message(Signals);
template Message::Message(ChildrenGone);
template Message::Message(Report);
template Message::Message(Operate);
template Message::Message(Operated);
template Message::Message(Command);

Message::Message(const Message&) = default;
Message::Message(Message&&) noexcept = default;
Message& Message::operator=(const Message&) = default;
Message& Message::operator=(Message&&) noexcept = default;
Message::~Message() = default;

bool operator==(const Message& one, const Message& other) {
  return static_cast<const AnyMessage&>(one) == static_cast<const AnyMessage&>(other);
}

}  // namespace forkmill::proto
