// Message: any message of the protocol, a plain struct in a variant, and the envelope in which it travels. PROTOCOL.md
// says what each message means, which role may send it in which state, and what answers it. The order of the fields of
// a struct is their order on the wire (schema.h).
#pragma once

#include <type_traits>
#include <variant>

#include "proto/ids.h"
#include "proto/wire/enrolment_messages.h"
#include "proto/wire/object_messages.h"
#include "proto/wire/operator_messages.h"
#include "proto/wire/session_messages.h"
#include "proto/wire/task_messages.h"
#include "proto/wire/worker_messages.h"

namespace forkmill::proto {

// The index of an alternative is not its number on the wire; kTypeOf in schema.h has that number.
using AnyMessage =
    std::variant<Hello, Welcome, Heartbeat, Goodbye, ErrorMessage, Submit, SubmitAck, Results, ResultAck, Attach,
                 Cancel, CancelReply, Progress, Credit, Grants, Outcomes, OutcomeAck, Return, Revoke, Revoked, Drain,
                 Query, Reply, Started, Signals, ChildrenGone, Report, Operate, Operated, Command, Scale, Scaled, Logs,
                 LogLimits, Moved, Invite, Invited, Enrol, Enrolled>;

template <class M, class Any>
inline constexpr bool kIsOneOf = false;
template <class M, class... Each>
inline constexpr bool kIsOneOf<M, std::variant<Each...>> = (std::is_same_v<M, Each> || ...);

// Any message. messages.cc defines how it is made, copied, moved and compared: the compiler needs seconds for each
// source that does so.
struct Message : AnyMessage {
  Message();
  template <class M>
  requires kIsOneOf<M, AnyMessage> Message(M message);  // NOLINT(google-explicit-constructor)
  Message(const Message&);
  Message(Message&&) noexcept;
  Message& operator=(const Message&);
  Message& operator=(Message&&) noexcept;
  ~Message();
  friend bool operator==(const Message& one, const Message& other);
};

struct Header {
  SessionId session;  // none in HELLO, and in an ERROR to a peer without a session
  MessageSeq seq;     // none in HELLO
  friend bool operator==(const Header&, const Header&) = default;
};

struct Envelope {
  Header header;
  Message message;
  friend bool operator==(const Envelope&, const Envelope&) = default;
};

}  // namespace forkmill::proto
