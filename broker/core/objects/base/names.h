// Names of kinds and verbs, as errors and operators show them.
#pragma once

#include <array>
#include <string_view>

#include "proto/wire/object_messages.h"

namespace forkmill::broker {

inline std::string_view kind_name(proto::ObjectKind kind) {
  static constexpr std::array<std::string_view, 10> kNames{"",        "lock",  "semaphore", "event", "condition",
                                                           "barrier", "queue", "pipe",      "dict",  "list"};
  return kNames.at(static_cast<std::size_t>(kind));
}

inline std::string_view verb_name(proto::Verb verb) {
  static constexpr std::array<std::string_view, 35> kNames{
      "",       "open",   "remove",  "withdraw", "acquire",  "release", "look",   "set",   "clear",
      "wait",   "notify", "reset",   "abort",    "acted",    "put",     "get",    "done",  "join",
      "settle", "send",   "receive", "poll",     "close",    "lend",    "fetch",  "store", "erase",
      "has",    "items",  "add",     "append",   "exchange", "pop",     "insert", "watch"};
  return kNames.at(static_cast<std::size_t>(verb));
}

}  // namespace forkmill::broker
