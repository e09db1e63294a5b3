// Payload: immutable bytes with shared ownership; carries arguments and results. A copy copies a pointer, so a large
// payload that arrived as its own frame is passed on without a copy of its bytes. Different threads may use copies, but
// not one object.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace forkmill::proto {

class Payload {
 public:
  Payload() = default;

  // Copies `bytes`, in one allocation.
  static Payload copy(std::string_view bytes) {
    if (bytes.empty()) return {};
    auto buffer = std::make_shared_for_overwrite<char[]>(bytes.size());
    std::memcpy(buffer.get(), bytes.data(), bytes.size());
    const char* data = buffer.get();
    return Payload{std::move(buffer), {data, bytes.size()}};
  }
  static Payload own(std::string bytes) {
    auto holder = std::make_shared<const std::string>(std::move(bytes));
    const std::string_view view = *holder;
    return Payload{std::move(holder), view};
  }
  // `bytes` must stay valid and unchanged for as long as `owner` lives.
  static Payload share(std::shared_ptr<const void> owner, std::string_view bytes) {
    return Payload{std::move(owner), bytes};
  }

  std::string_view view() const { return bytes_; }
  std::size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }
  const std::shared_ptr<const void>& owner() const { return owner_; }

  friend bool operator==(const Payload& a, const Payload& b) { return a.bytes_ == b.bytes_; }

 private:
  Payload(std::shared_ptr<const void> owner, std::string_view bytes) : owner_{std::move(owner)}, bytes_{bytes} {}

  std::shared_ptr<const void> owner_;
  std::string_view bytes_;
};

}  // namespace forkmill::proto
