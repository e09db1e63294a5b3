// ResultBytes: the packed result of a task, as a RemoteState keeps it: a few bytes in the object itself, copied bytes
// in one block, or bytes of a message that stays for as long as they are needed. For the library.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>
#include <utility>

namespace forkmill::detail {

class ResultBytes {
 public:
  // No bytes.
  ResultBytes() noexcept : block_{nullptr} {}
  ResultBytes(const ResultBytes&) = delete;
  ResultBytes& operator=(const ResultBytes&) = delete;
  ~ResultBytes() {
    if (kind_ == Kind::shared)
      shared_.~shared_ptr();
    else if (kind_ == Kind::block)
      delete[] block_;
  }

  // Set the bytes, once. share(): `bytes` must stay where they are for as long as `owner` lives.
  void copy(std::string_view bytes) {
    char* to = few_;
    if (bytes.size() > sizeof few_) {
      to = block_ = new char[bytes.size()];
      kind_ = Kind::block;
    }
    if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
    size_ = static_cast<std::uint32_t>(bytes.size());
  }
  void share(std::shared_ptr<const void> owner, std::string_view bytes) noexcept {
    new (&shared_) std::shared_ptr<const char>{std::move(owner), bytes.data()};
    kind_ = Kind::shared;
    size_ = static_cast<std::uint32_t>(bytes.size());
  }
  // The bytes. Valid for as long as this object.
  std::string_view view() const noexcept {
    return {kind_ == Kind::few ? few_ : kind_ == Kind::block ? block_ : shared_.get(), size_};
  }

 private:
  enum class Kind : std::uint8_t { few, block, shared };

  union {
    char few_[72];  // a result that is larger costs an allocation
    char* block_;
    std::shared_ptr<const char> shared_;
  };
  std::uint32_t size_ = 0;  // a result has 64 MiB at most
  Kind kind_ = Kind::few;
};

}  // namespace forkmill::detail
