// Questions that a broker answers outside of sessions, over a connection of their own.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "proto/result.h"
#include "proto/transport/keys/key_files.h"
#include "proto/wire/messages.h"

namespace forkmill::proto {

struct Question {
  std::string endpoints;  // one broker, or those that stand by for each other, with commas between
  std::optional<CurveKeys> keys{};
  Message message;                                 // may arrive more than once
  std::function<bool(const Message&)> is_answer;   // called for each message of the broker
  std::optional<milliseconds> patience{};          // none: waits for a broker without end
  std::function<void(const std::string&)> note{};  // called with each reason why there is no connection; null: not
};

// Blocks until the broker has answered, and returns the answer. Makes the connection again when it breaks. Fails with
// not_permitted if the broker refuses the keys, with disconnected and the reason if there is no answer in time, and
// with what the broker says in an ERROR. No thread is left behind but ZeroMQ's.
Result<Message> ask(const Question& question);

}  // namespace forkmill::proto
