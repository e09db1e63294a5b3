#include "proto/wire/operands.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "proto/limits.h"

namespace forkmill::proto {

namespace {

constexpr std::size_t kBytes = sizeof(std::uint32_t);
constexpr std::size_t kMaxInPayload = limits::kMaxPayload / kBytes;

}  // namespace

std::vector<Payload> payloads_of_order(const std::vector<std::uint32_t>& order) {
  std::vector<Payload> payloads;
  for (std::size_t begin = 0; begin < order.size(); begin += kMaxInPayload) {
    const std::size_t end = std::min(order.size(), begin + kMaxInPayload);
    std::string bytes;
    bytes.reserve((end - begin) * kBytes);
    for (std::size_t i = begin; i < end; ++i)
      for (std::size_t byte = 0; byte < kBytes; ++byte)
        bytes.push_back(static_cast<char>(order[i] >> 8 * byte & 0xFFU));
    payloads.push_back(Payload::own(std::move(bytes)));
  }
  return payloads;
}

std::vector<std::uint32_t> order_in(const std::vector<Payload>& payloads) {
  std::vector<std::uint32_t> order;
  for (const Payload& payload : payloads) {
    const std::string_view bytes = payload.view();
    for (std::size_t i = 0; i + kBytes <= bytes.size(); i += kBytes) {
      std::uint32_t index = 0;
      for (std::size_t byte = 0; byte < kBytes; ++byte)
        index |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i + byte])) << 8 * byte;
      order.push_back(index);
    }
    if (bytes.size() % kBytes != 0) order.push_back(std::numeric_limits<std::uint32_t>::max());
  }
  return order;
}

}  // namespace forkmill::proto
