// Payload: immutable bytes; carries arguments and results. A few bytes stand in the object itself, so that they cost no
// allocation; more bytes have a shared owner, so that a copy copies a pointer, and a large payload that arrived as its
// own frame is passed on without a copy of its bytes. Different threads may use copies, but not one object.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>

namespace forkmill::proto {

// A copy copies all kInline bytes, which is quicker than to ask how many there are. GCC warns of those not written yet.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wstringop-overflow"
#endif

class Payload {
 public:
  static constexpr std::size_t kInline = 72;  // as many bytes may stand in the object

  Payload() noexcept {}  // NOLINT(modernize-use-equals-default): the bytes are left uninitialized
  Payload(const Payload& other) : shared_{other.shared_}, size_{other.size_} {
    if (shared_)
      new (bytes_.at) Shared{other.owned()};
    else
      bytes_ = other.bytes_;
  }
  // A Shared may be moved by its bytes: a shared_ptr of libstdc++ and of libc++ does not point to itself.
  Payload(Payload&& other) noexcept : bytes_{other.bytes_}, shared_{other.shared_}, size_{other.size_} {
    other.size_ = 0;
    other.shared_ = false;
  }
  Payload& operator=(const Payload& other) {
    if (this != &other) *this = Payload{other};
    return *this;
  }
  Payload& operator=(Payload&& other) noexcept {
    if (this == &other) return *this;
    release();
    return *new (this) Payload{std::move(other)};
  }
  ~Payload() { release(); }

  // Copies `bytes`, in one allocation or none.
  static Payload copy(std::string_view bytes) {
    if (bytes.size() <= kInline) return Payload{bytes};
    auto buffer = std::make_shared_for_overwrite<char[]>(bytes.size());
    std::memcpy(buffer.get(), bytes.data(), bytes.size());
    const char* data = buffer.get();
    return Payload{std::move(buffer), {data, bytes.size()}};
  }
  static Payload own(std::string bytes) {
    if (bytes.size() <= kInline) return Payload{std::string_view{bytes}};
    auto holder = std::make_shared<const std::string>(std::move(bytes));
    const std::string_view view = *holder;
    return Payload{std::move(holder), view};
  }
  // `owner` is not null. `bytes` must stay valid and unchanged for as long as it lives.
  static Payload share(std::shared_ptr<const void> owner, std::string_view bytes) {
    return Payload{std::move(owner), bytes};
  }

  // The view is valid until this object is assigned to, moved or destroyed.
  std::string_view view() const { return {shared_ ? owned().data : reinterpret_cast<const char*>(bytes_.at), size_}; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // Returns the same bytes with an owner, for users that keep a view beyond the life of this object.
  Payload with_owner() const {
    if (shared_) return *this;
    auto holder = std::make_shared<const std::string>(view());
    const std::string_view bytes = *holder;
    return Payload{std::move(holder), bytes};
  }
  // Null: the bytes stand in the object.
  std::shared_ptr<const void> owner() const { return shared_ ? owned().owner : nullptr; }

  friend bool operator==(const Payload& a, const Payload& b) { return a.view() == b.view(); }

 private:
  struct Shared {
    std::shared_ptr<const void> owner;
    const char* data;
  };
  static_assert(sizeof(Shared) <= kInline);

  explicit Payload(std::string_view bytes) : size_{bytes.size()} {
    if (!bytes.empty()) std::memcpy(bytes_.at, bytes.data(), bytes.size());  // an empty view may point nowhere
  }
  Payload(std::shared_ptr<const void> owner, std::string_view bytes) : shared_{true}, size_{bytes.size()} {
    new (bytes_.at) Shared{std::move(owner), bytes.data()};
  }
  const Shared& owned() const { return *std::launder(reinterpret_cast<const Shared*>(bytes_.at)); }
  void release() {
    if (shared_) std::launder(reinterpret_cast<Shared*>(bytes_.at))->~Shared();
  }

  // A copy of unwritten bytes is allowed only for unsigned char.
  struct Bytes {
    alignas(Shared) unsigned char at[kInline];
  };
  Bytes bytes_;
  std::uint64_t shared_ : 1 = false;
  std::uint64_t size_ : 63 = 0;
};

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

}  // namespace forkmill::proto
