#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/wire/codec.h"
#include "tests/cost/samples.h"
#include "tests/cost/traces.h"

namespace forkmill::cost {

namespace {

proto::Message submit_of(std::size_t tasks) {
  proto::Submit message;
  for (std::size_t i = 0; i < tasks; ++i) message.tasks.push_back(submission(i, proto::Durability::of_queue));
  return message;
}
proto::Message grants_of(std::size_t tasks) {
  proto::Grants message;
  for (std::size_t i = 0; i < tasks; ++i) message.tasks.push_back(granted(i));
  return message;
}
proto::Message outcomes_of(std::size_t tasks) {
  proto::Outcomes message;
  for (std::size_t i = 0; i < tasks; ++i) message.outcomes.push_back(outcome_record(i));
  message.credit = 1'000'000;
  return message;
}
proto::Message results_of(std::size_t tasks) {
  proto::Results message;
  for (std::size_t i = 0; i < tasks; ++i) message.results.push_back({task_id(i), outcome(i)});
  return message;
}

constexpr std::pair<const char*, proto::Message (*)(std::size_t)> kMessages[] = {
    {"submit", &submit_of}, {"grants", &grants_of}, {"outcomes", &outcomes_of}, {"results", &results_of}};

void trace_message(Meter& meter, const std::string& name, proto::Message message, std::size_t tasks) {
  constexpr std::size_t kRounds = 20;
  const proto::Envelope envelope{{proto::SessionId{0x123456789abcdef}, proto::MessageSeq{100'000}}, std::move(message)};
  const proto::Encoded bytes = proto::encode(envelope);
  // The bytes are copied into a message of ZeroMQ, which is not counted.
  const auto take = [](std::string_view, const std::vector<proto::Payload>&) { return true; };
  const auto encode = [&] { static_cast<void>(proto::encode_for(envelope, take)); };
  const auto decode = [&] {
    if (!proto::decode(bytes.envelope, bytes.frames).ok()) throw std::runtime_error{name + " does not decode"};
  };
  meter.count(encode);
  meter.turn_on();
  for (std::size_t i = 0; i < kRounds; ++i) meter.count(encode);
  meter.report("codec.encode." + name, kRounds * tasks);
  meter.count(decode);
  meter.turn_on();
  for (std::size_t i = 0; i < kRounds; ++i) meter.count(decode);
  meter.report("codec.decode." + name, kRounds * tasks);
}

}  // namespace

void trace_codec(Meter& meter) {
  for (const auto& [name, make] : kMessages) {
    for (const std::size_t tasks : {1, 100, 1'000}) {
      trace_message(meter, name + ("." + std::to_string(tasks)), make(tasks), tasks);
    }
  }
}

}  // namespace forkmill::cost
