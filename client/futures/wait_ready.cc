#include <forkmill/wait_ready.h>

#include <algorithm>

namespace forkmill::detail {

namespace {

using namespace std::chrono_literals;

// How long a look waits for the broker's answers.
constexpr std::chrono::nanoseconds kLongestLook = 1s;

// One attempt on all things. Ends with all waits that it has begun.
class Round {
 public:
  explicit Round(const std::vector<Waitable>& things) : things_{things} {}
  Round(const Round&) = delete;
  Round& operator=(const Round&) = delete;
  ~Round() {
    for (std::size_t i = 0; i < begun_.size(); ++i)
      if (!begun_[i]->ready()) things_[i].readiness().give_up(begun_[i]);
  }

  void begin(bool at_once) {
    begun_.reserve(things_.size());
    for (const Waitable& thing : things_) begun_.push_back(thing.readiness().begin(at_once));
  }
  // Blocks until the broker has answered about all objects, or until the deadline.
  void wait_for_answers(const Deadline& deadline) {
    std::vector<Ref<State>> asked;
    for (std::size_t i = 0; i < begun_.size(); ++i)
      if (things_[i].readiness().asks_broker()) asked.push_back(begun_[i]);
    auto left = asked.size();
    const Gathering answers{std::move(asked)};
    while (left > 0 && answers->next(deadline)) --left;
  }
  // Blocks until a thing is ready, or until the deadline.
  void wait_for_one(const Deadline& deadline) {
    const Gathering ends{begun_};
    for (std::size_t left = begun_.size(); left > 0; --left) {
      const auto index = ends->next(deadline);
      if (!index || things_[*index].readiness().is_ready(*begun_[*index])) return;
    }
  }
  std::vector<std::size_t> ready() const {
    std::vector<std::size_t> indices;
    for (std::size_t i = 0; i < begun_.size(); ++i)
      if (begun_[i]->ready() && things_[i].readiness().is_ready(*begun_[i])) indices.push_back(i);
    return indices;
  }

 private:
  const std::vector<Waitable>& things_;
  std::vector<Ref<State>> begun_;
};

bool asks_broker(const Waitable& thing) { return thing.readiness().asks_broker(); }

// All that is ready at this moment. deadline: while the broker does not answer.
std::vector<std::size_t> look(const std::vector<Waitable>& things, const Deadline& deadline) {
  Round round{things};
  round.begin(true);
  round.wait_for_answers(deadline);
  return round.ready();
}

}  // namespace

std::vector<std::size_t> wait_ready(const std::vector<Waitable>& things,
                                    std::optional<std::chrono::nanoseconds> limit) {
  if (things.empty()) return {};
  const auto end = limit ? deadline_after(std::max(*limit, 0ns)) : Deadline{};
  const bool only_looks = limit && limit->count() <= 0;
  if (only_looks || std::ranges::any_of(things, asks_broker)) {
    const auto patience = only_looks || !limit ? kLongestLook : std::min(*limit, kLongestLook);
    auto ready = look(things, deadline_after(patience));
    if (only_looks || !ready.empty()) return ready;
  }
  Round round{things};
  round.begin(false);
  round.wait_for_one(end);
  return round.ready();
}

}  // namespace forkmill::detail
