// Lists of ids, sent in as many messages as they need.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "client/session/conversation.h"

namespace forkmill::client {

inline constexpr std::size_t kIdsOfAMessage = 4096;

// Sends `list` in messages of at most `most` elements each, and empties it.
template <class Message, class T>
void send_in_batches(std::vector<T>& list, std::size_t most, Instant now, Conversation& conversation) {
  for (std::size_t at = 0; at < list.size(); at += most) {
    const auto begin = list.begin() + static_cast<std::ptrdiff_t>(at);
    const auto end = list.begin() + static_cast<std::ptrdiff_t>(std::min(at + most, list.size()));
    conversation.send(now, Message{{begin, end}});
  }
  list.clear();
}

}  // namespace forkmill::client
