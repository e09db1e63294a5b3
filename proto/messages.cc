#include "proto/messages.h"

namespace forkmill::proto {

Message::Message() = default;
Message::Message(const Message&) = default;
Message::Message(Message&&) noexcept = default;
Message& Message::operator=(const Message&) = default;
Message& Message::operator=(Message&&) noexcept = default;
Message::~Message() = default;

bool operator==(const Message& one, const Message& other) {
  return static_cast<const AnyMessage&>(one) == static_cast<const AnyMessage&>(other);
}

}  // namespace forkmill::proto
