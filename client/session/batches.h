// Batches: ids that are sent in as many messages as they need; records that are worked off while memory is fetched
// ahead.
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

// Calls prefetch(record) for the record some places behind `current`, which is one of `records`.
template <class Records, class F>
void prefetch_ahead(const Records& records, const typename Records::value_type& current, F&& prefetch) {
  constexpr std::ptrdiff_t kAhead = 8;
  const auto left = records.data() + records.size() - &current;
  if (left > kAhead) prefetch(*(&current + kAhead));
}

}  // namespace forkmill::client
