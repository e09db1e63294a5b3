#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

#include "proto/random.h"
#include "proto/transport/keys/authorized_keys.h"
#include "tests/cost/rights_sample.h"
#include "tests/cost/traces.h"

namespace forkmill::cost {

namespace {

void trace_tasks(Meter& meter) {
  constexpr std::uint64_t kTasks = 2'000;
  RightsSample sample;
  for (std::uint64_t i = 0; i < kTasks; ++i) sample.submit();
  meter.turn_on();
  meter.count([&] {
    for (std::uint64_t i = 0; i < kTasks; ++i) sample.submit();
  });
  meter.report("rights.task", kTasks);
  meter.turn_on();
  meter.count([&] {
    for (std::uint64_t i = 0; i < kTasks; ++i) sample.submit_new();
  });
  meter.report("rights.spec", kTasks);
}

// Keys of as many principals are collected, as they are when one of them changes.
void trace_keys(Meter& meter, std::uint64_t count) {
  proto::AuthorizedKeys keys;
  for (std::uint64_t i = 0; i < count; ++i) {
    proto::Key key;
    for (std::size_t at = 0; at < key.bytes.size(); ++at)
      key.bytes[at] = static_cast<std::uint8_t>(proto::mix64(i * key.bytes.size() + at));
    keys.emplace(key, proto::Principal{"worker-" + std::to_string(i), {false, true, false}});
  }
  meter.turn_on();
  const auto collected = meter.count([&] {
    proto::KeyCollector collector;
    for (const auto& [key, principal] : keys)
      if (!collector.add(key, principal).ok()) throw std::runtime_error{"a key was refused"};
    return std::move(collector).take();
  });
  meter.report("rights.keys." + std::to_string(count), count);
  if (collected.size() != count) throw std::runtime_error{"keys are missing"};
}

}  // namespace

void trace_rights(Meter& meter) {
  trace_tasks(meter);
  trace_keys(meter, 100);
  trace_keys(meter, 4'000);
}

}  // namespace forkmill::cost
