// Target: the broker that hostile peers are sent against, and how they reach it.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "proto/transport/keys/key_files.h"

namespace forkmill::hostile {

struct Target {
  std::string endpoint;                  // where peers with keys, if there are any, connect
  std::string strangers;                 // where peers that send bytes by hand connect; empty: the same
  std::optional<proto::CurveKeys> keys;  // none: the endpoint asks for none
  std::chrono::milliseconds pause{0};    // after each step; 0: as much as the processor can do
  std::function<void()> reached{};       // called when a flood has got through to the broker, maybe often
};

}  // namespace forkmill::hostile
