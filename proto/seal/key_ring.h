// SealRing: the keys of a file of seal keys, and the queues whose payloads each seals:
//
//     # Seal keys of forkmill: keep this file to clients and workers.              mode 0600
//     seal pay.*,billing 5e5f…        # the key that seals: the first one of a queue
//     seal pay.* 8c1d…                # opens as well: the key before, or the one to come
//     clear logs.*                    # queues whose payloads a client may send in the clear
//
// A queue is a name, or the beginning of names with `*` behind. A queue with a key is never in the clear. Pure; any
// thread may read one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "proto/result.h"
#include "proto/seal/box.h"
#include "proto/session/rights.h"

namespace forkmill::proto {

class SealRing {
 public:
  struct Entry {
    Patterns queues;
    SealKey key;
  };

  // Fails, naming `path` and the line, if a line makes no sense, if two lines have one key, or if there is no key.
  static Result<SealRing> parse(std::string_view text, const std::string& path);

  // Returns the key that seals payloads of this queue. Null: there is none. Valid as long as the ring.
  const SealKey* sealing(std::string_view queue) const;
  // Returns the key with this id. Null: it is not here.
  const SealKey* find(const SealKeyId& id) const;
  // Whether the key with this id is one of the queue.
  bool is_for(const SealKeyId& id, std::string_view queue) const;
  // Whether payloads of this queue may be in the clear.
  bool may_be_clear(std::string_view queue) const;
  // Whether no queue at all may be in the clear.
  bool all_sealed() const { return clear_.empty(); }
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  std::vector<Entry> entries_;
  Patterns clear_;
};

}  // namespace forkmill::proto
