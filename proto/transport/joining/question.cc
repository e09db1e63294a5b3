#include "proto/transport/joining/question.h"

#include <poll.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "proto/os/real_env.h"
#include "proto/settings/quantities.h"
#include "proto/transport/dealer.h"
#include "proto/transport/errors.h"

namespace forkmill::proto {

namespace {

constexpr milliseconds kLongestWait{1000};

// Conversation: one question until its answer.
class Conversation {
 public:
  explicit Conversation(const Question& question)
      : question_{question}, dealer_{question.endpoints, look_up, question.keys} {}

  Result<Message> run() {
    const Instant deadline = question_.patience ? RealEnv::steady() + Instant{*question_.patience} : kNever;
    for (;;) {
      if (auto refusal = follow_connection(); !refusal.ok()) return std::move(refusal).failure();
      if (auto answer = listen()) return std::move(*answer);
      if (dealer_.pending()) continue;
      const Instant left = deadline - RealEnv::steady();
      if (left <= Instant{0}) return no_answer();
      wait(std::min<Instant>(left, kLongestWait));
    }
  }

 private:
  // Asks on each new connection. Fails if the broker refuses the keys.
  Status follow_connection() {
    while (const auto event = dealer_.link_event()) {
      is_asked_ = false;
      is_up_ = *event == Dealer::LinkEvent::up;
      if (*event != Dealer::LinkEvent::stuck) continue;
      obstacle_ = dealer_.why_stuck();
      if (question_.note) question_.note(obstacle_);
      if (dealer_.is_refused()) return Failure{Errc::not_permitted, obstacle_};
    }
    if (is_up_ && !is_asked_) is_asked_ = dealer_.send({{}, question_.message});
    return {};
  }

  std::optional<Result<Message>> listen() {
    while (auto arrived = dealer_.receive()) {
      if (!arrived->ok()) continue;  // a message of a newer broker
      Message& message = arrived->value().message;
      if (question_.is_answer(message)) return std::move(message);
      if (const auto* error = std::get_if<ErrorMessage>(&message)) return Failure{error->code, error->text};
    }
    return std::nullopt;
  }

  void wait(Instant most) {
    pollfd one{dealer_.fd(), POLLIN, 0};
    static_cast<void>(::poll(&one, 1, static_cast<int>(std::chrono::ceil<milliseconds>(most).count())));
  }

  Failure no_answer() const {
    if (!obstacle_.empty()) return {Errc::disconnected, obstacle_};
    return {Errc::disconnected,
            "no broker answered at " + question_.endpoints + " within " + format_duration(*question_.patience)};
  }

  const Question& question_;
  Dealer dealer_;
  bool is_up_ = false;
  bool is_asked_ = false;  // on this connection
  std::string obstacle_;
};

}  // namespace

Result<Message> ask(const Question& question) {
  try {
    return Conversation{question}.run();
  } catch (const TransportError& error) {
    return Failure{Errc::disconnected, error.what()};
  }
}

}  // namespace forkmill::proto
