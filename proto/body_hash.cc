#include "proto/body_hash.h"

#define XXH_INLINE_ALL  // nothing to link
#include <xxhash.h>

namespace forkmill::proto {

std::uint64_t body_hash(std::string_view name, std::uint64_t signature, std::string_view payload) {
  return XXH3_64bits_withSeed(payload.data(), payload.size(),
                              XXH3_64bits_withSeed(name.data(), name.size(), signature));
}

}  // namespace forkmill::proto
