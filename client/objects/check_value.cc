#include <forkmill/detail/object.h>

#include "proto/limits.h"

namespace forkmill::detail {

namespace {

constexpr std::size_t kMaxDepth = 64;  // that of unpack_bounded()

// Parses until a value is too deep.
struct DepthVisitor : msgpack::null_visitor {
  std::size_t depth = 0;
  bool enter() { return ++depth < kMaxDepth; }
  bool leave() {
    --depth;
    return true;
  }
  bool start_array(std::uint32_t) { return enter(); }
  bool end_array() { return leave(); }
  bool start_map(std::uint32_t) { return enter(); }
  bool end_map() { return leave(); }
};

bool is_container(char first) {
  const auto byte = static_cast<unsigned char>(first);
  return (byte >= 0x80 && byte <= 0x9F) || (byte >= 0xDC && byte <= 0xDF);
}

}  // namespace

void check_value(std::string_view bytes) {
  if (bytes.size() > proto::limits::kMaxPayload)
    throw Rejected{Errc::payload_too_large, std::to_string(bytes.size()) + " bytes; the maximum is " +
                                                std::to_string(proto::limits::kMaxPayload)};
  if (bytes.empty() || !is_container(bytes.front())) return;
  DepthVisitor visitor;
  if (!msgpack::parse(bytes.data(), bytes.size(), visitor) && visitor.depth >= kMaxDepth)
    throw Rejected{Errc::payload_too_large, "nested " + std::to_string(kMaxDepth) + " deep or more"};
}

}  // namespace forkmill::detail
