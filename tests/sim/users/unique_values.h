// UniqueValues: values for named objects, of which no two are alike.
#pragma once

#include <string>

#include "proto/wire/messages.h"
#include "tests/sim/world/world.h"

namespace forkmill::sim {

class UniqueValues {
 public:
  explicit UniqueValues(World& world) : world_{world} {}

  // Begins with the values of one life of a client.
  void begin(std::uint64_t life) { life_ = life; }
  std::uint64_t number() { return ++last_; }
  // Some payloads are so large that they travel as frames of their own.
  proto::Payload payload() {
    std::string value = std::to_string(life_) + "." + std::to_string(number()) + " ";
    if (world_.random.chance(world_.options.large)) value.append(world_.random.between(16'000, 20'000), 'v');
    return proto::Payload::own(std::move(value));
  }

 private:
  World& world_;
  std::uint64_t life_ = 0;
  std::uint64_t last_ = 0;
};

}  // namespace forkmill::sim
