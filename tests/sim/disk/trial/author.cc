#include "tests/sim/disk/trial/author.h"

#include <iterator>

#include "proto/limits.h"

namespace forkmill::sim {

using namespace broker;

namespace {

constexpr std::size_t kKinds = 8;

template <class Map>
proto::TaskSeq some_key(Random& random, const Map& map) {
  if (map.empty()) return proto::TaskSeq{1};
  // A number near a key: rows have gaps.
  const auto number = random.between(map.begin()->first.value(), std::prev(map.end())->first.value());
  const auto found = map.lower_bound(proto::TaskSeq{number});
  return found == map.end() ? map.begin()->first : found->first;
}

}  // namespace

Author::Author(Random& random) : random_{random} {
  for (std::uint64_t i = random_.between(1, 12); i > 0; --i) {
    TaskSpec spec{"queue-" + std::to_string(i % 3), std::string(random_.between(1, 40), 't'), random_.next(), {}};
    if (random_.chance(0.5)) spec.options.key = std::string(random_.below(proto::limits::kMaxName), 'k');
    spec.options.priority = static_cast<std::int32_t>(random_.below(9));
    specs_.push_back(std::make_shared<const TaskSpec>(std::move(spec)));
  }
  constexpr std::uint64_t kLongest[] = {40, 700, 6'000, 60'000};
  longest_ = kLongest[random_.below(4)];
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    const double weight = kind == 0 ? 1 : random_.chance(0.3) ? 0 : random_.unit();
    weights_.push_back(weight);
    weight_ += weight;
  }
}

std::string Author::bytes() {
  const std::uint64_t most = random_.chance(0.8) ? std::min<std::uint64_t>(longest_, 120) : longest_;
  std::string text = std::to_string(random_.next());
  const std::uint64_t size = random_.below(most + 1);
  while (text.size() < size) text += text;
  text.resize(size);
  return text;
}

proto::TaskSeq Author::fresh(const StoreState& state) {
  return proto::TaskSeq{state.last_seq.value() + (random_.chance(0.9) ? 1 : random_.between(1, 1000))};
}

proto::TaskSeq Author::some_task(const StoreState& state) { return some_key(random_, state.tasks); }
proto::TaskSeq Author::some_record(const StoreState& state) { return some_key(random_, state.records); }

PutTask Author::put(const StoreState& state) {
  const proto::TaskSeq seq = fresh(state);
  return {seq,
          TaskId::make(seq.value(), random_.next(), random_.next()),
          random_.pick(specs_),
          proto::Payload::own(bytes()),
          random_.next(),
          proto::milliseconds{static_cast<std::int64_t>(random_.below(1'000'000))}};
}

Finish Author::finish(proto::TaskSeq seq) {
  Finish finish{seq, {}, proto::milliseconds{static_cast<std::int64_t>(random_.below(1'000'000))}};
  finish.outcome.attempt = proto::Attempt{static_cast<std::uint32_t>(random_.between(1, 4))};
  finish.outcome.worker = "worker";
  if (random_.chance(0.7)) {
    finish.outcome.kind = proto::OutcomeKind::succeeded;
    finish.outcome.value = proto::Payload::own(bytes());
    return finish;
  }
  proto::ErrorReport report;
  report.code = Errc::handler_error;
  report.message = bytes().substr(0, proto::limits::kMaxErrorText);
  finish.outcome.kind = proto::OutcomeKind::failed;
  finish.outcome.error = std::move(report);
  return finish;
}

StoreOp Author::write(const StoreState& state) {
  double at = random_.unit() * weight_;
  std::size_t kind = 0;
  while (kind + 1 < kKinds && at >= weights_[kind]) at -= weights_[kind++];
  const auto attempt = proto::Attempt{static_cast<std::uint32_t>(random_.between(1, 5))};
  switch (kind) {
    case 0:
      return put(state);
    case 1:
      return Reschedule{some_task(state), attempt,
                        proto::milliseconds{static_cast<std::int64_t>(random_.below(1'000'000))}};
    case 2:
      return Dispatch{some_task(state), attempt};
    case 3:
      return finish(some_task(state));
    case 4:
      return Forget{random_.chance(0.6) && !state.tasks.empty() ? state.tasks.begin()->first : some_task(state)};
    case 5:
      return PutRecord{random_.chance(0.4) ? fresh(state) : some_record(state), bytes()};
    case 6:
      return EraseRecord{some_record(state)};
    default:
      return Requeue{some_task(state), "queue-" + std::to_string(random_.below(3)),
                     static_cast<std::int8_t>(random_.between(0, 200) - 100)};
  }
}

}  // namespace forkmill::sim
