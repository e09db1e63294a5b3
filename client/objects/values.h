// Values of named objects: between the public headers' Bytes and the payloads of messages.
#pragma once

#include <forkmill/detail/object.h>

#include <string>
#include <utility>
#include <vector>

#include "proto/payload.h"

namespace forkmill::client {

inline proto::Payload payload_of(std::string bytes) { return proto::Payload::own(std::move(bytes)); }
inline detail::Bytes bytes_of(const proto::Payload& payload) {
  const proto::Payload kept = payload.with_owner();
  return {kept.owner(), kept.view()};
}

inline std::vector<proto::Payload> payloads_of(std::vector<std::string> values) {
  std::vector<proto::Payload> payloads;
  payloads.reserve(values.size());
  for (auto& value : values) payloads.push_back(payload_of(std::move(value)));
  return payloads;
}

inline std::vector<detail::Bytes> bytes_of(const std::vector<proto::Payload>& payloads) {
  std::vector<detail::Bytes> all;
  all.reserve(payloads.size());
  for (const auto& payload : payloads) all.push_back(bytes_of(payload));
  return all;
}

}  // namespace forkmill::client
